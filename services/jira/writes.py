"""Writes, each sent once, which answer with what is there afterwards.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/
"""

from collections.abc import Awaitable
from typing import Any

from msgspec import Struct, to_builtins

from services.jira import answers
from services.jira.asking import NewComment, NewIssue, NewLink, NewWorklog
from services.jira.events import WorklogTold
from services.jira.models import Site
from services.jira.models_more import Comment, Worklog
from services.jira.normalize import worklog
from services.jira.sites import path
from shared.errors import BadRequest, ProviderError, Unavailable
from shared.normalizer import Message
from shared.provider import Api


class Made(Struct):
    key: str


async def create(api: Api, at: Site, data: NewIssue) -> Message:
    body = {"fields": fields(data)}
    made = await api.send("POST", path(at, "issue"), Made, body)
    return await _told(answers.issue(api, at, made.key), made.key)


async def change(api: Api, at: Site, key: str, data: Struct) -> Message:
    await api.send("PUT", path(at, f"issue/{key}"), type(None), {"fields": fields(data)})
    return await _told(answers.issue(api, at, key), key)


async def move(api: Api, at: Site, key: str, name: str) -> Message:
    """Through the transition of that name, or to the status of that name. Raises BadRequest."""
    there = await answers.transitions(api, at, key)
    wanted = name.casefold()
    found = [it for it in there if it.name.casefold() == wanted]
    found += [it for it in there if it.to.name.casefold() == wanted]
    if not found:
        names = ", ".join(sorted({it.name for it in there})) or "nothing"
        raise BadRequest(f"The issue cannot go there from where it stands; possible: {names}.")
    body = {"transition": {"id": found[0].id}}
    await api.send("POST", path(at, f"issue/{key}/transitions"), type(None), body)
    return await _told(answers.issue(api, at, key), key)


async def remark(api: Api, at: Site, key: str, data: NewComment) -> Message:
    on = await answers.place(api, at, key)
    body: dict[str, Any] = {"body": document(data.body)}
    body |= {"visibility": {"type": "role", "value": data.role}} if data.role else {}
    made = await api.send("POST", path(at, f"issue/{on.id}/comment"), Comment, body)
    return answers.comment(at, on, made)


async def reword(api: Api, at: Site, key: str, comment: str, text: str) -> Message:
    on = await answers.place(api, at, key)
    body = {"body": document(text)}
    done = await api.send("PUT", path(at, f"issue/{on.id}/comment/{comment}"), Comment, body)
    return answers.comment(at, on, done)


async def take_back(api: Api, at: Site, key: str, comment: str) -> None:
    await api.send("DELETE", path(at, f"issue/{key}/comment/{comment}"), type(None))


async def log(api: Api, at: Site, key: str, data: NewWorklog) -> Message:
    on = await answers.place(api, at, key)
    started = data.started.isoformat(timespec="milliseconds")
    body: dict[str, Any] = {
        "timeSpentSeconds": data.seconds,
        "started": "".join(started.rsplit(":", 1)),  # the offset without its colon
    }
    body |= {"comment": document(data.comment)} if data.comment else {}
    made = await api.send("POST", path(at, f"issue/{on.id}/worklog"), Worklog, body)
    return worklog(WorklogTold(at, on, made))


async def link(api: Api, at: Site, key: str, data: NewLink) -> None:
    body = {
        "type": {"name": data.type},
        "outwardIssue": _named(key),
        "inwardIssue": _named(data.to),
    }
    await api.send("POST", path(at, "issueLink"), type(None), body)


def fields(data: Struct) -> dict[str, Any]:
    """An issue in Jira's own words, without what is null; `clear` names what is to become so."""
    told = to_builtins(data)
    empty = dict.fromkeys(told.pop("clear", ()))
    wish = {name: it for name, it in told.items() if it is not None}
    for name in {"issuetype", "priority"} & wish.keys():
        wish[name] = {"name": wish[name]}
    if "project" in wish:
        wish["project"] = {"key": wish["project"]}
    if "parent" in wish:
        wish["parent"] = _named(wish["parent"])
    if "assignee" in wish:
        wish["assignee"] = {"accountId": wish["assignee"]}
    if "description" in wish:
        wish["description"] = document(wish["description"])
    return wish | empty


def document(text: str) -> dict[str, Any]:
    """A document with a paragraph for each line."""
    lines = text.split("\n")
    return {"type": "doc", "version": 1, "content": [_paragraph(line) for line in lines]}


def _paragraph(line: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}


def _named(issue: str) -> dict[str, str]:
    return {"key" if "-" in issue else "id": issue}


async def _told(reading: Awaitable[Message], key: str) -> Message:
    """What was written, read back; raises Unavailable where only that did not work."""
    try:
        return await reading
    except ProviderError as error:
        raise Unavailable(
            f"{key} was written, but could not be read back.", unknown=True
        ) from error
