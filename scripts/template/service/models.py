"""NEW_TITLE's own shapes: only the fields we read. https://developers.NEW_NAME.example"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Raw, Struct

Time = Annotated[datetime, Meta(tz=True)]


class User(Struct):
    id: str
    name: str = ""
    email: str = ""


class Item(Struct):
    id: str
    created_at: Time
    updated_at: Time | None = None
    title: str = ""
    text: str = ""
    url: str = ""
    author: User | None = None


class Event(Struct):
    """A webhook: what happened, in which workspace, and the item as the API lists it."""

    event: str
    workspace: str
    item: Raw


class Account(User):
    """The user behind a token, and the workspace that it opens."""

    workspace: str = ""
