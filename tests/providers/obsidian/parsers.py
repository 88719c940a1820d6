"""What Obsidian's code reads besides calls of the webhook, for the fuzzers."""

from services.obsidian import frontmatter, markdown
from services.obsidian.facts import lines
from services.obsidian.hidden import spans


def text(data: bytes) -> str:
    """A note as it comes from a disk."""
    return lines(data.decode("utf-8-sig", "replace"))


PARSERS = {
    "markdown": lambda data: markdown.read(text(data)),
    "frontmatter": lambda data: frontmatter.read(f"---\n{text(data)}\n---\n"),
    "targets": lambda data: markdown.targets(text(data)),
    "hidden": lambda data: spans(text(data)),
}
