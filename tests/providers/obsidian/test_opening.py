"""How a vault is opened: what its user fills in, whose it is, and what the plugin's refusals mean."""

import pytest

from services.obsidian.dialect import dialect
from services.obsidian.opening import CREDENTIALS, open_
from shared.errors import BadRequest, ItemGone, Reauthorize, Refused, Unavailable
from shared.http.answers import judge
from shared.provider import Api
from shared.types import Response, Token
from tests.fakes.api import Answer, FakeApi
from tests.providers.obsidian.material import answered

pytestmark = pytest.mark.anyio

FOLDER = {"vault": "My notes", "url": "", "key": "k" * 64, "owner": "Ana A", "people": "People"}
PLUGIN = {**FOLDER, "url": "https://notes.example.com:27124/"}


def api(authenticated: bool = True) -> Api:
    return FakeApi({("GET", "/"): Answer({"status": "OK", "authenticated": authenticated})})


async def test_a_folder_is_opened_by_its_name() -> None:
    token, identity = await open_(FOLDER, lambda _: api())
    assert token.access == "k" * 64
    assert token.extra["base_url"] == "local://vault/My%20notes"
    assert (token.extra["owner"], token.extra["people"]) == ("Ana A", "People")
    assert (identity.name, identity.routes) == ("My notes", (f"vault:{identity.id}",))
    assert "k" * 64 not in repr(identity)


async def test_the_plugin_is_opened_by_its_address() -> None:
    seen: list[Token] = []

    def given(token: Token) -> Api:
        seen.append(token)
        return api()

    token, identity = await open_(PLUGIN, given)
    assert seen == [token]
    assert token.extra["base_url"] == "https://notes.example.com:27124"
    _, again = await open_({**PLUGIN, "vault": "Another name"}, given)
    assert again.id == identity.id, "the vault is where it is, whatever it is called"


async def test_28_a_key_that_is_not_accepted_opens_nothing() -> None:
    with pytest.raises(Reauthorize):
        await open_(PLUGIN, lambda _: api(authenticated=False))
    with pytest.raises(Reauthorize):
        await CREDENTIALS.prove(api(authenticated=False))
    await CREDENTIALS.prove(api())


@pytest.mark.parametrize(
    "url", ["local://vault/Notes", "file:///etc", "notes.example.com", "HTTPS//x", "ftp://x"]
)
async def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(BadRequest):
        await open_({**PLUGIN, "url": url}, lambda _: api())


@pytest.mark.parametrize("vault", ["../x", "a/b", ".hidden", "..", "/etc"])
async def test_a_vault_is_named_without_a_path(vault: str) -> None:
    with pytest.raises(BadRequest):
        await open_({**FOLDER, "vault": vault}, lambda _: api())


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 40101, Reauthorize),
        (403, 0, Refused),
        (404, 40400, ItemGone),
        (400, 40005, Refused),
        (400, 40021, Refused),
        (400, 40080, Refused),
        (400, 40083, Refused),
        (405, 40510, Refused),
        (409, 40920, Refused),
        (413, 0, Refused),
        (422, 42200, Refused),
        (500, 50010, Unavailable),
        (500, 50020, Unavailable),
        (503, 0, Unavailable),
    ],
)
async def test_28b_what_a_refusal_means(status: int, code: int, error: type[Exception]) -> None:
    found = judge(answered({"errorCode": code, "message": "simulated"}, status), dialect)
    assert type(found) is error


async def test_29_a_refusal_is_told_by_its_code_and_never_quoted() -> None:
    body = {"errorCode": 40084, "message": "the text of a note"}
    found = judge(answered(body, 400), dialect)
    assert "40084" in str(found)
    assert "text of a note" not in str(found)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"errorCode": "x"}'])
async def test_a_refusal_without_a_code_is_one_all_the_same(body: bytes) -> None:
    assert isinstance(dialect(Response(400, {}, body)), Refused)
    assert dialect(Response(200, {}, body)) is None
