"""NATS JetStream: the only package that speaks to the bus."""
