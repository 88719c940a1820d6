"""Linear: issues, comments, projects, updates, documents, attachments and reactions."""
