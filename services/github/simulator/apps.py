"""A GitHub App: proven by a signed JWT, installed on chosen repositories, with one webhook for all.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

import secrets
import time
import uuid

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from msgspec import Struct, json

from services.github.simulator.deliveries import deliver
from services.github.simulator.rows import Row
from services.github.simulator.world import Place, World
from shared.simulation import Answer, Asked

APP_ID = "4711"

GONE = Answer({"message": "Not Found"}, 404)
_WHO = Answer({"message": "Bad credentials"}, 401)
_NOT_YOURS = Answer({"message": "Resource not accessible by integration"}, 403)
SUSPENDED = Answer({"message": "This installation has been suspended"}, 403)


class Installation(Struct):
    """Where the app is installed: the repositories it was given, by full name."""

    id: int
    account: Row
    chosen: list[str]
    permissions: dict[str, str]
    suspended: bool = False


class Apps:
    """One app. `tokens` are its live installation tokens; `minted` counts all there ever were."""

    def __init__(self, world: World, secret: str, url: str) -> None:
        self.world, self.key = world, RSAKey.generate_key(2048)
        self.hook: Row = {"id": 1, "config": {"url": url, "secret": secret}}
        self.installed: dict[int, Installation] = {}
        self.tokens: dict[str, int] = {}
        self.deliveries: list[Row] = []
        self.minted = 0

    async def install(self, account: Row, *chosen: str, **permissions: str) -> Installation:
        """Somebody installs the app on these repositories."""
        it = Installation(self.world.number(), account, list(chosen), permissions)
        self.installed[it.id] = it
        await self.tell(it, "installation", "created")
        return it

    async def change(self, it: Installation, action: str) -> None:
        """Its owner deletes, suspends or resumes it, or accepts new permissions."""
        it.suspended = action == "suspend"
        if action == "deleted":
            del self.installed[it.id]
            self.tokens = {token: ident for token, ident in self.tokens.items() if ident != it.id}
        await self.tell(it, "installation", action)

    async def choose(self, it: Installation, *chosen: str) -> None:
        """Its owner says which repositories it may see from now on."""
        added, removed = set(chosen) - set(it.chosen), set(it.chosen) - set(chosen)
        it.chosen = list(chosen)
        for action, names in (("added", added), ("removed", removed)):
            if names:
                repositories = [self.world.places[name].repo for name in sorted(names)]
                told = {f"repositories_{action}": repositories}
                await self.tell(it, "installation_repositories", action, **told)

    async def happened(self, place: Place, event: str, told: Row) -> None:
        """Hear of an event in a repository, and tell it for every installation that may see it."""
        for it in self.installed.values():
            if place.name in it.chosen and not it.suspended:
                await self._deliver(event, {**told, "installation": {"id": it.id}})

    async def tell(self, it: Installation, event: str, action: str, **parts: object) -> None:
        """Deliver what happened to an installation itself."""
        own = {"id": it.id, "account": it.account, "permissions": it.permissions}
        told = {"action": action, "installation": own, "sender": it.account, **parts}
        await self._deliver(event, told)

    def mint(self, it: Installation) -> str:
        """A token of an installation, as long as GitHub makes them."""
        token = f"ghs_{APP_ID}_{secrets.token_hex(200)}"
        self.tokens[token], self.minted = it.id, self.minted + 1
        return token

    async def again(self, ident: int) -> bool:
        """Send a delivery once more; False: there is none."""
        before = next((it for it in self.deliveries if it["id"] == ident), None)
        if before:
            await self._send(before["event"], before["guid"], before["request"].encode())
        return before is not None

    async def _deliver(self, event: str, told: Row) -> None:
        await self._send(event, str(uuid.uuid4()), json.encode(told))

    async def _send(self, event: str, guid: str, body: bytes) -> None:
        await deliver(self.world, self.deliveries, self.hook, event, guid=guid, body=body)

    def refused(self, asked: Asked) -> Answer | None:
        """What a call gets that the app or an installation may not make; None for one that it may."""
        bearer = asked.headers.get("authorization", "").partition(" ")[2]
        if asked.path.startswith("/app/"):
            return None if self._proven(bearer) else _WHO
        it = self.installed[self.tokens[bearer]]
        if it.suspended:
            return SUSPENDED
        if asked.path.startswith("/user"):
            return _NOT_YOURS
        name = "/".join(asked.path.split("/")[2:4])
        return GONE if asked.path.startswith("/repos/") and name not in it.chosen else None

    def _proven(self, token: str) -> bool:
        """Whether the app signed it, for ten minutes at most, by a clock that is not ahead of ours."""
        try:
            claims = jwt.decode(token, self.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        now, issued, until = time.time(), claims.get("iat", 0), claims.get("exp", 0)
        return bool(claims.get("iss") == APP_ID and issued <= now < until <= now + 600)
