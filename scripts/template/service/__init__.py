"""NEW_TITLE: items."""
