"""What every provider's service is made of; nothing in here knows a provider by name."""
