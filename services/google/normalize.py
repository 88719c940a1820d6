"""What every kind becomes, product by product."""

from collections.abc import Callable, Mapping
from typing import Any

from services.google import gmail_normalize as gmail
from shared.normalizer import Message

NORMALIZERS: Mapping[str, Callable[[Any], Message]] = {
    "gmail_message": gmail.mail,
    "gmail_deleted": gmail.deleted,
}
