"""Figma: files, comments, named versions, published libraries and what is handed to developers."""
