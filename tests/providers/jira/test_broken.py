"""Whatever is dropped from an issue or put into it: Messages that can be sent, or Unreadable."""

from typing import Any

import pytest
from msgspec import json

from services.jira.provider import provider
from shared.errors import Unreadable
from shared.normalizer import Message, Version
from shared.sync.normalize import prepare
from tests.fakes.api import gone
from tests.providers.jira.material import REST, answer, listing, walk

pytestmark = pytest.mark.anyio

OTHERS: list[Any] = [
    None,
    True,
    0,
    10**30,
    "",
    "\x00",
    "\ud7ff",
    [],
    [None],
    {"id": None},
    {"x": 1},
]
NORMALIZE = prepare(provider)


async def survives(issue: Any) -> None:
    api = listing(issue)
    api.answers |= {("GET", f"{REST}/issue/10042/{it}"): gone for it in ("comment", "worklog")}
    api.answers["GET", f"{REST}/issue/10042/changelog"] = gone
    (page,) = await walk("issues", api)
    assert page.records, "what cannot be read is kept as it is"
    for record in page.records:
        try:
            version = NORMALIZE(record)
        except Unreadable:
            continue
        assert isinstance(version, Version)
        assert json.decode(version.body, type=Message) == version.message
        assert all(version.message.metadata.values())


async def broken(holder: Any, issue: Any) -> None:
    for name in list(holder):
        kept = holder.pop(name)
        await survives(issue)
        for other in (*OTHERS, [kept], {"it": kept}):
            holder[name] = other
            await survives(issue)
        holder[name] = kept


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("fields",),
        ("fields", "status"),
        ("fields", "parent"),
        ("fields", "attachment", 0),
        ("fields", "comment"),
        ("fields", "comment", "comments", 0),
        ("fields", "worklog", "worklogs", 0),
        ("changelog", "histories", 0),
        ("changelog", "histories", 0, "items", 0),
    ],
    ids=lambda it: ".".join(map(str, it)) or "issue",
)
async def test_each_field_may_be_missing_or_of_another_kind(path: tuple[Any, ...]) -> None:
    issue = answer("issue.everything")
    holder = issue
    for step in path:
        holder = holder[step]
    await broken(holder, issue)


async def test_24_custom_fields_of_any_kind_disturb_nobody() -> None:
    (page,) = await walk("issues", listing(answer("issue.custom_fields")))
    (record,) = page.records
    version = NORMALIZE(record)
    assert isinstance(version, Version)
    assert not [name for name in version.message.metadata if "customfield" in name]
