"""What scripts/container-test.sh asks of running containers: hardened, small, and a webhook arrives."""

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from msgspec import json

from shared.bus.nkey import connect
from tests.providers.github import sign

TREE = Path(os.environ["TREE"])
PAYLOAD = Path("tests/providers/github/payloads/webhook/issues.opened.json").read_bytes()
WEBHOOK = "http://127.0.0.1:8004/webhook"
ACCOUNT = """
with account as (
    insert into connected_account (user_id, provider, provider_account_id)
    values ('ana', 'github', '1') returning id
) insert into route (provider, key, account_id, origin) select 'github', '*', id, 'test' from account
"""


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def docker(*words: str, check: bool = True) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def inside(service: str, *command: str) -> str:
    return docker("exec", f"self-integrations-test-{service}-1", *command)


def secret(path: str) -> str:
    return (TREE / "deploy/secrets" / path).read_text()


def deliver(body: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(WEBHOOK, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def packed(image: str) -> float:
    """How many MB a registry would send for the whole image."""
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as saving:
        pressed = subprocess.run(
            ["gzip", "-6"], stdin=saving.stdout, capture_output=True, check=True
        )
    return len(pressed.stdout) / 1e6


def image_is_small_and_holds_no_tools(service: str) -> None:
    base = int(docker("image", "inspect", "-f", "{{.Size}}", "python:3.13-slim"))
    ours = int(docker("image", "inspect", "-f", "{{.Size}}", f"self-integrations/{service}:dev"))
    added = (ours - base) / 1e6
    assert added < 200, f"{service}: {added:.0f} MB on top of the base"
    looked_for = "for it in gcc cc make pip uv; do ls /app/bin/$it /app/venv/bin/$it; done"
    container = f"self-integrations-test-{service}-1"
    found = docker("exec", container, "sh", "-c", looked_for, check=False)
    assert not found, found
    files = set(inside(service, "ls", "services").split())
    assert files - {"__init__.py", "__pycache__"} == {service}
    pulled = packed(f"self-integrations/{service}:dev")
    assert pulled < 200, f"{service}: {pulled:.0f} MB to pull"
    say(
        f"{service}: {ours / 1e6:.0f} MB, of them {added:.0f} MB on top of its base;"
        f" {pulled:.0f} MB to pull."
    )


def container_is_locked(service: str) -> None:
    inside(service, "healthcheck")
    assert inside(service, "id", "-u") == "10001"
    for path in ("/app/x", "/x", "/run/secrets/x"):
        done = inside(service, "sh", "-c", f"touch {path} 2>/dev/null && echo written || true")
        assert not done, path
    status = inside(service, "cat", "/proc/1/status")
    assert re.search(r"CapEff:\s+0{16}$", status, re.M)
    assert re.search(r"NoNewPrivs:\s+1$", status, re.M)
    words = inside(
        service, "sh", "-c", "tr '\\0' '\\n' < /proc/1/environ; tr '\\0' ' ' < /proc/1/cmdline"
    )
    for one in (f"{service}/postgres_url", "github/webhook_secret", "encryption_keys"):
        assert secret(one) not in words
    say(
        f"{service}: answers /health; no root, no capability, nothing writable, no secret in sight."
    )


async def webhook_arrives() -> None:
    unsigned = sign.headers("issues.opened")
    assert deliver(PAYLOAD, sign.sign(b"somebody else's", PAYLOAD, unsigned)) == 401
    psql = "psql -h 127.0.0.1 -qU fleet -d self_integrations"
    password = secret("postgres/password")
    inside("postgres", "env", f"PGPASSWORD={password}", *psql.split(), "-c", ACCOUNT)
    began = time.monotonic()
    assert (
        deliver(PAYLOAD, sign.sign(secret("github/webhook_secret").encode(), PAYLOAD, unsigned))
        == 200
    )
    nc = await connect(secret("reader/nats_url"))
    subject = "self.events.issue.github.ana"
    reader = await nc.jetstream().pull_subscribe(subject, "reader", stream="SELF_EVENTS")
    (event,) = await reader.fetch(1, timeout=15)
    message = json.decode(event.data)
    assert message["source"] == "github"
    assert message["title"] == "Spelling error in the README file"
    await nc.close()
    say(f"A signed webhook was an event after {time.monotonic() - began:.2f} s: {message['title']}")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        image_is_small_and_holds_no_tools(name)
        container_is_locked(name)
    asyncio.run(webhook_arrives())
