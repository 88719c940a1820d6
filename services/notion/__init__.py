"""Notion: pages, databases and comments."""
