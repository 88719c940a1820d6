"""What Google's code reads besides deliveries, for the fuzzers."""

from base64 import urlsafe_b64encode
from typing import Any

from services.google import gmail_normalize, text
from services.google.gmail_models import Mail


def mail(data: bytes) -> object:
    """A whole mail, as Gmail gives it."""
    raw = urlsafe_b64encode(data).decode()
    facts: Any = {"threadId": "1", "internalDate": "1795165200000", "historyId": "7"}
    return gmail_normalize.mail(Mail(id="1", raw=raw, labelIds=[], **facts))


PARSERS = {
    "html": lambda data: text.of_html(data.decode("utf-8", "replace")),
    "mail": mail,
}
