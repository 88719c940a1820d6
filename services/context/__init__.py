"""Context: people, events, tasks, relationships and search, out of the Messages of all providers."""
