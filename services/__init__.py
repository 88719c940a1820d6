"""One package per provider, and the consumers that ship with the hub."""
