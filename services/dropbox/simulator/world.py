"""Ana's Dropbox: files and folders by their paths, what happened to them in order, and who is told."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import json

from services.dropbox.simulator.consent import ACCOUNT, error
from services.dropbox.simulator.places import Row, deleted, shared, where, within
from shared.simulation import Answer, Mail

PAGE = 7
"""Rows of a page, however many are asked for."""


class World:
    """What there is; what happens in it is told by a signed notification that says only whose it is."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, now: Callable[[], float]
    ) -> None:
        self.mail, self.callback_url, self._secret, self._now = mail, callback_url, secret, now
        self.files: dict[str, Row] = {}
        self.folders: dict[str, Row] = {}
        self.shares: dict[str, Row] = {}
        self.bytes: dict[str, bytes] = {}  # by revision
        self.past: list[Row] = []
        """Every version of every file, the oldest first."""
        self._log: list[Row] = []
        self._forgotten = self._last = 0
        self.team = ""  # its space, which has to be named to be seen

    def stamp(self) -> str:
        """Now, in whole seconds."""
        return f"{datetime.fromtimestamp(self._now(), UTC):%Y-%m-%dT%H:%M:%SZ}"

    def at(self, path: str) -> Row | None:
        """The file at a path, or with an id."""
        found = (it for it in self.files.values() if it["path_lower"] == path.lower())
        return self.files.get(path) or next(found, None)

    def folder(self, path: str) -> Row:
        """A folder is made."""
        row = {".tag": "folder", **where(path), "id": f"id:folder{len(self.folders):012d}"}
        self.folders[path.lower()] = row
        self._log.append(row)
        return row

    def share(self, ident: str, path: str) -> None:
        """A folder is shared; nobody is told."""
        self.shares[ident] = shared(path, ident, self.stamp())

    def save(self, path: str, content: bytes, ident: str = "") -> Row:
        """A file is written; its id stays where there is one at the path."""
        self._last += 1
        there = self.at(path)
        ident = ident or (there["id"] if there else f"id:file{self._last:014d}")
        rev = f"{self._last:032x}"
        self.bytes[rev] = content
        return self._put(
            {
                ".tag": "file",
                **where(path),
                "id": ident,
                "client_modified": self.stamp(),
                "server_modified": self.stamp(),
                "rev": rev,
                "size": len(content),
                "is_downloadable": True,
                "content_hash": hashlib.sha256(hashlib.sha256(content).digest()).hexdigest(),
            }
        )

    def move(self, path: str, to: str) -> None:
        """A file goes elsewhere and keeps its id; or a folder does, with all that is in it."""
        row = self.at(path)
        rows = [row] if row else self._below(path)
        if not row:
            self.folders.pop(path.lower())
        self._log.append(deleted(path))
        if not row:
            self.folder(to)
        for it in rows:
            del self.files[it["id"]]
            self._put({**it, **where(to + it["path_display"][len(path) :])})

    def delete(self, path: str) -> None:
        """A file goes, or a folder with all that is in it, of which nothing is told one by one."""
        row = self.at(path)
        for it in [row] if row else self._below(path):
            del self.files[it["id"]]
        self.folders.pop(path.lower(), None)
        self._log.append(deleted(row["path_display"] if row else path))

    def replace(self, path: str, content: bytes) -> Row:
        """Another file stands where one was, and nothing but the new one is told."""
        there = self.at(path)
        assert there
        del self.files[there["id"]]
        return self.save(path, content)

    def forget(self) -> None:
        """Let no cursor that was given be good any more."""
        self._forgotten += 1

    async def tell(self) -> int:
        """Say that something changed; the answer's status."""
        body = json.encode({"list_folder": {"accounts": [ACCOUNT]}, "delta": {"users": [12345678]}})
        proof = hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"content-type": "application/json", "x-dropbox-signature": proof}
        return await self.mail.send(self.callback_url, body, headers)

    def listed(self, wish: Row) -> Answer:
        """The first page of what is there."""
        if wish["path"] and wish["path"].lower() not in self.folders:
            return error(409, "path", "not_found")
        return self._page("now", len(self._log), 0, wish["path"].lower(), bool(wish["recursive"]))

    def continued(self, cursor: str) -> Answer:
        """The next page, or what happened since."""
        age, kind, since, at, path, deep = json.decode(cursor)
        if age != self._forgotten:
            return error(409, "reset")
        return self._page(kind, since, at, path, deep)

    def _page(self, kind: str, since: int, at: int, path: str, deep: bool) -> Answer:
        rows = (
            [*self.folders.values(), *self.files.values()] if kind == "now" else self._log[since:]
        )
        rows = [it for it in rows if within(it["path_lower"], path, deep)]
        more = at + PAGE < len(rows)
        if more:
            place = [self._forgotten, kind, since, at + PAGE, path, deep]
        else:
            until = since if kind == "now" else len(self._log)
            place = [self._forgotten, "since", until, 0, path, deep]
        cursor = json.encode(place).decode()
        return Answer({"entries": rows[at : at + PAGE], "cursor": cursor, "has_more": more})

    def _put(self, row: Row) -> Row:
        self.files[row["id"]] = row
        self.past.append(row)
        self._log.append(row)
        return row

    def _below(self, path: str) -> list[Row]:
        above = f"{path.lower()}/"
        return [it for it in self.files.values() if it["path_lower"].startswith(above)]
