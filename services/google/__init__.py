"""Google: Gmail, Google Calendar and Google Drive as one connection."""
