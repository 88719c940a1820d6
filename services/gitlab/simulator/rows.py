"""What GitLab tells of one thing: the rows of its REST API, and how a webhook says the same."""

import hashlib
from typing import Any

Row = dict[str, Any]

ME: Row = {"id": 9, "username": "ana", "name": "Ana"}
LEE: Row = {"id": 12, "username": "lee", "name": "Lee"}


def sha_of(text: str) -> str:
    """A commit's name, the same for the same text."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def project(number: int, name: str, root: str, stamp: str, level: int) -> Row:
    return {
        "id": 1000 + number,
        "path_with_namespace": name,
        "name": name.rpartition("/")[2],
        "description": f"Project {number} of a GitLab that is played on this machine",
        "web_url": f"{root}/{name}",
        "default_branch": "main",
        "visibility": "private",
        "archived": False,
        "topics": [],
        "created_at": stamp,
        "last_activity_at": stamp,
        "namespace": {"id": 77, "kind": "group", "full_path": "acme"},
        "permissions": {"project_access": {"access_level": level}, "group_access": None},
    }


def issue(ident: int, iid: int, place: Row, stamp: str, *, title: str, text: str | None) -> Row:
    own = {"description": text, "confidential": False, "due_date": None, "issue_type": "issue"}
    return _item(ident, iid, place, stamp, "issues", title=title) | own


def merge_request(ident: int, iid: int, place: Row, stamp: str, *, title: str) -> Row:
    return _item(ident, iid, place, stamp, "merge_requests", title=title) | {
        "reviewers": [LEE],
        "labels": ["change"],
        "draft": False,
        "source_branch": f"change-{iid}",
        "target_branch": "main",
        "sha": sha_of(f"{place['id']}{iid}"),
        "merge_status": "can_be_merged",
    }


def _item(ident: int, iid: int, place: Row, stamp: str, word: str, *, title: str) -> Row:
    """What both have in common."""
    return {
        "id": ident,
        "iid": iid,
        "project_id": place["id"],
        "title": title,
        "description": "",
        "state": "opened",
        "author": ME,
        "assignees": [],
        "labels": [],
        "milestone": None,
        "user_notes_count": 0,
        "web_url": f"{place['web_url']}/-/{word}/{iid}",
        "created_at": stamp,
        "updated_at": stamp,
    }


def note(ident: int, on: Row, kind: str, stamp: str, body: str, *, system: bool = False) -> Row:
    return {
        "id": ident,
        "type": None,
        "body": body,
        "author": LEE,
        "system": system,
        "internal": False,
        "noteable_id": on["id"],
        "noteable_iid": on["iid"],
        "noteable_type": kind,
        "created_at": stamp,
        "updated_at": stamp,
    }


def commit(number: int, place: Row, stamp: str) -> Row:
    sha = sha_of(f"{place['id']} {number}")
    return {
        "id": sha,
        "message": f"Change number {number}\n\nAnd why it was made.\n",
        "author_name": "Ana",
        "author_email": "ana@example.com",
        "committed_date": stamp,
        "web_url": f"{place['web_url']}/-/commit/{sha}",
    }


def pipeline(ident: int, place: Row, stamp: str, sha: str) -> Row:
    return {
        "id": ident,
        "iid": 1,
        "sha": sha,
        "ref": "main",
        "status": "running",
        "source": "push",
        "web_url": f"{place['web_url']}/-/pipelines/{ident}",
        "user": ME,
        "created_at": stamp,
        "updated_at": stamp,
        "finished_at": None,
        "duration": None,
    }


def release(tag: str, stamp: str) -> Row:
    return {
        "tag_name": tag,
        "name": tag,
        "description": "What is new",
        "author": ME,
        "created_at": stamp,
        "released_at": stamp,
        "upcoming_release": False,
        "assets": {"links": []},
    }


def heard(row: Row) -> Row:
    """A row in a webhook's words: people by number, times by the second, and without a `Z`."""
    told = {key: it for key, it in row.items() if key not in ("author", "assignees", "reviewers")}
    for key in ("created_at", "updated_at", "finished_at"):
        if row.get(key):
            told[key] = f"{row[key][:10]} {row[key][11:19]} UTC"
    told |= {
        "url": row.get("web_url", ""),
        "labels": [{"title": it} for it in row.get("labels", [])],
    }
    told |= {"author_id": row["author"]["id"]} if "author" in row else {}
    told |= {"type": "Issue"} if row.get("issue_type") else {}
    return told
