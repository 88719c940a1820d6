"""The same state, told by a webhook and listed by the API, is the same Message byte for byte."""

from typing import Any

import pytest

from shared.normalizer import encode
from shared.types import Resource
from tests.fakes.api import Answer, FakeApi
from tests.providers.github.material import said, told, walk, webhook

pytestmark = pytest.mark.anyio

NOT_LISTED = [
    "merged",
    "mergeable",
    "rebaseable",
    "mergeable_state",
    "merged_by",
    "comments",
    "review_comments",
    "maintainer_can_modify",
    "commits",
    "additions",
    "deletions",
    "changed_files",
]
"""What a single pull request has and the list has not."""

HERE = Resource("186853002", "Codertocat/Hello-World", (), {"default_branch": "master"})
BASE = "/repos/Codertocat/Hello-World"


async def same(name: str, stream: str, answers: dict[tuple[str, str], Any], body: Any) -> None:
    heard = {it.id: encode(it) for it in told(name.partition(".")[0], body)}
    assert heard
    walked = said(await walk(stream, FakeApi(answers), resource=HERE))
    assert {key: walked[key] for key in heard if key in walked} == {
        key: value for key, value in heard.items() if ":push:" not in key
    }


@pytest.mark.parametrize("name", ["issues.opened", "issues.opened_without_body", "issues.labeled"])
async def test_an_issue(name: str) -> None:
    body = webhook(name)
    await same(name, "issues", {("GET", f"{BASE}/issues"): Answer([body["issue"]])}, body)


@pytest.mark.parametrize("action", ["opened", "closed", "review_requested", "synchronize"])
async def test_a_pull_request(action: str) -> None:
    body = webhook(f"pull_request.{action}")
    listed = {k: v for k, v in body["pull_request"].items() if k not in NOT_LISTED}
    answers = {("GET", f"{BASE}/pulls"): Answer([listed])}
    await same(f"pull_request.{action}", "pulls", answers, body)


async def test_a_merged_pull_request() -> None:
    body = webhook("pull_request.closed")
    body["pull_request"] |= {"merged": True, "merged_at": "2019-05-15T15:21:17Z"}
    listed = {k: v for k, v in body["pull_request"].items() if k not in NOT_LISTED}
    answers = {("GET", f"{BASE}/pulls"): Answer([listed])}
    await same("pull_request.closed", "pulls", answers, body)
    assert told("pull_request", body)[0].metadata["merged"] == "true"


@pytest.mark.parametrize(
    ("name", "stream", "path"),
    [
        ("issue_comment.created", "comments", "/issues/comments"),
        ("pull_request_review_comment.created", "review_comments", "/pulls/comments"),
    ],
)
async def test_a_comment(name: str, stream: str, path: str) -> None:
    body = webhook(name)
    await same(name, stream, {("GET", BASE + path): Answer([body["comment"]])}, body)


async def test_a_review_whose_state_the_api_writes_in_capitals() -> None:
    body = webhook("pull_request_review.submitted")
    listed = {**body["review"], "state": body["review"]["state"].upper()}
    pull = {**body["pull_request"]}
    answers = {
        ("GET", f"{BASE}/pulls"): Answer([pull]),
        ("GET", f"{BASE}/pulls/{pull['number']}/reviews"): Answer([listed]),
    }
    await same("pull_request_review.submitted", "reviews", answers, body)


async def test_a_release() -> None:
    body = webhook("release.published")
    answers = {("GET", f"{BASE}/releases"): Answer([body["release"]])}
    await same("release.published", "releases", answers, body)


async def test_a_repository_whose_dates_may_be_epoch_seconds() -> None:
    body = webhook("repository.renamed")
    answers = {("GET", "/user/repos"): Answer([body["repository"]])}
    await same("repository.renamed", "repositories", answers, body)
    body["repository"] |= {"created_at": 1557933642, "updated_at": 1557933641}
    await same("repository.renamed", "repositories", answers, body)


async def test_a_commit_whose_time_a_push_tells_with_an_offset() -> None:
    body = webhook("push.branch_created")
    (pushed,) = body["commits"]
    pushed |= {
        "timestamp": "2019-05-15T11:19:25-04:00",
        "message": "Say hello\n\nTo @mona and @acme/backend.\n",
    }
    listed = {
        "sha": pushed["id"],
        "html_url": pushed["url"],
        "commit": {
            "message": pushed["message"],
            "author": {
                "name": pushed["author"]["name"],
                "email": pushed["author"]["email"],
                "date": "2019-05-14T15:19:25Z",
            },
            "committer": {"name": "GitHub", "email": "x@y.example", "date": "2019-05-15T15:19:25Z"},
        },
        "author": body["sender"],
        "committer": None,
        "parents": [],
    }
    answers = {
        ("GET", f"{BASE}/git/ref/heads/master"): Answer({"object": {"sha": pushed["id"]}}),
        ("GET", f"{BASE}/commits"): Answer([listed]),
    }
    await same("push.branch_created", "commits", answers, body)
    listed["author"] = {}
    del pushed["author"]["username"]
    await same("push.branch_created", "commits", answers, body)


def person(rest: dict[str, Any] | None) -> dict[str, Any] | None:
    """A REST user as GraphQL tells it: a bot without its suffix, a deleted account as null."""
    if rest is None or rest["login"] == "ghost":
        return None
    return {"login": rest["login"].removesuffix("[bot]"), "type": rest["type"], "id": rest["id"]}


def remark(rest: dict[str, Any], **more: Any) -> dict[str, Any]:
    words = ("id", "body", "html_url", "created_at", "updated_at")
    return {**{w: rest[w] for w in words}, "user": person(rest["user"]), "node": "DC_1", **more}


def connection(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": after is not None, "endCursor": after}, "nodes": nodes}


BOT = {"login": "renovate[bot]", "id": 29139614, "type": "Bot"}
GHOST = {"login": "ghost", "id": 10137, "type": "User"}


@pytest.mark.parametrize("user", [None, BOT, GHOST])
async def test_a_discussion_its_comment_and_a_reply_on_a_further_page(user: Any) -> None:
    body = webhook("discussion.answered")
    its = body["discussion"]
    if user:
        its["user"] = user
    its["labels"] = [{"name": "b"}, {"name": "a"}]
    comment = webhook("discussion_comment.created")
    above, repo = comment["comment"], comment["repository"]
    below = {**above, "id": 550063, "parent_id": above["id"], "body": "cc @mona"}
    reply = {**comment, "comment": below}
    words = (
        "number",
        "title",
        "body",
        "html_url",
        "created_at",
        "updated_at",
        "answer_chosen_at",
    )
    node = {word: its[word] for word in words} | {
        "node": "D_1",
        "user": person(its["user"]),
        "category": {"name": its["category"]["name"]},
        "labels": {"nodes": its["labels"]},
        "comments": connection(
            remark(above, replies=connection(after="r1")),
        ),
    }
    answers = [
        {"repository": {"discussions": connection(node)}},
        {"node": {"more": connection(remark(below))}},
    ]
    api = FakeApi({("GRAPHQL", "*"): lambda call: Answer(answers[1 if "id" in call.body else 0])})
    here = Resource(str(repo["id"]), repo["full_name"], (), {"has_discussions": "true"})
    walked = said(await walk("discussions", api, resource=here))
    heard = told("discussion", body)
    heard += told("discussion_comment", comment) + told("discussion_comment", reply)
    assert walked == {it.id: encode(it) for it in heard}
    assert heard[2].parent_id == heard[1].id
    assert api.asked[-1].body == {"id": "DC_1", "after": "r1"}
