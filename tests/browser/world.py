"""A demo fleet for a browser: some simulators and their services, without a story, until it is told to stop.

`python -m tests.browser.world <directory>` prints one line of JSON when it answers: where it is, a key,
where each simulator is, and the secret that GitHub's deliveries are signed with.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import json

from shared.cli import up
from shared.cli.fleet import Fleet
from shared.cli.played import play
from shared.engines.process import ports, private

CAST = ("github", "google", "linear", "notion", "slack", "zoom")
"""As many as a page shows at a glance."""


def main(root: Path) -> None:
    """Stand until SIGTERM."""
    port = next(ports(8300, fixed=True))
    secret = private(root / "webhook_secret")
    played = play(port, secret, CAST)

    def ready(here: Fleet, _: Sequence[Any]) -> None:
        told = {
            "url": here.url,
            "key": here.api_key,
            "secret": secret,
            "simulators": {one.provider.name: one.url for one in played},
        }
        sys.stdout.write(json.encode(told).decode() + "\n")
        sys.stdout.flush()

    variables = {
        name: it for one in played for name, it in one.simulation.environment(one.url).items()
    }
    providers = [one.provider for one in played]
    up.stand(providers, port, root=root, variables=variables, ready=ready)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
