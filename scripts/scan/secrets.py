"""Fail for a secret in a tracked file that is not in `known.txt`, where the made-up ones are.

Tests make up so many that only those of a known shape are told there, and with `here` none, which is
quicker; words that are assigned to a `password` are ruff's to find.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
WORDS = ("KeywordDetector",)
GUESSES = (*WORDS, "HexHighEntropyString", "Base64HighEntropyString", "BasicAuthDetector")


def found(files: list[str], without: tuple[str, ...]) -> set[str]:
    """What a scan finds, as `path type hash`."""
    tool = Path(sys.executable).with_name("detect-secrets")
    flags = [flag for name in without for flag in ("--disable-plugin", name)]
    command = [str(tool), "scan", *flags, *files]
    told = subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - our own files
    return {
        f"{path} {it['type'].replace(' ', '-')} {it['hashed_secret']}"
        for path, them in json.loads(told.stdout)["results"].items()
        for it in them
    }


def main() -> None:
    """Compare what is tracked with what is known."""
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True, text=True)  # noqa: S603 - fixed
    tracked = [it for it in listed.stdout.split("\0") if Path(it).is_file()]
    tracked = [
        it for it in tracked if not it.endswith(("constraints.txt", "-lock.json", "known.txt"))
    ]
    tests = [it for it in tracked if it.startswith("tests/")]
    product = sorted(set(tracked) - set(tests))
    known = {line for line in (HERE / "known.txt").read_text().splitlines() if line[:1] != "#"}
    there = set() if "here" in sys.argv[1:] else found(tests, GUESSES)
    new = sorted((found(product, WORDS) | there) - known)
    if new:
        lines = "\n".join(new)
        sys.exit(
            f"These look like secrets; one that is made up goes to {HERE.name}/known.txt:\n{lines}"
        )


main()
