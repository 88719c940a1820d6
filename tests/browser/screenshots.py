"""`make screenshots`: the pictures of docs/screenshots, taken anew from a demo fleet."""

import sys

from tests.browser.conftest import FOLDER, run, world
from tests.conftest import node_binary, npm_installed


def main() -> None:
    """Take them; the exit code is the browser's."""
    npm_installed(FOLDER)
    with world() as told:
        done = run(node_binary(), "screenshots.mjs", told)
    sys.stderr.write(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
