"""GitHub's own examples, signed by GitHub's own library, against our reading of both."""

import subprocess
from pathlib import Path

import pytest
from msgspec import Struct, json

from services.github.provider import provider
from shared.bus.stream import NAME
from shared.errors import NotGenuine
from shared.normalizer import TYPES, Message
from shared.store import accounts, routes
from shared.store.database import Database
from shared.types import Delivery, Identity, Secret
from tests.contract.reading import messages
from tests.fakes.service import running

SECRET = "It's a Secret to Everybody"


class Example(Struct, frozen=True):
    """One line of `deliveries.mjs`."""

    event: str
    body: str
    signature: str

    def delivery(self, number: int) -> Delivery:
        """The example as GitHub would send it."""
        headers = {
            "content-type": "application/json",
            "x-github-event": self.event,
            "x-github-delivery": f"00000000-0000-4000-8000-{number:012}",
            "x-hub-signature-256": self.signature,
        }
        return Delivery(self.body.encode(), headers)


@pytest.fixture(scope="session")
def deliveries(peers: Path, node: Path) -> list[Delivery]:
    """All of GitHub's examples."""
    done = subprocess.run(
        [node, peers / "deliveries.mjs"], env={"SECRET": SECRET}, capture_output=True, check=True
    )
    lines = (json.decode(line, type=Example) for line in done.stdout.splitlines())
    return [line.delivery(number) for number, line in enumerate(lines)]


def test_every_signature_of_octokit_is_genuine_to_us(deliveries: list[Delivery]) -> None:
    assert len(deliveries) == 329
    for it in deliveries:
        verify(SECRET, it)


def test_none_of_them_is_genuine_under_another_secret(deliveries: list[Delivery]) -> None:
    for it in deliveries:
        with pytest.raises(NotGenuine):
            verify("another secret", it)


def test_every_example_is_normalized_or_ignored_by_name(deliveries: list[Delivery]) -> None:
    found = [message for it in deliveries for message in messages(provider, it)]
    assert all(it.type in TYPES and it.source == "github" for it in found)
    heard = {it.type for it in found}
    assert heard >= {"issue", "pull_request", "comment", "review", "review_comment", "release"}
    assert heard >= {"commit", "discussion", "push", "pipeline"}


def test_every_example_has_its_delivery_id(deliveries: list[Delivery]) -> None:
    assert provider.webhook
    idents = {provider.webhook.delivery_id(it) for it in deliveries}
    assert len(idents) == 329
    assert None not in idents


@pytest.mark.anyio
async def test_a_running_service_publishes_what_github_posts(
    deliveries: list[Delivery], database_url: str, nats_url: str
) -> None:
    telling = [it for it in deliveries if list(messages(provider, it))]
    facts = {"secrets": (Secret(SECRET),), "base_url": "http://127.0.0.1:9"}
    async with running(provider, database_url, nats_url, **facts) as service:
        await take_everything(service.hub.db)
        for it in telling:
            answer = await service.http.post("/webhook", content=it.body, headers=it.headers)
            assert answer.status_code == 200
        forged = await service.http.post(
            "/webhook", content=telling[0].body + b" ", headers=telling[0].headers
        )
        assert forged.status_code == 401
        wanted = {message.id for it in telling for message in messages(provider, it)}
        assert len(wanted) > 20
        tail = await service.nc.jetstream().subscribe(
            "self.events.*.github.ana", stream=NAME, ordered_consumer=True
        )
        while wanted:
            event = await tail.next_msg(timeout=15)
            wanted.discard(json.decode(event.data, type=Message).id)


async def take_everything(db: Database) -> None:
    """Connect an account that gets what no other account claims."""
    async with db.transaction() as conn:
        ident = await accounts.claim(conn, "github", "ana", Identity("1", "ana"), ())
        assert ident
        await routes.set_routes(conn, "github", ident, {"caller": [routes.EVERYTHING]})


def verify(secret: str, delivery: Delivery) -> None:
    assert provider.webhook
    provider.webhook.verify((secret.encode(),), delivery, 0.0)
