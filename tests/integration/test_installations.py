"""A GitHub App's installation from its JWT to its end: nobody granted a token, everything is minted."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from msgspec import Struct

from services.github.provider import provider
from services.github.simulator import GitHub, app
from services.github.simulator.apps import Installation
from services.github.simulator.world import Place
from shared.http.roleplay import post
from shared.simulation import Fault
from shared.types import Secret
from tests.fakes.service import Running, running
from tests.fakes.simulated import listening, told, until

pytestmark = pytest.mark.anyio

SECRET = "what both sides sign with"
eventually = partial(until, within=60.0)  # a minute, because the machine may be busy
ACME = {"login": "acme", "id": 77, "type": "Organization"}


class Installed(Struct):
    """The app on the first of two repositories, and the service that acts as the app."""

    github: GitHub
    service: Running
    key: dict[str, str]
    installation: Installation

    @property
    def places(self) -> list[Place]:
        """Both repositories."""
        return list(self.github.world.places.values())

    async def connect(self, **extra: str) -> Any:
        """Ana's backend connects the installation; the answer as it came."""
        given = extra or {"installation_id": str(self.installation.id)}
        body = {"user_id": "ana", "extra": given}
        return await self.service.http.post("/accounts", json=body, headers=self.key)

    async def account(self) -> dict[str, Any]:
        """The one account there is."""
        (it,) = (await self.service.http.get("/accounts", headers=self.key)).json()["accounts"]
        return dict(it)

    async def rows(self, statement: str) -> list[Any]:
        async with self.service.hub.db.connection() as conn:
            return await (await conn.execute(statement.encode())).fetchall()

    async def knows(self, place: Place) -> bool:
        """Whether the ledger holds everything that is in a repository."""
        there = len(place.issues) + len(place.comments) + len(place.commits) + len(place.releases)
        found = await self.rows(
            f"select count(*) from item where id like '{place.repo['id']}:%' and gone = 0"
            " and type in ('issue', 'pull_request', 'comment', 'commit', 'release')"
        )
        return int(found[0][0]) >= there

    async def rests(self) -> bool:
        """Whether every run is over."""
        runs = (await self.service.http.get("/sync/runs", headers=self.key)).json()["runs"]
        return bool(runs) and not any(it["status"] in ("queued", "running") for it in runs)

    async def is_(self, status: str) -> bool:
        return bool((await self.account())["status"] == status)


@pytest.fixture
async def it(
    database_url: str, nats_url: str, monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> AsyncIterator[Installed]:
    monkeypatch.setattr("shared.service.worker.REPAIR", 0.1)
    github = app(post, "", SECRET, repositories=2, issues=3)
    async with (
        listening(github) as address,
        running(provider, database_url, nats_url, build=told(github, address)) as service,
    ):
        # Seconds between the two refusals that end a connection, and after a failure.
        service.hub.tokens._again = service.hub.tokens._pause = 0.1
        github.apps.hook["config"]["url"] = service.hub.callback_url
        first, _ = github.world.places
        chosen = await github.apps.install(ACME, first, issues="write", metadata="read")
        yield Installed(github, service, await service.key(), chosen)
        assert github.unknown == []


async def test_an_installation_is_connected_walked_and_heard_without_anybodys_token(
    it: Installed,
) -> None:
    made = await it.connect()
    assert made.status_code == 201, made.text
    account = await it.account()
    assert (account["name"], account["provider_account_id"]) == ("acme", "installed:77")
    assert account["scopes"] == ["issues:write", "metadata:read"], "what it may do is shown"
    first, second = it.places
    await eventually(lambda: it.knows(first))
    await it.github.world.open_issue(first, "Heard")
    await eventually(lambda: it.knows(first))
    assert it.github.apps.deliveries[-1]["status"] == "OK"
    assert await it.rows(f"select 1 from item where id like '{second.repo['id']}:%'") == []
    assert not first.hooks, "one webhook serves all of an app's repositories"


async def test_a_token_that_ran_out_is_minted_anew_once(it: Installed) -> None:
    await it.connect()
    await eventually(lambda: it.knows(it.places[0]))
    assert it.github.apps.minted == 1
    it.github.apps.tokens.clear()
    await it.service.http.post("/sync", json={"user_id": "ana"}, headers=it.key)
    await eventually(lambda: it.github.apps.minted > 1)
    await it.github.world.open_issue(it.places[0], "Afterwards")
    await eventually(lambda: it.knows(it.places[0]))
    assert it.github.apps.minted == 2


async def test_repositories_come_and_go_as_the_owner_chooses(it: Installed) -> None:
    await it.connect()
    first, second = it.places
    await eventually(lambda: it.knows(first))
    await it.github.apps.choose(it.installation, first.name, second.name)
    await eventually(lambda: it.knows(second))
    await it.github.apps.choose(it.installation, second.name)
    mine = f"select 1 from route where key = 'repo:{first.repo['id']}'"

    async def forgotten() -> bool:
        return await it.rows(mine) == []

    await eventually(forgotten)
    assert [name for (name,) in await it.rows("select name from resource")] == [second.name]


async def test_what_the_apps_webhook_missed_is_sent_again(it: Installed) -> None:
    await it.connect()
    first = it.places[0]
    await eventually(lambda: it.knows(first))
    it.github.fail(Fault("missed"))
    await it.github.world.open_issue(first, "Nobody heard")
    missed = it.github.apps.deliveries[-1]
    assert missed["status"] != "OK"

    def tries() -> list[bool]:
        same = [one for one in it.github.apps.deliveries if one["guid"] == missed["guid"]]
        return [one["redelivery"] for one in same if one["redelivery"] or one is missed]

    await eventually(lambda: tries() == [False, True])
    await eventually(lambda: it.knows(first))


async def test_a_suspended_installation_rests_and_goes_on_by_itself(it: Installed) -> None:
    await it.connect()
    first = it.places[0]
    await eventually(lambda: it.knows(first))
    await it.github.apps.change(it.installation, "suspend")
    await eventually(lambda: it.is_("error"))
    assert "suspended" in (await it.account())["error_message"]
    it.github.apps.tokens.clear()  # the token that it had ends meanwhile, and there is no other
    await it.service.http.post("/sync", json={"user_id": "ana"}, headers=it.key)
    minting = f"/app/installations/{it.installation.id}/access_tokens"
    await eventually(
        lambda: sum(c.path == minting and c.status == 403 for c in it.github.calls) > 1
    )
    await it.github.world.open_issue(first, "While nobody listened")
    await it.github.apps.change(it.installation, "unsuspend")
    await eventually(lambda: it.is_("active"))
    await eventually(lambda: it.knows(first))


async def test_new_permissions_make_every_stream_look_again(it: Installed) -> None:
    await it.connect()
    first = it.places[0]
    await eventually(lambda: it.knows(first))
    await eventually(it.rests)
    asked = len(it.github.calls)
    await it.github.apps.change(it.installation, "new_permissions_accepted")
    path = f"/repos/{first.name}/releases"
    await eventually(lambda: any(call.path == path for call in it.github.calls[asked:]))


async def test_a_deleted_installation_ends_the_connection_and_says_so(it: Installed) -> None:
    await it.connect()
    await eventually(lambda: it.knows(it.places[0]))
    await it.github.apps.change(it.installation, "deleted")
    await eventually(lambda: it.is_("revoked"))
    event = (await it.service.events(1, "self.integrations.github.ana"))[0]
    assert event.headers["ce-type"] == "self.integration.connected"
    again = await it.connect()
    assert again.status_code == 400
    assert "does not make a token from this" in again.text


async def test_what_is_no_installation_or_not_our_app_is_refused_in_a_sentence(
    it: Installed,
) -> None:
    assert (await it.connect(installation_id="../1")).status_code == 400
    assert (await it.connect(installation_id="999999")).status_code == 400
    settings = it.service.hub.settings.environment
    settings["GITHUB_APP_ID"] = Secret("1")  # type: ignore[index]  # another app, with our key
    refused = await it.connect()
    assert refused.status_code == 502
    assert "check GITHUB_APP_ID and its private key" in refused.text
    mine = await it.service.key("connections:write", user_id="ana")
    body = {"extra": {"installation_id": str(it.installation.id)}}
    stolen = await it.service.http.post("/accounts", json=body, headers=mine)
    assert stolen.status_code == 403, "only a trusted backend says whose an installation is"
