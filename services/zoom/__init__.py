"""Zoom: meetings, who was there, recordings, what was said in them, and summaries."""
