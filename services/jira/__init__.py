"""Jira: issues, what is said and logged on them, and what changed."""
