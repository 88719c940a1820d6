"""The same state, told by a webhook and listed by the API, is the same Message byte for byte."""

from typing import Any

import pytest
from msgspec import json

from services.linear.provider import provider
from shared.normalizer import Version, encode
from shared.sync.normalize import prepare
from shared.types import Record
from tests.fakes.api import Answer, FakeApi
from tests.providers.linear.material import answer, named, read, said, walk, webhook

pytestmark = pytest.mark.anyio

WHO = ("id", "name", "email")
STAMPS = ("id", "createdAt", "updatedAt", "archivedAt")


def who(it: Any) -> Any:
    return it and {name: it[name] for name in WHO}


def bot(text: str | None) -> Any:
    """GraphQL tells as an object what a webhook tells as JSON in a string, or as a word."""
    if text is None:
        return None
    told = json.decode(text) if text.startswith("{") else {"name": text, "type": "integration"}
    return {"name": told.get("name"), "type": told.get("type")}


def issue(data: Any) -> Any:
    """What a query answers for the issue of a webhook."""
    same = [*STAMPS, "url", "trashed", "identifier", "previousIdentifiers", "title", "description"]
    same += ["priority", "priorityLabel", "estimate", "dueDate", "team"]
    return {name: data[name] for name in same} | {
        "state": {name: data["state"][name] for name in ("name", "type")},
        "labels": {"nodes": [{"name": it["name"]} for it in data["labels"]]},
        "creator": who(data.get("creator")),
        "externalUserCreator": who(data.get("externalUserCreator")),
        "botActor": bot(data["botActor"]),
        "assignee": who(data.get("assignee")),
        "project": data.get("project"),
        "cycle": data.get("cycle"),
        "parent": data["parentId"] and {"id": data["parentId"]},
        "reactions": [],
    }


def comment(data: Any, url: str) -> Any:
    same = [*STAMPS, "body", "editedAt", "resolvedAt", "quotedText", "parentId", "projectId"]
    same += ["projectUpdateId", "initiativeId", "initiativeUpdateId", "documentContentId"]
    return {name: data[name] for name in same} | {
        "url": url,
        "issue": {name: data["issue"][name] for name in ("id", "identifier")},
        "documentContent": None,
        "user": who(data.get("user")),
        "externalUser": who(data.get("externalUser")),
        "botActor": bot(data["botActor"]),
        "reactions": [],
    }


def project(data: Any) -> Any:
    same = [*STAMPS, "url", "trashed", "name", "description", "content", "health"]
    same += ["startDate", "targetDate"]
    ada = answer("project_updates")["found"]["nodes"][0]["reactions"][0]["user"]
    return {name: data[name] for name in same} | {
        "status": {name: data["status"][name] for name in ("name", "type")},
        "creator": ada,
        "lead": who(data["lead"]),
    }


async def same(body: Any, stream: str, node: Any) -> None:
    normalize = prepare(provider)
    heard = {}
    for record in read(body):
        assert isinstance(record, Record)
        version = normalize(named(record))
        assert isinstance(version, Version)
        heard[version.message.id] = version
    assert heard
    listed = {"latest": {"nodes": []}, "found": {"nodes": [node], "pageInfo": {}}}
    walked = said(await walk(stream, FakeApi({("GRAPHQL", "*"): Answer(listed)})))
    assert {key: encode(it) for key, it in walked.items()} == {
        key: it.body for key, it in heard.items()
    }


ISSUES = [
    f"Issue.{it}"
    for it in (
        "create",
        "create.bare",
        "create.by_integration",
        "create.by_nameless_bot",
        "create.by_nobody",
        "create.by_outsider",
        "create.by_plain_bot",
        "create.emoji",
        "create.everything",
        "create.mentions",
        "create.mentions_in_code",
        "create.number_as_float",
        "create.sub_issue",
        "create.uploads",
        "remove",
        "update.archived",
        "update.assigned",
        "update.done",
        "update.due_date",
        "update.labels",
        "update.restored",
        "update.state",
        "update.team",
        "update.trashed",
    )
]


@pytest.mark.parametrize("name", ISSUES)
async def test_an_issue(name: str) -> None:
    body = webhook(name)
    await same(body, "issues", issue(body["data"]))


async def test_an_issue_whose_creator_a_webhook_names_by_id_alone() -> None:
    body, whole = webhook("Issue.create.ids_alone"), webhook("Issue.create")
    await same(body, "issues", issue(whole["data"]))


@pytest.mark.parametrize(
    "name",
    [
        "create",
        "create.reply",
        "create.by_bot",
        "create.by_nobody",
        "create.by_outsider",
        "create.with_file",
        "update.edited",
        "update.resolved",
    ],
)
async def test_a_comment(name: str) -> None:
    body = webhook(f"Comment.{name}")
    await same(body, "comments", comment(body["data"], body["url"]))


@pytest.mark.parametrize("name", ["create", "create.bare", "update.health", "update.two_teams"])
async def test_a_project_whose_creator_a_webhook_names_by_id_alone(name: str) -> None:
    body = webhook(f"Project.{name}")
    await same(body, "projects", project(body["data"]))


@pytest.mark.parametrize("name", ["on_issue", "by_outsider"])
async def test_a_reaction(name: str) -> None:
    data = webhook(f"Reaction.create.{name}")["data"]
    mark = {it: data[it] for it in ("id", "emoji", "createdAt", "updatedAt")}
    mark |= {"user": who(data["user"])}
    mark |= {"externalUser": data["externalUserId"] and {"id": data["externalUserId"]}}
    node = answer("issues")["found"]["nodes"][0] | {"reactions": [mark]}
    listed = {"found": {"nodes": [node], "pageInfo": {}}}
    walked = said(await walk("issues", FakeApi({("GRAPHQL", "*"): Answer(listed)})))
    (record,) = read(webhook(f"Reaction.create.{name}"))
    assert isinstance(record, Record)
    version = prepare(provider)(record)
    assert isinstance(version, Version)
    assert encode(walked[version.message.id]) == version.body
