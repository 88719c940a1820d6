"""Mails as Gmail gives them, walks through their stored cursors, and a mailbox that changes meanwhile."""

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

from msgspec import Struct, json

from services.google.gmail_models import Mail
from services.google.provider import provider
from shared.normalizer import Message, Version
from shared.provider import Stream
from shared.sync.normalize import prepare
from shared.types import Page, Resource
from tests.fakes.api import FakeApi

PAYLOADS = Path(__file__).parent / "payloads"
MAILS = sorted(path for path in (PAYLOADS / "mail").iterdir() if path.suffix in (".txt", ".eml"))
ARRIVED = "1795165200000"
ACCOUNT = Resource()


def encoded(raw: bytes | str) -> str:
    """base64url as Gmail writes it, without padding."""
    data = raw.encode() if isinstance(raw, str) else raw
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def mail(raw: bytes | str, ident: str = "19a1c0ffee000001", **facts: Any) -> Mail:
    """A message in `raw` form."""
    its = {"threadId": ident, "internalDate": ARRIVED, "historyId": "7", "labelIds": ["INBOX"]}
    return Mail(id=ident, raw=encoded(raw), **{**its, **facts})


def recorded(name: str) -> Any:
    """A recorded answer of the API, decoded."""
    return json.decode((PAYLOADS / f"api/{name}.json").read_bytes())


def stream(name: str) -> Stream:
    """A declared stream."""
    return next(it for it in provider.streams if it.name == name)


def stored(name: str, cursor: Struct) -> Any:
    """A cursor as it comes back from the database."""
    return json.decode(json.encode(cursor), type=stream(name).cursor)


async def walk(
    name: str, api: FakeApi, cursor: Struct | None = None, resource: Resource = ACCOUNT
) -> list[Page]:
    """All pages of a walk; every cursor goes through its stored form, as in the hub."""
    its = stream(name)
    at = its.cursor() if cursor is None else stored(name, cursor)
    pages = [page async for page in its.pages(api, at, resource)]
    assert all(stored(name, page.cursor) == page.cursor for page in pages)
    return pages


def said(pages: list[Page]) -> list[Message]:
    """What the pages become, tombstones too, in order."""
    normalize = prepare(provider)
    found = []
    for record in (record for page in pages for record in page.records):
        version = normalize(record)
        assert isinstance(version, Version)
        found.append(version.message)
    return found


def state(pages: list[Page]) -> dict[str, Message]:
    """What a consumer knows at the end: the last version of what is not deleted."""
    left = {it.id: it for it in said(pages)}
    return {ident: it for ident, it in left.items() if not it.deleted}
