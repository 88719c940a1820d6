"""What a provider brings to the questions that all of them are asked: payloads, signer, goldens."""

import importlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct, json

from shared.normalizer import Message, Version, encode
from shared.provider import Provider
from shared.sync.normalize import prepare
from shared.types import Delivery, Record

ROOT = Path(__file__).parents[2]


class Sample(Struct, frozen=True):
    """One recorded webhook: its file and its headers, unsigned."""

    path: Path
    headers: dict[str, str]

    @property
    def body(self) -> bytes:
        """The recorded bytes."""
        return self.path.read_bytes()


def data(provider: str) -> Path:
    """Where a provider keeps what its tests need."""
    return ROOT / "tests/providers" / provider


def signer(provider: str) -> Any:
    """`tests/providers/<p>/sign.py`: the provider's side of a delivery."""
    module: ModuleType = importlib.import_module(f"tests.providers.{provider}.sign")
    return module


def samples(provider: str) -> list[Sample]:
    """Every recorded webhook, with the headers of its sibling file, else those its name tells."""
    found = []
    for path in sorted((data(provider) / "payloads/webhook").glob("*.json")):
        if path.name.endswith(".headers.json"):
            continue
        beside = path.with_suffix(".headers.json")
        headers = signer(provider).headers(path.stem)
        if beside.is_file():
            headers = json.decode(beside.read_bytes(), type=dict[str, str])
        found.append(Sample(path, headers))
    return found


def signed(provider: str, secret: bytes, sample: Sample, body: bytes | None = None) -> Delivery:
    """The sample, or another body with its headers, as the provider would send it."""
    sign = signer(provider)
    body = sample.body if body is None else body
    body = sign.sealed(secret, body) if hasattr(sign, "sealed") else body
    return Delivery(body, sign.sign(secret, body, sample.headers), received_at=sign.NOW)


def messages(provider: Provider, delivery: Delivery) -> Iterator[Message]:
    """What a delivery becomes; raises UnsupportedEvent for a kind neither normalized nor ignored."""
    assert provider.webhook
    normalize = prepare(provider)
    for it in provider.webhook.read(delivery):
        if isinstance(it, Record):
            version = normalize(it)
            if isinstance(version, Version):
                yield version.message


def golden(path: Path, told: Iterable[bytes]) -> None:
    """Compare encoded Messages with the reviewed ones; `UPDATE_EXPECTED=1` writes the file anew."""
    encoded = list(told)
    text = json.format(b"[%b]" % b",".join(encoded), indent=1) + b"\n"
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    assert text == path.read_bytes()
    assert [encode(it) for it in json.decode(text, type=list[Message])] == encoded
