"""Microsoft 365: Outlook mail and calendar."""
