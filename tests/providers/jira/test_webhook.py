"""Whose a delivery is, what is looked at because of it, and what is dropped on purpose."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import json

from services.jira import webhook as jira
from services.jira.provider import provider
from shared.errors import Unreadable, UnsupportedEvent
from shared.types import Delivery, Nudge, Record
from tests.providers.jira.material import CLOUD, HOST, delivery, read, told, webhook

HERE = (f"site:{HOST}",)
ISSUE = Nudge(HERE, "heard", f"{HOST}:10042", {"site": HOST, "issue": "10042"})


@pytest.mark.parametrize(
    "name",
    [
        "issue_created",
        "issue_updated.status",
        "issue_updated.assigned",
        "issue_updated.commented",
        "issue_updated.description_null",
        "issue_updated.description_document",
        "issue_updated.attachment",
        "issue_updated.by_nobody",
        "issue_updated.profile_is_lost",
        "comment_created",
        "comment_created.internal",
        "comment_created.without_issue",
        "comment_updated",
        "worklog_created",
        "worklog_updated",
        "worklog_updated.old",
    ],
)
def test_what_happens_to_an_issue_is_a_look_at_it(name: str) -> None:
    assert read(webhook(name)) == [ISSUE]


def test_17_an_issue_that_moved_is_looked_at_by_its_number() -> None:
    assert read(webhook("issue_updated.moved")) == [ISSUE]


@pytest.mark.parametrize(
    ("name", "what", "number"),
    [
        ("issue_deleted", "issue", "10042"),
        ("comment_deleted", "comment", "20011"),
        ("worklog_deleted", "worklog", "30001"),
    ],
)
def test_18_a_deletion_is_a_look_whether_it_is_true(name: str, what: str, number: str) -> None:
    *more, nudge = read(webhook(name))
    assert nudge.resource == f"{HOST}:10042:{what}:{number}"
    assert nudge.facts == {"site": HOST, "issue": "10042", "gone": what, "id": number}
    assert more == ([ISSUE] if what == "issue" else []), "what stood on it is gone as well"
    assert read(webhook(name), **{"x-atlassian-webhook-flow": "Secondary"}) == [*more, nudge]


def test_19_what_a_change_of_many_brings_in_its_wake_is_walked_at_once() -> None:
    late = {"x-atlassian-webhook-flow": "Secondary"}
    assert read(webhook("issue_updated.bulk"), **late) == [Nudge(HERE, "issues")]
    assert read(webhook("issue_updated.bulk")) == [ISSUE]


def test_a_site_is_known_by_its_host_or_by_the_gateways_address() -> None:
    (nudge,) = read(webhook("issue_created.gateway"))
    assert (nudge.routes, nudge.facts["site"]) == ((f"site:{CLOUD}",), CLOUD)
    (nudge,) = read(webhook("issue_created.short_address"))
    assert (nudge.routes, nudge.facts["issue"]) == (HERE, "77256")


@pytest.mark.parametrize(
    "address",
    ["", "acme", "https://", "https://localhost/x", "https://a b.net/", "https://["],
)
def test_4_a_delivery_that_does_not_name_its_site_is_nobodys(address: str) -> None:
    body = webhook("issue_created")
    body["issue"]["self"] = address
    with pytest.raises(Unreadable):
        read(body)


def test_4_a_site_that_nobody_connected_is_a_route_that_nobody_has() -> None:
    body = webhook("issue_created")
    body["issue"]["self"] = "https://ELSEWHERE.atlassian.net/rest/api/2/issue/10042"
    (nudge,) = read(body)
    assert nudge.routes == ("site:elsewhere.atlassian.net",)


def ident(body: Any, **headers: str) -> str | None:
    return jira.delivery_id(delivery(body, **headers))


def test_3_a_retry_has_the_id_of_the_first_try() -> None:
    body = webhook("issue_created")
    first = ident(body)
    assert first == ident(body, x_atlassian_webhook_retry="1")
    assert first == f"{HOST}:4ba81b5c-8ae2-4f8e-a7ba-6f2a8f0a9a25"


def test_3_the_same_id_on_two_sites_is_two_deliveries() -> None:
    other = webhook("issue_created")
    other["issue"]["self"] = "https://globex.atlassian.net/rest/api/2/issue/10042"
    assert ident(webhook("issue_created")) != ident(other)


@pytest.mark.parametrize("named", ["", "with space", "x" * 101, "é", "a\n"])
def test_what_is_no_id_is_left_to_the_hash_of_the_body(named: str) -> None:
    assert ident(webhook("issue_created"), x_atlassian_webhook_identifier=named) is None
    assert jira.delivery_id(Delivery(b"[", {"x-atlassian-webhook-identifier": "x"})) is None
    assert ident(webhook("user_deleted")) is None, "it does not say on which site"


@pytest.mark.parametrize(
    "name",
    [
        "attachment_created",
        "board_updated",
        "issue_property_set",
        "issuelink_created",
        "project_created",
        "sprint_closed",
        "sprint_started",
        "user_deleted",
        "version_deleted.merged",
        "version_released",
    ],
)
def test_what_is_dropped_has_a_reason(name: str) -> None:
    body = webhook(name)
    (record,) = read(body)
    assert isinstance(record, Record)
    assert provider.ignored[record.kind]
    assert bytes(record.payload) == b"{}", "nothing of it is kept"
    assert told(body) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda it: it.pop("webhookEvent"), Unreadable),
        (lambda it: it.update(webhookEvent=7), Unreadable),
        (lambda it: it.update(webhookEvent="rocket"), UnsupportedEvent),
        (lambda it: it.update(webhookEvent="Jira:issue_created"), UnsupportedEvent),
        (lambda it: it.update(webhookEvent=""), UnsupportedEvent),
        (lambda it: it.update(webhookEvent="x" * 10_000), UnsupportedEvent),
        (lambda it: it.pop("issue"), Unreadable),
        (lambda it: it.update(issue=None), Unreadable),
        (lambda it: it.update(issue=[]), Unreadable),
        (lambda it: it.update(issue="SUP-42"), Unreadable),
        (lambda it: it["issue"].pop("id"), Unreadable),
        (lambda it: it["issue"].update(id=10042), Unreadable),
        (lambda it: it["issue"].update(id="10042/../../x"), Unreadable),
        (lambda it: it["issue"].update(id="\u0661"), Unreadable),
        (lambda it: it["issue"].update(id="10042\n"), Unreadable),
        (lambda it: it["issue"].update(id="1" * 20), Unreadable),
        (lambda it: it["issue"].pop("self"), Unreadable),
        (lambda it: it["issue"].update(self=7), Unreadable),
        (lambda it: it.update(comment=7), Unreadable),
    ],
)
def test_a_bad_delivery_costs_nobody_anything(
    change: Callable[[Any], Any], error: type[Exception]
) -> None:
    body = webhook("issue_created")
    change(body)
    with pytest.raises(error) as refused:
        read(body)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize("number", ["", "20011/x", "..", None])
def test_a_deletion_that_does_not_say_what_is_gone_is_unreadable(number: Any) -> None:
    body = webhook("comment_deleted")
    body["comment"]["id"] = number
    with pytest.raises(Unreadable):
        read(body)
    body = webhook("comment_deleted")
    del body["comment"]
    with pytest.raises(Unreadable):
        read(body)


def test_a_comment_without_its_issue_names_it_in_its_address_or_is_unreadable() -> None:
    body = webhook("comment_created.without_issue")
    body["comment"]["self"] = f"https://{HOST}/rest/api/2/comment/20011"
    with pytest.raises(Unreadable):
        read(body)


def test_nothing_of_a_body_but_numbers_and_its_site_is_kept() -> None:
    text = json.encode(read(webhook("comment_created")))
    assert b"Ping" not in text
    assert b"Ada" not in text
