"""GitLab: items."""
