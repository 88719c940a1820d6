"""Microsoft 365: Outlook mail, and what else Microsoft Graph tells."""
