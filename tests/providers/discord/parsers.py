"""What Discord's code reads besides deliveries, for the fuzzers."""

from services.discord import markdown, names

PARSERS = {
    "markdown": lambda data: markdown.render(data.decode("utf-8", "replace"), {}, {}),
    "mentions": names.mentioned,
}
