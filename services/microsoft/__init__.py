"""Microsoft 365: Outlook mail, Outlook calendar, OneDrive."""
