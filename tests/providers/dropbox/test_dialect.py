"""How Dropbox says no, by status and tags."""

from typing import Any

import pytest
from msgspec import json

from services.dropbox.dialect import (
    SENTENCES,
    Forgotten,
    Lacking,
    Linked,
    NotThere,
    dialect,
    tags,
)
from shared.errors import (
    Changed,
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    Unavailable,
)
from shared.http.answers import judge
from shared.types import Response


def said(status: int, error: Any = None, headers: dict[str, str] | None = None) -> Any:
    body = (
        error if isinstance(error, bytes) else json.encode({"error_summary": "x", "error": error})
    )
    return judge(Response(status, headers or {}, body), dialect, write=True)


def chain(*names: str) -> Any:
    found: Any = {".tag": names[-1]}
    for name in reversed(names[:-1]):
        found = {".tag": name, name: found}
    return found


WORDS: list[tuple[int, tuple[str, ...], type[Exception]]] = [
    (409, ("path", "not_found"), NotThere),
    (409, ("path", "not_file"), NotThere),
    (409, ("path", "not_folder"), NotThere),
    (409, ("path_lookup", "not_found"), NotThere),
    (409, ("from_lookup", "not_found"), NotThere),
    (409, ("reset",), Forgotten),
    (409, ("path", "conflict", "file"), Changed),
    (409, ("to", "conflict", "folder"), Changed),
    (409, ("path", "restricted_content"), Refused),
    (409, ("path", "malformed_path"), Refused),
    (409, ("path", "insufficient_space"), Refused),
    (409, ("too_many_write_operations",), Unavailable),
    (409, ("path_write", "too_many_write_operations"), Unavailable),
    (409, ("shared_link_already_exists",), Linked),
    (409, ("unsupported_file",), Refused),
    (409, ("other",), Refused),
    (409, ("a_tag_of_tomorrow",), Refused),
    (401, ("expired_access_token",), Reauthorize),
    (401, ("invalid_access_token",), Reauthorize),
    (401, ("user_suspended",), Refused),
    (401, ("invalid_select_user",), Refused),
    (401, ("route_access_denied",), Refused),
    (401, ("other",), Reauthorize),
    (403, ("no_permission",), Refused),
    (403, ("invalid_account_type", "feature"), Refused),
    (403, ("team_access_denied",), Refused),
    (422, ("invalid_root",), Refused),
    (422, ("no_permission",), Refused),
]


@pytest.mark.parametrize(("status", "names", "error"), WORDS)
def test_each_refusal_is_named_by_what_to_do_next(
    status: int, names: tuple[str, ...], error: type[Exception]
) -> None:
    assert type(said(status, chain(*names))) is error


STATUSES = [(400, Refused), (500, Unavailable), (502, Unavailable), (503, Unavailable)]


@pytest.mark.parametrize(("status", "error"), STATUSES)
def test_what_comes_as_text_goes_by_its_status(status: int, error: type[Exception]) -> None:
    found = said(status, b'Error in call to API function "files/list_folder"')
    assert type(found) is error
    assert "files/list_folder" not in str(found)


def test_21_a_link_to_bytes_that_has_ended_is_gone() -> None:
    assert type(said(410, b"")) is ItemGone


def test_25_a_team_space_that_was_moved_says_what_to_do() -> None:
    moved = {".tag": "invalid_root", "root_namespace_id": "3235641", "home_namespace_id": "3235641"}
    assert "connect again" in str(said(422, moved))


LIMITS: list[tuple[Any, dict[str, str], float]] = [
    ({"reason": {".tag": "too_many_requests"}, "retry_after": 15}, {}, 15),
    ({"reason": {".tag": "too_many_write_operations"}, "retry_after": 2}, {"retry-after": "9"}, 2),
    ({"reason": {".tag": "too_many_requests"}}, {"retry-after": "300"}, 300),
    (b"too_many_requests/..", {"retry-after": "7"}, 7),
    (b"", {}, 1),
    (b"", {"retry-after": "soon"}, 1),
    ({"retry_after": -5}, {}, 1),
    ({"retry_after": 10**12}, {}, 86_400),
    ({"retry_after": True}, {"retry-after": "4"}, 4),
    ({"retry_after": "15"}, {}, 1),
    ([], {"retry-after": "3"}, 3),
]


@pytest.mark.parametrize(("error", "headers", "seconds"), LIMITS, ids=range(len(LIMITS)))
def test_12_patience_is_told_by_the_body_else_by_the_header(
    error: Any, headers: dict[str, str], seconds: float
) -> None:
    found = said(429, error, headers)
    assert type(found) is RateLimited
    assert found.retry_after == seconds


def test_13_a_token_that_ended_is_renewed_and_a_scope_that_is_missing_is_named() -> None:
    assert type(said(401, chain("expired_access_token"))) is Reauthorize
    assert not said(401, chain("invalid_access_token")).revoked, "renewing it is tried once"
    missing = {".tag": "missing_scope", "required_scope": "sharing.read"}
    assert type(said(401, missing)) is Lacking
    assert "(sharing.read)" in str(said(401, missing))
    odd = {".tag": "missing_scope", "required_scope": "<b>now</b>"}
    assert "<b>" not in str(said(401, odd))


def test_what_is_wrapped_in_a_reason_is_read() -> None:
    inside = {".tag": "conflict", "conflict": {".tag": "file"}}
    failed = {".tag": "path", "reason": inside, "upload_session_id": "AAAA"}
    assert tags(failed) == ["path", "conflict", "file"]
    assert type(said(409, failed)) is Changed


def test_a_void_tag_may_be_a_plain_word() -> None:
    assert tags("reset") == ["reset"]
    assert type(said(409, "reset")) is Forgotten
    assert tags({".tag": "path", "path": "not_found"}) == ["path", "not_found"]


ODD: list[Any] = [None, 1, [], {}, {".tag": 1}, {".tag": None}, {".tag": "A B"}, {"path": 1}, True]


@pytest.mark.parametrize("error", ODD, ids=range(len(ODD)))
def test_an_error_of_another_shape_goes_by_its_status(error: Any) -> None:
    assert tags(error) == []
    assert type(said(409, error)) is Refused
    assert type(said(401, error)) is Reauthorize


def test_tags_do_not_go_on_for_ever() -> None:
    assert len(tags(chain(*["path"] * 50))) == 8
    assert len(str(said(409, chain(*["path"] * 50)))) < 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"<html>", b"null", b"[" * 10_000])
def test_a_broken_body_breaks_nothing(body: bytes) -> None:
    assert type(said(409, body)) is Refused
    assert type(said(401, body)) is Reauthorize


def test_every_known_tag_has_a_sentence() -> None:
    for tag, sentence in SENTENCES.items():
        assert str(said(409, chain("path", tag))) == sentence


def test_a_good_answer_is_none() -> None:
    assert dialect(Response(200, {}, json.encode({"error": {".tag": "reset"}}))) is None
