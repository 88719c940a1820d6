"""What GitHub's code reads besides deliveries, for the fuzzers."""

from services.github import markdown

PARSERS = {"markdown": lambda data: markdown.read(data.decode("utf-8", "replace"))}
