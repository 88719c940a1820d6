"""Obsidian: the notes of a vault."""
