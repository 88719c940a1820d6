"""Accounts that are opened by a form: what is asked for, what was filled in, and whether it still holds."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from shared.credentials import Credentials, Field
from shared.errors import BadRequest, ItemGone, Reauthorize, Refused, Unavailable, Unreadable
from shared.oauth.mint import patiently
from shared.provider import Api, Provider
from shared.types import Identity, Token

LONGEST = 4096
"""Characters of one value."""
_TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")


class Form(Struct, frozen=True):
    """What to ask a user for; the values go to `submit` as `credentials`, by the names of the fields."""

    provider: str
    title: str
    fields: Sequence[Field]
    submit: str


def form_of(provider: Provider) -> Credentials:
    """Return the form; raises BadRequest where accounts are opened otherwise."""
    if provider.credentials is None:
        raise BadRequest(f"{provider.title} has no form; its accounts are opened by consent")
    return provider.credentials


async def opened(
    provider: Provider, given: Mapping[str, str], api: Callable[[Token], Api]
) -> tuple[Token, Identity]:
    """Open an account. Raises BadRequest for what the user can mend, RateLimited, Unavailable."""
    form, title = form_of(provider), provider.title
    values = _checked(form, given)
    # What went wrong is told without its cause: that may quote what was filled in.
    try:
        return await patiently(provider, form.open(values, api))
    except Reauthorize:
        raise BadRequest(f"{title} does not accept these credentials") from None
    except (ItemGone, Refused, Unreadable) as error:
        raise BadRequest(f"there is no account of {title} to be found: {error}") from None


async def proven(provider: Provider, token: Token, api: Callable[[Token], Api]) -> Token:
    """Return the token that was refused once, if it is accepted after all. Raises Reauthorize."""
    try:
        await patiently(provider, form_of(provider).prove(api(token)))
    except Reauthorize as error:
        raise Reauthorize(str(error), revoked=True) from None
    except (ItemGone, Refused, Unreadable) as error:
        raise Unavailable(str(error)) from None
    return token


def _checked(form: Credentials, given: Mapping[str, str]) -> Mapping[str, str]:
    known = {it.name for it in form.fields}
    names = ", ".join(it.name for it in form.fields)
    if set(given) - known:
        raise BadRequest(f"credentials has other fields than {names}")
    values = {name: value.strip() for name, value in given.items()}
    if missing := [it.name for it in form.fields if it.required and not values.get(it.name)]:
        raise BadRequest(f"credentials needs {', '.join(missing)}")
    for name, value in values.items():
        if len(value) > LONGEST or not _TEXT.fullmatch(value):
            raise BadRequest(
                f"{name} is longer than {LONGEST} characters, or has some that are none"
            )
    return {name: values.get(name, "") for name in known}
