"""The journey of an account that a form opens: what was filled in and is secret is told nowhere."""

from typing import Any

import pytest

from shared.passing import BYTES
from shared.provider import Provider
from shared.service.callers import SCOPES
from tests.fakes.simulated import until
from tests.hostile.routes import operations
from tests.hostile.test_leaks import PLAYED, Journey, journey, leaks, leave, log, own, rested, seen

__all__ = ["journey", "log"]

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

FORMED = [it for it in PLAYED if it.credentials]
MISPLACED = "a-secret-where-none-belongs"


@pytest.fixture(params=FORMED, ids=lambda it: it.name)
def played(request: pytest.FixtureRequest) -> Provider:
    """Whose secrets are looked for."""
    found: Provider = request.param
    return found


async def test_what_was_filled_in_is_nowhere_after_a_whole_journey(journey: Journey) -> None:
    key = await journey.service.key(*SCOPES)
    account = await opened(journey, key)
    for happening in journey.wire.app.story.values():
        await happening.act()
    await rested(journey, key)
    await be_refused(journey, key, account)
    await be_malformed(journey, key)
    journey.wire.echo = 0
    before = await journey.places()
    await leave(journey, key)
    after = await journey.places()
    markers = {**journey.wire.markers, **own(journey, key)}
    found = leaks(markers, before) + leaks(markers, after)
    private = {where: after[where] for where in ("log", "traces", "metrics", "answers")}
    found += leaks({"what somebody wrote": journey.written}, private)
    assert not found, "\n".join(found)
    assert journey.wire.markers["filled in"]
    assert journey.written
    assert all(text.count("\n") > 3 for text in before.values()), "somewhere nothing was written"


def secrets(it: Journey) -> list[str]:
    """The fields whose values nobody is told."""
    assert it.provider.credentials
    return [one.name for one in it.provider.credentials.fields if one.secret]


def filled(it: Journey, **other: str) -> dict[str, Any]:
    """What ana fills in, with another value for some fields; the secret ones become markers."""
    values = {**it.wire.app.credentials(it.wire.url), **other}
    it.wire.markers["filled in"] |= {values[name] for name in secrets(it) if name in values}
    return {"user_id": "ana", "credentials": values}


async def opened(it: Journey, key: dict[str, str]) -> str:
    """Connect, and let the first walk end."""
    made = await it.ask("POST", "/accounts", json=filled(it), headers=key)
    assert made.status_code == 201, made.text
    ident: str = made.json()["id"]

    async def walked() -> bool:
        found = await it.service.http.get("/sync/runs?user_id=ana", headers=key)
        return bool(found.json()["runs"])

    await until(walked)
    await rested(it, key)
    return ident


async def be_refused(it: Journey, key: dict[str, str], account: str) -> None:
    """Let the server answer with everything that it was sent, and refuse what is no secret of its own."""
    (name, *_) = secrets(it)
    wrong = await it.ask(
        "POST", "/accounts", json=filled(it, **{name: "a-key-of-nobody"}), headers=key
    )
    assert wrong.status_code == 400, wrong.text
    reading = operations((await it.service.http.get("/schema/openapi.json")).json())
    for status in (400, 200, 500, 401):
        it.wire.echo = status
        for operation in reading:
            if operation.path.startswith("/api/v1"):
                path, arguments = operation.request({"account_id": account})
                told = await it.service.http.request(
                    operation.method, path, headers=key, **arguments
                )
                if told.headers.get("content-type") != BYTES:  # a file is as its server says
                    it.routes.append(seen(told))
        await it.ask("POST", "/sync", json={"account_id": account, "mode": "full"}, headers=key)
        await it.ask("POST", "/accounts", json=filled(it), headers=key)
    assert it.wire.echoed > 3
    for path in ("/sync/runs?user_id=ana", "/dead-letters", "/status"):
        await it.ask("GET", path, headers=key)


async def be_malformed(it: Journey, key: dict[str, str]) -> None:
    """Show secrets where none belong; the errors must not say them again."""
    it.wire.markers["misplaced"].add(MISPLACED)
    (name, *_) = secrets(it)
    bodies: list[Any] = [
        {"user_id": "ana", "credentials": MISPLACED},
        {"user_id": "ana", "credentials": {name: [MISPLACED]}},
        {"user_id": "ana", "credentials": {MISPLACED: "x"}},
        filled(it, **{name: f"{MISPLACED}\x00"}),
        {"user_id": "ana", "access_token": MISPLACED},
    ]
    for body in bodies:
        answer = await it.ask("POST", "/accounts", json=body, headers=key)
        assert answer.status_code == 400, answer.text
