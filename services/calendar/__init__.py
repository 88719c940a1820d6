"""Calendar: items."""
