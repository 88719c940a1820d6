"""Uploads: a place for the bytes, which asks for no token, and the message that shares them.

https://docs.slack.dev/messaging/working-with-files
"""

from services.slack.simulator.places import OWN
from services.slack.simulator.world import World
from shared.simulation import Answer, Asked, Route

PLACE = "/upload/v1/"


class Uploads:
    """`taken` are the bytes by file id; `strangers` counts uploads that carried a token."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._wanted: dict[str, dict[str, str]] = {}
        self.taken: dict[str, bytes] = {}
        self.strangers = 0

    def place(self, asked: Asked) -> Answer:
        """Name where the bytes go."""
        ident = f"F{len(self._wanted) + 1:02}"
        self._wanted[ident] = asked.form()
        url = f"{asked.root}{PLACE}{ident}"
        return Answer({"ok": True, "upload_url": url, "file_id": ident})

    def take(self, asked: Asked, ident: str) -> Answer:
        """Take the bytes, as many as were announced."""
        self.strangers += "authorization" in asked.headers
        if int(self._wanted[ident]["length"]) != len(asked.body):
            return Answer(b"wrong length", 400)
        self.taken[ident] = asked.body
        return Answer(f"OK - {len(asked.body)}".encode())

    async def share(self, asked: Asked) -> Answer:
        """Say something with the files."""
        wish, files = asked.json(), []
        for it in wish["files"]:
            if it["id"] not in self.taken:
                return Answer({"ok": False, "error": "file_not_found"})
            size, name = len(self.taken[it["id"]]), self._wanted[it["id"]]["filename"]
            files.append({**it, "name": name, "size": size, "mimetype": "text/plain"})
        await self._world.say(
            wish["channel_id"],
            wish.get("initial_comment", ""),
            thread_ts=wish.get("thread_ts", ""),
            files=files,
            **OWN,
        )
        return Answer({"ok": True, "files": files})

    def routes(self) -> list[Route]:
        """The three steps."""
        return [
            Route("POST", r"/api/files\.getUploadURLExternal", self.place),
            Route("POST", PLACE + r"(F\d+)", self.take),
            Route("POST", r"/api/files\.completeUploadExternal", self.share),
        ]
