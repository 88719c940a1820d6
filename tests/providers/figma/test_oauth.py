"""Whose account it is, what a refusal means, and what a call costs."""

from typing import Any

import pytest

from services.figma.dialect import LONGEST, PATIENCE, Hidden, dialect
from services.figma.oauth import CONTENT, FOLDERS, identify
from services.figma.places import PLACE, key, place
from services.figma.provider import provider
from services.figma.quotas import charges
from shared.errors import ItemGone, RateLimited, Reauthorize
from shared.http.answers import judge
from shared.types import Charge, Identity, Response
from tests.fakes.api import FakeApi

LARGE = 1535685101263221741


@pytest.mark.anyio
@pytest.mark.parametrize("ident", [str(LARGE), LARGE, 10**30])
async def test_16_an_id_beyond_what_a_double_holds_stays_what_it_is(ident: Any) -> None:
    me = {"id": ident, "handle": "Ada", "email": "ada@example.com", "img_url": "x"}
    found = await identify(FakeApi({("GET", "/v1/me"): lambda _: me}))
    assert found == Identity(str(ident), "Ada", "ada@example.com")


def answered(status: int, body: bytes = b"{}", **headers: str) -> Exception | None:
    told = {name.replace("_", "-"): it for name, it in headers.items()}
    return judge(Response(status, told, body), dialect)


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":403,"err":"Invalid token"}',
        b'{"status":403,"err":"Token expired"}',
        b'{"status":403,"error":true,"message":"Invalid token"}',
    ],
)
def test_13_a_dead_token_is_told_from_a_missing_permission(body: bytes) -> None:
    assert type(answered(403, body)) is Reauthorize


@pytest.mark.parametrize(
    "body",
    [
        b'{"status":403,"err":"Not authorized to view this file"}',
        b'{"status":403,"error":true,"message":"Invalid scope(s): x. This endpoint requires y"}',
        b"",
        b"\xff",
        b"[",
    ],
)
def test_what_is_only_not_permitted_ends_no_connection(body: bytes) -> None:
    assert type(answered(403, body)) is Hidden


def test_a_missing_scope_says_what_to_do() -> None:
    error = answered(403, b'{"message":"Invalid scope(s)"}')
    assert "scope" in str(error)
    assert "connect again" in str(error)


def test_what_is_gone_is_no_more_than_that() -> None:
    assert type(answered(404, b'{"status":404,"err":"Not found"}')) is ItemGone
    assert type(answered(401, b'{"status":401,"error":true}')) is Reauthorize
    assert answered(200) is None


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("30", 30.0),
        ("259200", 259_200.0),
        ("99999999", LONGEST),
        ("0", 1.0),
        ("", PATIENCE),
        ("-1", PATIENCE),
        ("1e9", PATIENCE),
        ("\u0663", PATIENCE),
        ("9" * 30, PATIENCE),
    ],
)
def test_12_a_limit_may_take_days(told: str, seconds: float) -> None:
    error = answered(429, retry_after=told)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds
    assert not error.everything, "calls of another price go on"


def test_17_a_file_of_a_free_team_says_why_there_are_so_few_calls() -> None:
    few = answered(429, retry_after="86400", x_figma_rate_limit_type="low")
    more = answered(429, retry_after="30", x_figma_rate_limit_type="high")
    assert "free team" in str(few)
    assert "free team" not in str(more)


@pytest.mark.parametrize(
    ("path", "tier"),
    [
        ("/v1/files/A1", "tier1"),
        ("/v1/files/A1/nodes", "tier1"),
        ("/v1/images/A1", "tier1"),
        ("/v1/files/A1/comments", "tier2"),
        ("/v1/files/A1/comments/1/reactions", "tier2"),
        ("/v1/files/A1/versions", "tier2"),
        ("/v2/teams/1/folders", "tier2"),
        ("/v2/folders/1/files", "tier2"),
        ("/v2/webhooks", "tier2"),
        ("/v1/files/A1/meta", "tier3"),
        ("/v1/me", "tier3"),
        ("/v1/files/A1/components", "tier3"),
        ("/v1/files/A1/dev_resources", "tier2"),
    ],
)
def test_a_call_costs_what_its_tier_says(path: str, tier: str) -> None:
    assert [*charges("GET", path, b"")] == [Charge(tier)]


def test_what_a_public_app_may_not_ask_for_is_asked_for_by_name_alone() -> None:
    assert provider.oauth
    assert {FOLDERS, CONTENT} < {*provider.oauth.on_request}
    assert not {FOLDERS, "projects:read"} & {*provider.oauth.scopes}


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (
            "https://www.figma.com/files/181033233908053158/team/1535685101263221741",
            "team:1535685101263221741",
        ),
        ("https://www.figma.com/files/team/12/Design?fuid=1", "team:12"),
        ("https://figma.com/files/project/34/Shop", "folder:34"),
        ("https://www.figma.com/files/1/folder/56", "folder:56"),
        ("https://www.figma.com/design/AbC123/Checkout?node-id=1-2", "file:AbC123"),
        ("https://www.figma.com/file/AbC123", "file:AbC123"),
        ("https://www.figma.com/board/AbC123/Retro", "file:AbC123"),
        ("https://www.figma.com/proto/AbC123#1", "file:AbC123"),
        ("https://www.figma.com/design/AbC123/branch/BrAnCh/Checkout", "file:BrAnCh"),
        ("https://www.figma-gov.com/design/AbC123/x", "file:AbC123"),
        ("team:1", "team:1"),
        ("folder:2", "folder:2"),
        ("file:AbC123", "file:AbC123"),
    ],
)
def test_a_place_is_known_by_its_address(link: str, found: str) -> None:
    assert place(link) == found
    assert PLACE.match(found)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://www.figma.com/",
        "https://www.figma.com/@ada",
        "https://www.figma.com/files/recent",
        "https://www.figma.com/files/team/abc",
        "https://www.figma.com.example/design/AbC123",
        "https://example.com/https://www.figma.com/design/AbC123",
        "http://www.figma.com/design/AbC123",
        "https://www.figma.com/design/../me",
        "team:1\n",
        "team:x",
        "file:a/b",
        "file:",
        "folder:\u0663",
    ],
)
def test_another_address_is_none(link: str) -> None:
    assert place(link) is None


def test_only_a_file_has_a_key() -> None:
    assert (key("file:A1"), key("team:1"), key("")) == ("A1", "", "")
