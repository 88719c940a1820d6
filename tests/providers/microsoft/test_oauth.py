"""Whose account it is, what was granted, what stands in the way, and Microsoft's ways to say no."""

from typing import Any

import pytest
from msgspec import json

from services.microsoft import oauth
from services.microsoft.dialect import Forgotten, NoService, NotThere, dialect
from services.microsoft.provider import provider
from services.microsoft.quotas import charges
from shared.errors import ItemGone, RateLimited, Reauthorize, Refused, Unavailable
from shared.http.answers import judge
from shared.oauth.refusals import failure
from shared.types import Charge, Response
from tests.fakes.api import gone
from tests.providers.microsoft.material import graph

OID, TID = "48d31887-5fad-4d73-a9f5-3c356e68a038", "84bd8158-6d4d-4958-8b9f-9d6445542f95"
assert provider.oauth


def test_refresh_tokens_are_good_once_and_consent_is_for_both_kinds_of_accounts() -> None:
    assert provider.oauth
    assert provider.oauth.refresh == "rotating"
    assert "/common/" in provider.oauth.authorize_url
    assert {"offline_access", "openid", "profile"} <= set(provider.oauth.scopes)
    assert provider.oauth.revoke is None  # there is no such thing: what is ours is forgotten


def test_an_account_is_known_by_its_person_and_its_organization_not_by_an_address() -> None:
    claims = {"oid": OID, "tid": TID, "sub": "x", "name": "Sam", "preferred_username": "sam@a.test"}
    it = oauth.OPENID.identity(claims)
    assert (it.id, it.name, it.email) == (f"{TID}:{OID}", "Sam", "sam@a.test")
    assert it.routes == (f"user:{OID}",)


@pytest.mark.anyio
async def test_a_token_without_an_id_token_says_the_same() -> None:
    me = {"id": OID, "displayName": "Sam", "mail": None, "userPrincipalName": "sam@a.test"}
    api = graph({("GET", "/me"): me, ("GET", "/organization"): {"value": [{"id": TID}]}})
    claims = {"oid": OID, "tid": TID, "name": "Sam", "preferred_username": "sam@a.test"}
    assert await oauth.identify(api) == oauth.OPENID.identity(claims)


@pytest.mark.anyio
async def test_a_personal_account_has_the_tenant_of_all_personal_accounts() -> None:
    api = graph({("GET", "/me"): {"id": "B1C2D3E4F5A67890", "mail": "sam@outlook.test"}})
    it = await oauth.identify(api)
    assert it.id == f"{oauth.PERSONAL}:00000000-0000-0000-b1c2-d3e4f5a67890"


@pytest.mark.anyio
@pytest.mark.parametrize("answer", [gone, {"value": []}])
async def test_an_organization_that_nobody_tells_is_not_made_up(answer: Any) -> None:
    api = graph({("GET", "/me"): {"id": OID}, ("GET", "/organization"): answer})
    with pytest.raises(Refused, match="organization"):
        await oauth.identify(api)


def test_scopes_come_back_as_they_were_asked_for() -> None:
    reply = {"scope": "openid https://graph.microsoft.com/Mail.Read User.Read", "access_token": "a"}
    assert oauth.read_token(reply)["scope"] == "openid Mail.Read User.Read"
    assert oauth.read_token({"access_token": "a"}) == {"access_token": "a"}


def test_every_product_runs_with_the_scopes_that_are_asked_for() -> None:
    asked = set(oauth.SCOPES)
    gates = [it.scopes for it in provider.streams] + [it.scopes for it in provider.subscriptions]
    assert all(gate & asked for gate in gates)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (65001, "administrator"),
        (90094, "administrator"),
        (90095, "administrator"),
        (50076, "rules for signing in"),
        (53003, "rules for signing in"),
        (50105, "does not let this account in"),
        (700082, "sign in again"),
        (50173, "sign in again"),
        (50194, "MICROSOFT_AUTH_URL"),
        (7000215, "MICROSOFT_CLIENT_SECRET"),
        (7000222, "secret has expired"),
        (50011, "MICROSOFT_REDIRECT_URL"),
        (54005, "start again"),
    ],
)
def test_what_stands_in_the_way_is_said_in_a_sentence(code: int, words: str) -> None:
    described = f"AADSTS{code}: Told to nobody.\r\nTrace ID: 1\r\nTimestamp: 2026-11-20"
    said = oauth.explain(described)
    assert words in said
    assert "nobody." not in said


@pytest.mark.parametrize("described", ["", "AADSTS1: new", "AADSTS", "no code", "65001"])
def test_what_nobody_knows_is_not_explained(described: str) -> None:
    assert oauth.explain(described) == ""


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        ("invalid_grant", 70008, Reauthorize),
        ("invalid_grant", 50173, Reauthorize),
        ("interaction_required", 50076, Reauthorize),
        ("consent_required", 65001, Reauthorize),
        ("invalid_client", 7000222, Refused),
        ("invalid_client", 7000215, Refused),
        ("unauthorized_client", 700016, Refused),
        ("temporarily_unavailable", 90033, Unavailable),
        ("server_error", 90012, Unavailable),
    ],
)
def test_only_a_grant_that_is_dead_ends_a_connection(error: str, code: int, kind: Any) -> None:
    assert provider.oauth
    said = failure(provider, provider.oauth, 400, error, f"AADSTS{code}: no")
    assert type(said) is kind


def answer(status: int, code: str = "", inner: str = "", **headers: str) -> Response:
    error = {"code": code, "message": "told to nobody", "innerError": {"code": inner}}
    named = {name.replace("_", "-"): it for name, it in headers.items()}
    return Response(status, named, json.encode({"error": error}))


@pytest.mark.parametrize(
    ("it", "kind"),
    [
        (answer(410, "Gone"), Forgotten),
        (answer(410, "resyncRequired", "resyncChangesApplyDifferences"), Forgotten),
        (answer(410, "resyncRequired", "resyncChangesUploadDifferences"), Forgotten),
        (answer(400, "SyncStateInvalid"), Forgotten),
        (answer(404, "syncStateNotFound"), Forgotten),
        (answer(400, "ErrorInvalidSyncStateData"), Forgotten),
        (answer(404, "ErrorItemNotFound"), NotThere),
        (answer(404, "itemNotFound"), NotThere),
        (answer(404, "MailboxNotEnabledForRESTAPI"), NoService),
        (answer(404, "ResourceNotFound"), NoService),
        (answer(403, "ErrorAccessDenied"), Refused),
        (answer(403, "accessDenied"), Refused),
        (answer(507, "insufficientStorage"), Refused),
        (answer(423, "resourceLocked"), Refused),
        (answer(429, "TooManyRequests"), RateLimited),
        (answer(509, "BandwidthLimitExceeded"), RateLimited),
        (answer(503, "serviceNotAvailable", retry_after="5"), RateLimited),
    ],
)
def test_a_no_means_what_its_code_says(it: Response, kind: type[Exception]) -> None:
    found = judge(it, dialect)
    assert type(found) is kind
    assert "told to nobody" not in str(found)


@pytest.mark.parametrize(
    ("it", "kind"),
    [
        (answer(401, "InvalidAuthenticationToken"), Reauthorize),
        (answer(403, "Unheard"), ItemGone),
        (answer(404, "UnknownError"), ItemGone),
        (Response(404, {}, b"<html>a proxy</html>"), ItemGone),
        (answer(503), Unavailable),
        (answer(504), Unavailable),
        (answer(400, "InefficientFilter"), Refused),
        (Response(400, {}, b"[" * 100_000), Refused),
    ],
)
def test_the_usual_table_decides_the_rest(it: Response, kind: type[Exception]) -> None:
    assert type(judge(it, dialect)) is kind


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("2.128", 2.128),
        ("5", 5),
        ("0", 1),
        ("", 30),
        ("soon", 30),
        ("9" * 40, 30),
        ("99999999", 86400),
    ],
)
def test_patience_may_be_in_fractions_or_untold(given: str, seconds: float) -> None:
    headers = {"retry_after": given} if given else {}
    found = dialect(answer(429, "TooManyRequests", **headers))
    assert isinstance(found, RateLimited)
    assert found.retry_after == pytest.approx(seconds)


def test_an_answer_that_is_none_of_these_is_no_error() -> None:
    assert dialect(Response(200, {}, b"{}")) is None
    assert dialect(Response(202, {}, b"")) is None


def test_a_batch_costs_as_much_as_its_parts() -> None:
    body = b'{"requests":[{"method":"GET"},{"method":"GET"}]}'
    assert list(charges("POST", "/$batch", body)) == [Charge("outlook", 2)]
    assert list(charges("GET", "/me/messages/AAk=", b"")) == [Charge("outlook", 1)]
    assert list(charges("GET", "/me", b"")) == []
