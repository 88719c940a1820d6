"""GitHub's own examples, signed by GitHub's own library, against our reading of both."""

import subprocess
from pathlib import Path

import pytest
from msgspec import Struct, json

from services.github.provider import provider
from shared.errors import NotGenuine
from shared.normalizer import TYPES
from shared.types import Delivery
from tests.contract.reading import messages

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


def verify(secret: str, delivery: Delivery) -> None:
    assert provider.webhook
    provider.webhook.verify((secret.encode(),), delivery, 0.0)
