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

import nats
from msgspec import json

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


def image_is_small_and_holds_no_tools() -> None:
    base = int(docker("image", "inspect", "-f", "{{.Size}}", "python:3.13-slim"))
    ours = int(docker("image", "inspect", "-f", "{{.Size}}", "self-integrations/github:dev"))
    added = (ours - base) / 1e6
    assert added < 200, f"{added:.0f} MB on top of the base"
    looked_for = "for it in gcc cc make pip uv; do ls /app/bin/$it /app/venv/bin/$it; done"
    found = docker("exec", "self-integrations-test-github-1", "sh", "-c", looked_for, check=False)
    assert not found, found
    files = inside("github", "ls", "services").split()
    assert "github" in files
    assert "slack" not in files
    say(f"The image is {added:.0f} MB on top of its base.")


def container_is_locked() -> None:
    assert inside("github", "id", "-u") == "10001"
    for path in ("/app/x", "/x", "/run/secrets/x"):
        done = inside("github", "sh", "-c", f"touch {path} 2>/dev/null && echo written || true")
        assert not done, path
    status = inside("github", "cat", "/proc/1/status")
    assert re.search(r"CapEff:\s+0{16}$", status, re.M)
    assert re.search(r"NoNewPrivs:\s+1$", status, re.M)
    words = inside(
        "github", "sh", "-c", "tr '\\0' '\\n' < /proc/1/environ; tr '\\0' ' ' < /proc/1/cmdline"
    )
    for one in ("github/webhook_secret", "encryption_keys", "postgres/password"):
        assert secret(one) not in words
    say("The container is locked: no root, no capability, nothing writable, no secret in sight.")


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
    (_, key, *_) = secret("nats/nats.conf").split('"')
    nc = await nats.connect(f"nats://fleet:{key}@127.0.0.1:4222")
    tail = await nc.jetstream().subscribe("self.events.issue.github.ana", ordered_consumer=True)
    event = await tail.next_msg(timeout=15)
    message = json.decode(event.data)
    assert message["source"] == "github"
    assert message["title"] == "Spelling error in the README file"
    await nc.close()
    say(f"A signed webhook was an event after {time.monotonic() - began:.2f} s: {message['title']}")


if __name__ == "__main__":
    image_is_small_and_holds_no_tools()
    container_is_locked()
    asyncio.run(webhook_arrives())
