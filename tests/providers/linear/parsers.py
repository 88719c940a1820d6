"""What Linear's code reads besides deliveries, for the fuzzers."""

from services.linear import markdown
from services.linear.people import bot
from services.linear.quotas import charges, points
from tests.providers.linear.material import members

PARSERS = {
    "markdown": lambda data: markdown.read(data.decode("utf-8", "replace"), members()),
    "bot": lambda data: bot(data.decode("utf-8", "replace")),
    "points": lambda data: points.__wrapped__(data.decode("utf-8", "replace")),
    "charges": lambda data: list(charges("POST", "/graphql", data)),
}
