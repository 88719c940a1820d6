"""Programs that a test runs beside itself: a stranger's stand-in, and a service of ours."""

import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import anyio
import httpx
import nats
import nats.errors
from msgspec import Struct, json

from shared.bus import stream
from shared.engines.process import ports
from shared.normalizer import Message
from shared.oauth.keyring import new_key
from shared.service import callers
from shared.store.database import Database
from tests.chaos.machines import python


class Ground(Struct, frozen=True):
    """What a stand-in and a service of ours stand on; the fixture `ground` brings one."""

    node: Path
    peers: Path
    db: Database
    database_url: str
    nats_url: str
    folder: Path


class Place(Struct, frozen=True):
    """Where both sides are, and a key of ours that speaks for every user."""

    theirs: str
    ours: str
    key: dict[str, str]


def addresses(n: int) -> tuple[str, ...]:
    """As many free addresses on loopback."""
    free = ports(0, fixed=False)
    return tuple(f"http://127.0.0.1:{next(free)}" for _ in range(n))


@asynccontextmanager
async def standing_in(
    ground: Ground,
    provider: str,
    at: tuple[str, str],
    *,
    played: Mapping[str, str],
    served: Mapping[str, str],
    ready: str,
) -> AsyncIterator[Place]:
    """Run `peers/<provider>.mjs` at the first address and `services.<provider>` at the second.

    `played` and `served` are their variables beside address, engines and keys; the stand-in is
    there when it answers `ready`. The stream is empty at first.
    """
    theirs, ours = at
    nc = await nats.connect(ground.nats_url)
    await stream.ask(nc, f"STREAM.DELETE.{stream.NAME}")
    await nc.close()
    play = {"PORT": theirs.rpartition(":")[2], **played}
    serve = os.environ | {
        "SERVICE_PORT": ours.rpartition(":")[2],
        "SERVICE_ENV": "dev",
        "PUBLIC_URL": ours,
        "POSTGRES_URL": ground.database_url,
        "NATS_URL": ground.nats_url,
        "ENCRYPTION_KEYS": f"1:{new_key()}",
        **served,
    }
    key = await callers.create_key(
        ground.db, "test", callers.SCOPES, user_id=None, days=1, env="dev"
    )
    script = [str(ground.node), str(ground.peers / f"{provider}.mjs")]
    log, own = ground.folder / f"{provider}.log", ground.folder / "ours.log"
    with process(script, play, log), process(python(f"services.{provider}"), serve, own):
        await answers(f"{theirs}{ready}", log)
        await answers(f"{ours}/health/ready", own)
        yield Place(theirs, ours, {"authorization": f"Bearer {key}"})


@contextmanager
def process(command: list[str], env: dict[str, str], log: Path) -> Iterator[None]:
    """Run a program for as long as the block lasts."""
    with log.open("wb") as out:
        child = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=out, stderr=out)
    try:
        yield
    finally:
        child.terminate()
        child.communicate(timeout=30)


async def answers(url: str, log: Path, within: float = 30.0) -> None:
    """Wait until a GET is answered 200."""
    deadline = time.monotonic() + within
    async with httpx.AsyncClient(trust_env=False) as client:
        while time.monotonic() < deadline:
            try:
                if (await client.get(url)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await anyio.sleep(0.1)
    raise AssertionError(f"{url} is not ready:\n{await anyio.Path(log).read_text()}")


async def ask(
    client: httpx.AsyncClient, method: str, url: str, headers: dict[str, str], body: Any = None
) -> Any:
    """The decoded answer; anything but a 2xx fails the test."""
    answer = await client.request(method, url, headers=headers, json=body)
    assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json()


async def allow(client: httpx.AsyncClient, consent: httpx.Response, url: str) -> httpx.Response:
    """Press the button of the first form on a page of consent, and follow where that leads."""
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', consent.text))
    form = {name: unescape(value) for name, value in fields.items()}
    return await client.post(url, data=form, follow_redirects=True)


async def heard(nats_url: str, subject: str, wanted: Callable[[Message], bool]) -> Message:
    """The first wanted Message on the subject, as soon as it is there."""
    nc = await nats.connect(nats_url)
    others: list[str] = []
    try:
        tail = await nc.jetstream().subscribe(subject, stream=stream.NAME, ordered_consumer=True)
        while True:
            message = json.decode((await tail.next_msg(timeout=20)).data, type=Message)
            if wanted(message):
                return message
            others.append(f"{message.id} {message.title}")
    except nats.errors.TimeoutError:
        raise AssertionError(f"it did not come, only {others}") from None
    finally:
        await nc.close()
