"""X (Twitter): own posts, mentions, direct messages, and what somebody likes and bookmarks."""
