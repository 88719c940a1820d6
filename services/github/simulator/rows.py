"""What GitHub tells of one thing, in the shapes of its REST API."""

import hashlib
from typing import Any

Row = dict[str, Any]

ME: Row = {"login": "mona", "id": 2, "type": "User"}


def repository(number: int, name: str, stamp: str) -> Row:
    return {
        "id": 1000 + number,
        "full_name": name,
        "name": name.partition("/")[2],
        "owner": ME,
        "private": True,
        "visibility": "private",
        "fork": False,
        "archived": False,
        "description": f"Repository {number} of a GitHub that is played on this machine",
        "html_url": f"https://github.com/{name}",
        "default_branch": "main",
        "has_issues": True,
        "has_discussions": True,
        "language": "Python",
        "topics": [],
        "created_at": stamp,
        "updated_at": stamp,
    }


def issue(ident: int, number: int, repo: str, stamp: str, *, title: str, body: str | None) -> Row:
    return {
        "id": ident,
        "number": number,
        "title": title,
        "body": body,
        "state": "open",
        "state_reason": None,
        "user": ME,
        "labels": [],
        "assignees": [],
        "milestone": None,
        "comments": 0,
        "html_url": f"https://github.com/{repo}/issues/{number}",
        "created_at": stamp,
        "updated_at": stamp,
    }


def pull(like: Row, ident: int) -> Row:
    """A pull request, of the row that stands for it among the issues."""
    sha = sha_of(f"{like['html_url']}{ident}")
    return {
        **like,
        "id": ident,
        "html_url": like["html_url"].replace("/issues/", "/pull/"),
        "draft": False,
        "merged_at": None,
        "head": {"ref": f"change-{like['number']}", "sha": sha},
        "base": {"ref": "main", "sha": sha_of("main")},
        "requested_reviewers": [],
        "requested_teams": [],
    }


def comment(ident: int, on: str, stamp: str, body: str, **more: Any) -> Row:
    """A remark on whatever has the address `on`."""
    return {
        "id": ident,
        "body": body,
        "user": ME,
        "html_url": f"{on}#issuecomment-{ident}",
        "created_at": stamp,
        "updated_at": stamp,
        **more,
    }


def review(ident: int, pull: Row, stamp: str, body: str, state: str = "APPROVED") -> Row:
    return {
        "id": ident,
        "state": state,
        "body": body,
        "user": ME,
        "html_url": f"{pull['html_url']}#pullrequestreview-{ident}",
        "commit_id": pull["head"]["sha"],
        "submitted_at": stamp,
    }


def commit(number: int, repo: str, stamp: str) -> Row:
    sha, who = sha_of(f"{repo}{number}"), {"name": "Mona", "email": "mona@example.com"}
    return {
        "sha": sha,
        "html_url": f"https://github.com/{repo}/commit/{sha}",
        "author": ME,
        "commit": {
            "message": f"Change number {number}\n\nAnd why it was made.",
            "author": {**who, "date": stamp},
            "committer": {**who, "date": stamp},
        },
    }


def release(ident: int, repo: str, stamp: str) -> Row:
    return {
        "id": ident,
        "tag_name": "v1.0",
        "name": "One",
        "body": "The first one",
        "html_url": f"https://github.com/{repo}/releases/tag/v1.0",
        "author": ME,
        "draft": False,
        "prerelease": False,
        "assets": [],
        "created_at": stamp,
        "published_at": stamp,
        "updated_at": stamp,
    }


def sha_of(text: str) -> str:
    """A commit's name, the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def discussion(ident: int, repo: str, stamp: str) -> Row:
    """A discussion with one comment, in the words of our GraphQL query."""
    url, end = f"https://github.com/{repo}/discussions/1", {"hasNextPage": False, "endCursor": None}
    said = {
        "node": f"DC_{ident}",
        **comment(ident, url, stamp, "Here?"),
        "replies": {"pageInfo": end, "nodes": []},
    }
    return {
        "node": f"D_{ident}",
        "number": 1,
        "title": "Where to begin",
        "body": "With the README.",
        "html_url": url,
        "created_at": stamp,
        "updated_at": stamp,
        "answer_chosen_at": None,
        "category": {"name": "General"},
        "user": ME,
        "labels": {"nodes": []},
        "comments": {"pageInfo": end, "nodes": [said]},
    }
