"""The app's webhooks and subscriptions, and events as X sends them: signed, and tried again.

https://docs.x.com/x-api/activity/event-payloads
"""

import base64
import hashlib
import hmac
from typing import Any

from msgspec import json

from services.twitter.simulator.consent import problem
from shared.simulation import Answer, Asked, Mail, Route

Row = dict[str, Any]
TRIES = 4
"""An event and its repetitions; X goes on for longer."""


class Deliveries:
    """`webhooks` and `subscriptions` by id; while nobody subscribed, events go to `callback_url`."""

    def __init__(self, mail: Mail, callback_url: str, secret: str) -> None:
        self.mail, self.callback_url, self._secret = mail, callback_url, secret
        self.webhooks: dict[str, Row] = {}
        self.subscriptions: dict[str, Row] = {}
        self.replays: list[Row] = []
        self._last = 1_976_325_569_252_868_096

    async def tell(self, kind: str, me: str, payload: Row, includes: Row | None = None) -> None:
        """Send an event to whoever asked for it."""
        self._last += 1
        told: Row = {"event_uuid": str(-self._last), "event_type": kind, "tag": "demo"}
        told |= {"filter": {"user_id": me} if me else {}, "payload": payload}
        told |= {"includes": includes} if includes is not None else {}
        for url in self._listening(kind, me):
            await self.send(url, {"data": told})

    async def send(self, url: str, told: Any) -> None:
        """Deliver until it is taken."""
        body = json.encode(told)
        proof = base64.b64encode(hmac.digest(self._secret.encode(), body, hashlib.sha256)).decode()
        headers = {
            "content-type": "application/json",
            "x-twitter-webhooks-signature": f"sha256={proof}",
        }
        for _ in range(TRIES):
            if await self.mail.send(url, body, headers) == 200:
                return

    def routes(self) -> list[Route]:
        """What is asked about them."""
        one = "/2/activity/subscriptions/([0-9]+)"
        return [
            Route("GET", "/2/webhooks", lambda _: Answer({"data": [*self.webhooks.values()]})),
            Route("POST", "/2/webhooks", self._register),
            Route("POST", "/2/webhooks/replay", self._replay),
            Route("PUT", "/2/webhooks/([0-9]+)", self._check),
            Route("GET", "/2/activity/subscriptions", lambda _: problem(403, "client-forbidden")),
            Route("POST", "/2/activity/subscriptions", self._subscribe),
            Route("PUT", one, self._turn),
            Route("DELETE", one, self._end),
        ]

    def _listening(self, kind: str, me: str) -> list[str]:
        wanted = [
            it["webhook_id"]
            for it in self.subscriptions.values()
            if it["event_type"] == kind and it["filter"]["user_id"] == me
        ]
        live = [self.webhooks[it]["url"] for it in wanted if self.webhooks[it]["valid"]]
        return live or ([self.callback_url] if self.callback_url and not wanted else [])

    def _number(self) -> str:
        self._last += 1
        return str(self._last)

    def _register(self, asked: Asked) -> Answer:
        url = asked.json()["url"]
        if url in [it["url"] for it in self.webhooks.values()]:
            return problem(400, "invalid-request", "DuplicateUrlFailed")
        made = {"id": self._number(), "url": url, "valid": True, "created_at": "2026-01-01"}
        self.webhooks[made["id"]] = made
        return Answer({"data": made})

    def _check(self, _: Asked, ident: str) -> Answer:
        if ident not in self.webhooks:
            return problem(404, "resource-not-found")
        self.webhooks[ident]["valid"] = True
        return Answer({"data": {"valid": True}})

    def _replay(self, asked: Asked) -> Answer:
        self.replays.append(asked.json())
        return Answer({"data": {"job_id": self._number()}})

    def _subscribe(self, asked: Asked) -> Answer:
        wish = asked.json()
        same = [it for it in self.subscriptions.values() if _key(it) == _key(wish)]
        if same or wish["webhook_id"] not in self.webhooks:
            return problem(400, "invalid-request")
        made = {**wish, "subscription_id": self._number()}
        self.subscriptions[made["subscription_id"]] = made
        return Answer({"data": {"subscription": made}})

    def _turn(self, asked: Asked, ident: str) -> Answer:
        if ident not in self.subscriptions:
            return problem(404, "resource-not-found")
        self.subscriptions[ident] |= asked.json()
        return Answer({"data": {"subscription": self.subscriptions[ident]}})

    def _end(self, _: Asked, ident: str) -> Answer:
        if self.subscriptions.pop(ident, None) is None:
            return problem(404, "resource-not-found")
        return Answer({"data": {"deleted": True}})


def _key(it: Row) -> tuple[str, str]:
    return it["event_type"], it["filter"]["user_id"]
