"""The environment: `NAME`, or the contents of the file that `NAME_FILE` names, and `${NAME}` in text."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PLACE = re.compile(r"\$(?:\$|\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\})")
_WHOLE = re.compile(r"\$\{[A-Za-z_]\w*\}")
_ABSENT = object()


class Environment:
    """Variables and what was wrong with them; every lookup of one name gives one answer."""

    def __init__(self, environ: Mapping[str, str], problems: list[str]) -> None:
        self._environ = environ
        self._problems = problems
        self._files: dict[str, str] = {}

    def get(self, name: str) -> str:
        """The value, or empty: a variable that is set to nothing counts as not set."""
        value, path = self._environ.get(name, ""), self._environ.get(f"{name}_FILE", "")
        if value and path:
            self._complain(f"{name} and {name}_FILE are both set; keep one of them")
        return value if value or not path else self._read(name, path)

    def expand(self, tree: Any, where: str = "") -> Any:
        """Replace `${NAME}`, `${NAME:-default}` and `$$` in every string of a YAML tree.

        A value that is nothing but the name of an unset variable is left out with its key.
        """
        if isinstance(tree, dict):
            pairs = ((key, self.expand(value, f"{where}{key}.")) for key, value in tree.items())
            return {key: value for key, value in pairs if value is not _ABSENT}
        if isinstance(tree, list):
            items = [self.expand(value, where) for value in tree]
            return [value for value in items if value is not _ABSENT]
        return self._text(tree, where.rstrip(".")) if isinstance(tree, str) else tree

    def _text(self, text: str, where: str) -> Any:
        if _WHOLE.fullmatch(text):
            return self.get(text[2:-1]) or _ABSENT

        def place(match: re.Match[str]) -> str:
            name, default = match["name"], match["default"]
            if name is None:
                return "$"
            value = self.get(name) or default
            if value is None:
                self._complain(f"{where} needs {name}, which is not set")
            return value or ""

        return _PLACE.sub(place, text)

    def _read(self, name: str, path: str) -> str:
        if name not in self._files:
            try:
                # Editors and `kubectl create secret` leave a newline that nobody means.
                self._files[name] = Path(path).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                self._complain(f"{name}_FILE names {path}, which cannot be read: {reason}")
                self._files[name] = ""
        return self._files[name]

    def _complain(self, problem: str) -> None:
        if problem not in self._problems:
            self._problems.append(problem)


def read_dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a `.env` file, without `export` and quotes; no file gives nothing."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text("utf-8").splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
            quoted = re.fullmatch(r"\s*(['\"])(.*)\1\s*(?:#.*)?", value)
            found[name.strip()] = quoted[2] if quoted else re.split(r"(?:^|\s)#", value)[0].strip()
    return found
