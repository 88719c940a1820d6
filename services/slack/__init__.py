"""Slack: what people and apps say in channels, threads and direct messages."""
