"""What is genuine, whose it is, and what is dropped on purpose."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import json

from services.linear import webhook as linear
from services.linear.provider import provider
from shared.errors import NotGenuine, Unreadable, UnsupportedEvent
from shared.types import Delivery, Names, Nudge, Record
from tests.providers.linear import sign
from tests.providers.linear.material import (
    ADA,
    ENG,
    OPS,
    ORG,
    SECRET,
    delivery,
    read,
    told,
    webhook,
)

EVERYBODY = (f"org:{ORG}",)


def genuine(it: Delivery, now: float = sign.NOW) -> None:
    linear.verify([SECRET], it, now)


def test_the_vector_of_the_provider_page() -> None:
    body = b'{"action":"create","type":"Comment","webhookTimestamp":1767225600000}'
    proof = "c576c698598227cef5f613e819f4c59760df3704f222d01a02f9d8a06dcc6c8a"
    linear.verify([b"SECRET"], Delivery(body, {"linear-signature": proof}), 1_767_225_600.0)


def test_the_signature_is_over_the_raw_bytes_emoji_and_all() -> None:
    body = json.encode(webhook("Issue.create.emoji"))
    assert "🚀".encode() in body
    genuine(delivery(body))
    escaped = body.replace("🚀".encode(), rb"\ud83d\ude80")
    assert json.decode(escaped) == json.decode(body)
    with pytest.raises(NotGenuine):
        genuine(Delivery(escaped, delivery(body).headers))


@pytest.mark.parametrize(
    "forge", [str.upper, lambda it: it[:-1], lambda it: it + "0", lambda it: "sha256=" + it]
)
def test_an_upper_case_or_longer_or_shorter_proof_is_none(forge: Callable[[str], str]) -> None:
    good = delivery(webhook("Issue.create"))
    headers = {**good.headers, sign.SIGNATURE: forge(good.headers[sign.SIGNATURE])}
    with pytest.raises(NotGenuine):
        genuine(Delivery(good.body, headers))


@pytest.mark.parametrize(
    "stated",
    [
        None,
        "1767225600000",
        "",
        True,
        [],
        {},
        1e400,
        -1767225600000,
        1767225600,
        1767225600000 - 60_001,
        1767225600000 + 60_001,
        1767225600000 * 1000,
    ],
)
def test_a_time_that_is_missing_no_number_old_or_ahead_is_refused(stated: Any) -> None:
    text = json.encode(stated).decode() if stated != 1e400 else "1e400"
    body = b'{"type":"Issue","webhookTimestamp":' + text.encode() + b"}"
    with pytest.raises(NotGenuine):
        genuine(delivery(body))
    with pytest.raises(NotGenuine):
        genuine(delivery(b'{"type":"Issue"}'))


@pytest.mark.parametrize("off", [-60.0, -59.9, 0.0, 59.9, 60.0])
def test_a_minute_either_way_is_fresh(off: float) -> None:
    genuine(delivery(webhook("Issue.create")), sign.NOW + off)


@pytest.mark.parametrize("header", ["1767229999999", "0", "yesterday", ""])
def test_the_unsigned_header_of_the_time_says_nothing(header: str) -> None:
    good = delivery(webhook("Issue.create"), **{"linear-timestamp": header})
    genuine(good)
    with pytest.raises(NotGenuine):
        genuine(good, sign.NOW + 61)


def test_a_delivery_is_told_by_its_own_id_never_by_that_of_the_subscription() -> None:
    first = delivery(webhook("Issue.create"), **{"linear-delivery": "0e8c1c8e-1f5f-4d3c-8b0d-01"})
    other = delivery(webhook("Issue.create"), **{"linear-delivery": "0e8c1c8e-1f5f-4d3c-8b0d-02"})
    assert linear.delivery_id(first) == "0e8c1c8e-1f5f-4d3c-8b0d-01"
    assert linear.delivery_id(first) != linear.delivery_id(other)
    assert webhook("Issue.create")["webhookId"] == webhook("Comment.create")["webhookId"]


@pytest.mark.parametrize("named", ["", "short", "with space 1234", "x" * 101, "é" * 36, "a\n" * 9])
def test_what_is_no_delivery_id_is_left_to_the_hash_of_the_body(named: str) -> None:
    assert linear.delivery_id(Delivery(b"{}", {"linear-delivery": named})) is None
    assert linear.delivery_id(Delivery(b"{}", {})) is None


def routes(body: Any) -> list[tuple[str, ...]]:
    return [it.routes for it in read(body)]


def test_an_issue_reaches_those_who_see_its_team_and_nobody_else() -> None:
    assert routes(webhook("Issue.create")) == [(f"team:{ENG}",)]
    assert routes(webhook("Issue.update.team")) == [(f"team:{OPS}",)]
    assert routes(webhook("Comment.create")) == [(f"team:{ENG}",)]
    assert routes(webhook("Reaction.create.on_issue")) == [(f"team:{ENG}",)]
    assert routes(webhook("Project.update.two_teams")) == [(f"team:{ENG}", f"team:{OPS}")]


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("Attachment.create", "attachments"),
        ("Comment.create.on_document", "comments"),
        ("Comment.create.on_project_update", "comments"),
        ("Comment.create.vendor_sdk", "comments"),
        ("Document.create", "documents"),
        ("InitiativeUpdate.create", "initiative_updates"),
        ("Project.update.no_team", "projects"),
        ("ProjectUpdate.create", "project_updates"),
        ("ProjectUpdate.update", "project_updates"),
        ("Reaction.create.on_comment", "comments"),
        ("Reaction.create.on_initiative_update", "initiative_updates"),
        ("Reaction.create.on_project_update", "project_updates"),
        ("PermissionChange.teamAccessChanged", "teams"),
        ("OAuthAuthorization.revoked", "teams"),
    ],
)
def test_where_no_team_is_told_everybody_looks_with_their_own_token(name: str, stream: str) -> None:
    assert read(webhook(name)) == [Nudge(EVERYBODY, stream=stream)]
    assert stream in {it.name for it in provider.streams}


def test_a_revoked_app_is_told_without_data_and_shown_by_a_call() -> None:
    body = webhook("OAuthApp.revoked")
    assert "data" not in body
    assert read(body) == [Nudge(EVERYBODY, stream="teams")]


@pytest.mark.parametrize(
    "name",
    [
        "Attachment.remove",
        "Comment.remove",
        "Document.remove",
        "Document.update.trashed",
        "InitiativeUpdate.remove",
        "Issue.remove",
        "Issue.update.trashed",
        "Project.remove",
        "Project.update.trashed",
        "ProjectUpdate.remove",
        "Reaction.remove",
    ],
)
def test_a_removal_is_told_to_the_team_or_the_workspace_and_says_nothing_private(
    name: str,
) -> None:
    body = webhook(name)
    (record,) = read(body)
    in_a_team = name.partition(".")[0] in ("Issue", "Comment", "Project")
    assert record.routes == ((f"team:{ENG}",) if in_a_team else EVERYBODY)
    (message,) = told(body)
    ident = f"{message.type}:{body['data']['id']}"
    assert (message.id, message.deleted, message.content, message.title) == (ident, True, "", "")


@pytest.mark.parametrize("name", ["sort_order", "subscribers", "sla"])
def test_an_update_of_nothing_that_is_read_is_dropped(name: str) -> None:
    assert read(webhook(f"Issue.update.{name}")) == []


@pytest.mark.parametrize("more", [{"title": "x"}, {"stateId": None}, {"something_new": 1}])
def test_an_update_of_anything_else_too_is_told(more: dict[str, Any]) -> None:
    body = webhook("Issue.update.sort_order")
    body["updatedFrom"] |= more
    assert len(read(body)) == 1


@pytest.mark.parametrize("former", [None, {}])
def test_an_update_that_does_not_say_what_changed_is_told(former: Any) -> None:
    body = webhook("Issue.update.sort_order")
    body["updatedFrom"] = former
    assert len(read(body)) == 1


@pytest.mark.parametrize("actor", [None, {"id": "x", "type": "integration", "service": "github"}])
def test_whoever_did_it_changes_nothing(actor: Any) -> None:
    body = webhook("Issue.create")
    before = told(body)
    body["actor"] = actor
    assert told(body) == before
    del body["actor"]
    assert told(body) == before


def test_a_member_is_called_what_the_last_webhook_says() -> None:
    (names,) = read(webhook("User.update"))
    assert isinstance(names, Names)
    assert names.routes == EVERYBODY
    assert set(names.names) == {ADA, "@ada"}
    assert json.decode(names.names["@ada"]) == {
        "id": ADA,
        "name": "Ada Park",
        "email": "ada@example.com",
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda it: it.pop("type"), Unreadable),
        (lambda it: it.pop("organizationId"), Unreadable),
        (lambda it: it.update(organizationId=7), Unreadable),
        (lambda it: it.update(type=7), Unreadable),
        (lambda it: it.update(type="Rocket"), UnsupportedEvent),
        (lambda it: it.update(type="issue"), UnsupportedEvent),
        (lambda it: it.update(data=None), Unreadable),
        (lambda it: it.update(data=[]), Unreadable),
        (lambda it: it.update(data="text"), Unreadable),
        (lambda it: it.pop("data"), Unreadable),
        (lambda it: it["data"].pop("id"), Unreadable),
        (lambda it: it["data"].update(id=7), Unreadable),
        (lambda it: it["data"].update(id=""), Unreadable),
        (lambda it: it["data"].update(id="x" * 101), Unreadable),
        (lambda it: it["data"].pop("title"), Unreadable),
        (lambda it: it["data"].update(title=None), Unreadable),
        (lambda it: it["data"].pop("createdAt"), Unreadable),
        (lambda it: it["data"].update(createdAt="yesterday"), Unreadable),
        (lambda it: it["data"].update(createdAt="2025-12-30T08:00:00"), Unreadable),
        (lambda it: it["data"].update(updatedAt=0), Unreadable),
        (lambda it: it["data"].update(teamId=7), Unreadable),
        (lambda it: it["data"].update(trashed="yes"), Unreadable),
        (lambda it: it["data"].update(labels=[{"id": "x"}]), Unreadable),
        (lambda it: it["data"].update(labels={"nodes": 7}), Unreadable),
        (lambda it: it["data"].update(creator="ada"), Unreadable),
        (lambda it: it["data"].update(priority="high"), Unreadable),
        (lambda it: it["data"].update(names={"x": 7}), Unreadable),
        (lambda it: it.update(updatedFrom=[]), Unreadable),
        (lambda it: it.update(url=7), Unreadable),
    ],
)
def test_a_bad_delivery_costs_nobody_anything(
    change: Callable[[Any], Any], error: type[Exception]
) -> None:
    body = webhook("Issue.create")
    change(body)
    with pytest.raises(error):
        told(body)


@pytest.mark.parametrize("text", ["not json", '{"type":"github"', "[]", "7", "null", '"x"', "{}"])
def test_a_bot_that_cannot_be_read_is_called_by_what_there_is_or_nobody(text: str) -> None:
    body = webhook("Issue.create.by_plain_bot")
    body["data"]["botActor"] = text
    (message,) = told(body)
    assert message.author is None or message.author.name == text


def test_all_kinds_of_deliveries_are_known_to_somebody() -> None:
    known = {*linear.STREAMS, "Reaction", "User"} | linear.ACCESS | set(provider.ignored)
    assert {"Issue", "Comment", "IssueSLA", "AgentSessionEvent", "Release"} <= known
    for name in ("Issue.create", "Comment.create", "Project.create", "Reaction.create.on_issue"):
        (record,) = read(webhook(name))
        assert isinstance(record, Record)
        assert record.kind in provider.normalizers
