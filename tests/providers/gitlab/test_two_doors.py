"""The same state, told by a webhook and listed by the API, is the same Message byte for byte."""

from typing import Any

import pytest

from shared.normalizer import encode
from tests.fakes.api import Answer, FakeApi
from tests.providers.gitlab.material import AT, answer, said, told, walk, webhook

pytestmark = pytest.mark.anyio


def heard(name: str) -> dict[str, bytes]:
    return {it.id: encode(it) for it in told(webhook(name))}


async def walked(stream: str, recorded: dict[str, Any]) -> dict[str, bytes]:
    answers = {("GET", f"{AT}/{path}"): Answer(body) for path, body in recorded.items()}
    return said(await walk(stream, FakeApi(answers)))


def same(heard: dict[str, bytes], walked: dict[str, bytes]) -> None:
    assert heard
    assert {key: walked.get(key) for key in heard} == heard


async def test_an_issue_with_its_assignee_labels_and_upload() -> None:
    same(heard("issue.open"), await walked("issues", {"issues": answer("issues")}))


async def test_an_issue_that_was_closed() -> None:
    body = webhook("issue.close")
    body["names"] = {"9": "apark"}  # as the directory puts it there
    row = answer("issues")[0] | {"state": "closed", "updated_at": "2026-02-04T11:00:00.731Z"}
    found = {it.id: encode(it) for it in told(body)}
    same(found, await walked("issues", {"issues": [row]}))


async def test_a_milestone_and_a_due_date() -> None:
    body = webhook("issue.update") | {"names": {"9": "apark"}}
    row = answer("issues")[0] | {
        "title": "Retry while the upstream is away",
        "milestone": {"id": 3, "iid": 1, "title": "10.0"},
        "due_date": "2026-03-01",
        "updated_at": "2026-02-03T10:00:00.004Z",
    }
    found = {it.id: encode(it) for it in told(body)}
    same(found, await walked("issues", {"issues": [row]}))


async def test_a_task_that_the_list_calls_so_in_other_words() -> None:
    row = answer("issues")[0] | {
        "id": 310,
        "iid": 8,
        "type": "TASK",
        "issue_type": "task",
        "title": "Write the test",
        "description": "",
        "web_url": "https://gitlab.com/acme/api/-/work_items/8",
    }
    same(heard("work_item.task"), await walked("issues", {"issues": [row]}))


async def test_a_merge_request_with_its_reviewers() -> None:
    rows = answer("merge-requests")
    same(heard("merge_request.open"), await walked("merge_requests", {"merge_requests": rows}))


async def test_a_merge_request_is_the_same_however_its_merge_status_stands() -> None:
    row = answer("merge-requests")[0]
    one = await walked("merge_requests", {"merge_requests": [row | {"merge_status": "checking"}]})
    two = await walked("merge_requests", {"merge_requests": [row]})
    assert one == two


async def test_a_remark_on_an_issue() -> None:
    recorded = {"issues": answer("issues"), "issues/5/discussions": answer("issue-discussions")}
    same(heard("note.issue"), await walked("issue_notes", recorded))


@pytest.mark.parametrize("name", ["note.merge_request", "note.diff", "note.reply"])
async def test_a_remark_on_a_merge_request(name: str) -> None:
    recorded = {
        "merge_requests": answer("merge-requests"),
        "merge_requests/3/discussions": answer("merge-request-discussions"),
    }
    same(heard(name), await walked("merge_request_notes", recorded))


@pytest.mark.parametrize("name", ["push.commits", "tag_push.created"])
async def test_a_commit_whose_time_has_an_offset(name: str) -> None:
    recorded = {
        "repository/branches/main": answer("branch"),
        "repository/commits": answer("commits"),
    }
    found = {key: it for key, it in heard(name).items() if ":push:" not in key}
    same(found, await walked("commits", recorded))
