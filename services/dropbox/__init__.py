"""Dropbox: files, what is in small ones, and who changed them."""
