"""LinkedIn: posts of the pages that a member administers, what is said under them, and who reacted."""
