"""Accounts that no consent opens: a server, a name and a key, which their user fills in."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from msgspec import Struct

from shared.api import Api
from shared.local import Answering
from shared.types import Identity, Token

BASE_URL, SCHEME = "base_url", "scheme"
"""Where such an account's token says, in `extra`, where its calls go and how they are authorized."""


class Field(Struct, frozen=True, kw_only=True):
    """One line of the form. What is `secret` is neither shown while it is typed nor ever told again."""

    name: str
    label: str
    hint: str = ""
    secret: bool = False
    required: bool = True


class Credentials(Struct, frozen=True, kw_only=True):
    """How an account is opened by what its user fills in."""

    fields: tuple[Field, ...]
    open: Callable[[Mapping[str, str], Callable[[Token], Api]], Awaitable[tuple[Token, Identity]]]
    """(values by field, the API with a token): the token that `opening` made, and whose it is. Raises
    BadRequest for values that cannot be meant, and whatever the calls raise."""
    prove: Callable[[Api], Awaitable[object]]
    """One cheap call that raises Reauthorize where the token is not accepted: asked before an account is
    given up for one refusal."""
    local: Answering | None = None
    """Answers for accounts whose base URL is `local://…`: what is on this machine, in a server's words."""


def opening(
    secret: str, base_url: str, scheme: Literal["Basic", "Bearer", ""] = "Bearer", **extra: str
) -> Token:
    """The token of an account at `base_url`, sealed whole: `Authorization: <scheme> <secret>`, and none
    for an empty scheme. `extra` is for the provider's streams (`Api.extra`)."""
    return Token(access=secret, extra={**extra, BASE_URL: base_url, SCHEME: scheme})
