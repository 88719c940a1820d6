"""Events: what proves them, whom they concern, and where they send a walk."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import json

from services.notion import webhook as hearing
from services.notion.oauth import seen_by, workspace
from services.notion.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record, Secret
from tests.providers.notion.material import HEARING, SECRET, delivery, read, webhook

PLACE = "0f9e0000-0000-4000-8000-000000000001"
ANA, BOT = "05e10000-0000-4000-8000-000000000001", "05e10000-0000-4000-8000-000000000009"
PAGE, BLOCK = "1f0a0000-0000-4000-8000-000000000001", "b10c0000-0000-4000-8000-000000000003"
VECTOR = "sha256=eedef25fef7f8ddcadf079e063af4b33438299629dec3051beda10d1e3f9ae56"


def test_1_the_vector_is_genuine_and_what_is_a_little_different_is_not() -> None:
    body = b'{"id":"evt_1"}'

    def prove(given: str | None, body: bytes = body) -> None:
        headers = {} if given is None else {"x-notion-signature": given}
        HEARING.verify([SECRET], Delivery(body, headers), 0.0)

    prove(VECTOR)
    digest = VECTOR.removeprefix("sha256=")
    for wrong in (None, "", digest, f"sha256={digest.upper()}", VECTOR[:-1], f"sha1={digest}"):
        with pytest.raises(NotGenuine):
            prove(wrong)
    with pytest.raises(NotGenuine):
        prove(VECTOR, body.replace(b"1", b"2"))


HANDSHAKES: list[tuple[bytes, bool]] = [
    (b'{"verification_token":"secret_of_a_subscription_made_up_for_this"}', True),
    (b'{"verification_token":"short"}', False),
    (b'{"verification_token":"secret_with\\nline_end_in_the_middle"}', False),
    (b'{"verification_token":17}', False),
    (b'{"verification_token":"secret_aaaaaaaaaaaaaaaaaaaa","type":"page.created"}', False),
    (b'{"id":"e1","type":"page.created"}', False),
    (b"[]", False),
    (b"\xff", False),
    (b"", False),
]


@pytest.mark.parametrize(("body", "takes"), HANDSHAKES)
def test_2_only_a_token_alone_and_unsigned_is_a_handshake(body: bytes, takes: bool) -> None:
    found = hearing.entrusted(Delivery(body, {}))
    assert (found is not None) is takes
    assert hearing.entrusted(Delivery(body, {"x-notion-signature": VECTOR})) is None
    if takes:
        assert found == Secret(json.decode(body)["verification_token"])


def test_3_all_attempts_of_an_event_are_one_delivery() -> None:
    first, third = (delivery({**webhook("page.created"), "attempt_number": it}) for it in (1, 3))
    assert first.body != third.body
    assert HEARING.delivery_id(first) == HEARING.delivery_id(third) is not None


ODD_IDS = [None, "", 1, "a b", "x" * 65, "é", {"a": 1}]


@pytest.mark.parametrize("ident", ODD_IDS)
def test_an_odd_id_is_none(ident: Any) -> None:
    assert HEARING.delivery_id(delivery({**webhook("page.created"), "id": ident})) is None


@pytest.mark.parametrize("kind", ["deleted", "undeleted", "created", "locked"])
def test_5_what_an_event_says_of_a_page_is_looked_up_and_never_believed(kind: str) -> None:
    (told,) = read(webhook(f"page.{kind}"))
    routes = (seen_by(PLACE, ANA), seen_by(PLACE, BOT))
    assert told == Nudge(routes, "content", PAGE, {"type": "page"})


def test_6_an_event_concerns_who_may_see_it_or_the_workspace_where_nobody_is_named() -> None:
    body = webhook("page.created")
    (named,) = read({**body, "accessible_by": [{"id": ANA.replace("-", ""), "type": "person"}]})
    (internal,) = read({key: it for key, it in body.items() if key != "accessible_by"})
    (nobody,) = read({**body, "accessible_by": []})
    assert isinstance(named, Nudge)
    assert isinstance(internal, Nudge)
    assert isinstance(nobody, Nudge)
    assert named.routes == (seen_by(PLACE, ANA),)
    assert internal.routes == (workspace(PLACE),) == nobody.routes


def test_20_a_comment_is_looked_for_where_it_stands() -> None:
    (page,), (block,) = read(webhook("comment.created")), read(webhook("comment.updated"))
    assert isinstance(page, Nudge)
    assert isinstance(block, Nudge)
    assert (page.resource, page.facts) == (PAGE, {"type": "page"})
    assert (block.resource, block.facts) == (BLOCK, {"type": "block", "page": PAGE})


def test_a_table_and_what_holds_it_are_looked_up_each() -> None:
    found = [read(webhook(f"{it}.content_updated"))[0] for it in ("data_source", "database")]
    assert [it.facts["type"] for it in found if isinstance(it, Nudge)] == [
        "data_source",
        "database",
    ]


def test_what_concerns_views_and_uploads_is_dropped_by_name() -> None:
    told = [read(webhook(it))[0] for it in provider.ignored]
    assert {it.kind for it in told if isinstance(it, Record)} == set(provider.ignored)


BAD: dict[str, Callable[[Any], Any]] = {
    "no type": lambda it: {key: one for key, one in it.items() if key != "type"},
    "no workspace": lambda it: {key: one for key, one in it.items() if key != "workspace_id"},
    "no entity": lambda it: {key: one for key, one in it.items() if key != "entity"},
    "an entity without an id": lambda it: {**it, "entity": {"type": "page"}},
    "an id with a slash": lambda it: {**it, "entity": {"id": "../users", "type": "page"}},
    "a workspace that is no id": lambda it: {**it, "workspace_id": "a b"},
    "a type that is none": lambda it: {**it, "type": ["page.created"]},
    "accessible by a word": lambda it: {**it, "accessible_by": "all"},
}


@pytest.mark.parametrize("change", BAD.values(), ids=BAD.keys())
def test_an_event_without_what_every_event_has_is_unreadable(change: Callable[[Any], Any]) -> None:
    with pytest.raises(Unreadable):
        read(change(webhook("page.created")))


def test_a_comment_without_its_page_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        read({**webhook("comment.created"), "data": {}})


def test_an_event_of_tomorrow_is_named() -> None:
    with pytest.raises(UnsupportedEvent) as refused:
        read({**webhook("page.created"), "type": "page.dreamt_of"})
    assert refused.value.kind == "page.dreamt_of"
