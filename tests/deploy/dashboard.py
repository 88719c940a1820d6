"""`make dashboard-test`: a real Prometheus scrapes a real fleet under load, and every panel is asked.

The fleet is `fleet demo`, whose providers are played; the load is signed deliveries, some of them
unsigned or of an unknown kind. A panel that shows nothing although there is something is a mistake.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import yaml
from msgspec import json

from shared.engines.process import ports, wait_until
from tests.conftest import ROOT
from tests.providers.github import sign

SECONDS = 45.0
"""Of load; housekeeping counts what waits every thirty."""

MAY_BE_EMPTY = {
    "Seconds waited for rate limits, in a second",  # nobody asked for more than the budget
}
PAYLOAD = ROOT / "tests/providers/github/payloads/webhook/issues.opened.json"


@contextmanager
def child(*command: str | Path, cwd: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is told to stop at the end, and waited for."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    with log.open("wb") as out:
        it = subprocess.Popen(command, cwd=cwd, env=env, stdout=out, stderr=out)
        try:
            yield it
        finally:
            it.send_signal(signal.SIGINT)
            it.wait(60)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def configuration(folder: Path, fleet: str) -> Path:
    """The shipped configuration with its alerts, pointed at the fleet and impatient."""
    shipped = ROOT / "deploy/prometheus"
    it = yaml.safe_load((shipped / "prometheus.yml").read_text())
    it["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    it["rule_files"] = [str(shipped / name) for name in it["rule_files"]]
    (job,) = it["scrape_configs"]
    del job["file_sd_configs"]
    job["metrics_path"] = "/github/metrics"
    job["static_configs"] = [{"targets": [fleet.removeprefix("http://")]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(it))
    return folder / "prometheus.yml"


def load(fleet: str, secret: bytes) -> int:
    """Deliver for a while as GitHub would, and as a stranger now and then; return how often."""
    body, until, sent = PAYLOAD.read_bytes(), time.monotonic() + SECONDS, 0
    with httpx.Client(base_url=fleet, timeout=10) as http:
        while time.monotonic() < until:
            given = {**sign.headers("issues.opened"), "x-github-delivery": str(uuid4())}
            content, key = body, b"a stranger's" if sent % 50 == 0 else secret
            if sent % 70 == 0:
                content = sign.UNKNOWN[0]
                given |= sign.UNKNOWN[1]
            http.post("/github/webhook", content=content, headers=sign.sign(key, content, given))
            sent += 1
            time.sleep(0.01)
    return sent


def asked(prometheus: str, query: str) -> list[Any]:
    """The series that Prometheus answers with; raises on a query that it does not understand."""
    answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": query}, timeout=10).json()
    assert answer["status"] == "success", f"{query}: {answer['error']}"
    found: list[Any] = answer["data"]["result"]
    return found


def look(prometheus: str) -> list[str]:
    """Print what every panel shows; return what is wrong."""
    wrong = []
    panels = json.decode((ROOT / "deploy/grafana/dashboards/fleet.json").read_bytes())["panels"]
    for panel in panels:
        shown = [
            f"{' '.join(sorted(it['metric'].values())) or 'all'}={float(it['value'][1]):.4g}"
            for target in panel["targets"]
            for it in asked(prometheus, target["expr"].replace("$provider", ".*"))
        ]
        say(
            f"{panel['title']} ({panel['fieldConfig']['defaults']['unit']}): {', '.join(shown) or '-'}"
        )
        if not shown and panel["title"] not in MAY_BE_EMPTY:
            wrong.append(f"the panel {panel['title']!r} is empty")
    rules = httpx.get(f"{prometheus}/api/v1/rules", timeout=10).json()["data"]["groups"]
    for rule in (rule for group in rules for rule in group["rules"]):
        if rule["health"] != "ok":
            wrong.append(f"{rule['name']}: {rule.get('lastError')}")
    say(f"{sum(len(group['rules']) for group in rules)} alerts were evaluated.")
    return wrong


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def main() -> None:
    """Exit 1 when a panel or an alert is not what it should be."""
    with TemporaryDirectory(prefix="self-dashboard-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        prometheus = f"http://127.0.0.1:{next(ports(19090, fixed=True))}"
        demo = (sys.executable, "-c", "from shared.cli import main; main()", "demo")
        with child(*demo, cwd=folder, log=folder / "fleet.log"):
            note = folder / ".fleet/demo/.fleet/fleet.json"
            assert wait_until(note.exists, 120), (folder / "fleet.log").read_text()
            fleet = json.decode(note.read_bytes())["url"]
            secret = (folder / ".fleet/demo/webhook_secret").read_bytes().strip()
            command = (
                "prometheus",
                f"--config.file={configuration(folder, fleet)}",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={prometheus.removeprefix('http://')}",
            )
            with child(*command, cwd=folder, log=folder / "prometheus.log"):
                ready = f"{prometheus}/-/ready"
                assert wait_until(lambda: answers(ready), 30), (
                    folder / "prometheus.log"
                ).read_text()
                say(f"{load(fleet, secret)} deliveries were sent.")
                wrong = look(prometheus)
    for it in wrong:
        say(f"*** {it}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
