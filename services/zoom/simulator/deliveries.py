"""Events on their way: signed with a time, and tried again where nobody or a 5xx answered.

https://developers.zoom.us/docs/api/webhooks/
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from shared.simulation import Mail

Row = dict[str, Any]

ACCOUNT, HOST = "yBk48Jq1RbKzLw7nT0aEgA", "Wq3hOt8uQk2vXyZ1aBcDeF"
TRIES = 4
"""A delivery and its three retries."""


class Deliveries:
    """Everything goes to one `callback_url`."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, now: Callable[[], float]
    ) -> None:
        self.callback_url, self._mail, self._secret, self._now = callback_url, mail, secret, now

    async def tell(
        self, event: str, told: Row | None = None, *, token: bool = False, **more: Any
    ) -> int:
        """Send an event until it is taken or refused for good; returns the last status."""
        payload = {"account_id": ACCOUNT, "operator": "mia@example.com", "operator_id": HOST}
        about = {"object": told} if told is not None else {}
        body = json.encode(
            {
                "event": event,
                "event_ts": int(self._now() * 1000),
                "payload": {**payload, **about, **more},
                **({"download_token": "good-for-a-day"} if token else {}),
            }
        )
        status = 0
        for _ in range(TRIES):
            status = await self._mail.send(self.callback_url, body, self.signed(body))
            if 0 < status < 500:
                break
        return status

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a delivery."""
        at = str(int(self._now()))
        base = b"v0:" + at.encode() + b":" + body
        proof = hmac.new(self._secret.encode(), base, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": at,
            "x-zm-signature": f"v0={proof}",
        }


def stamp(at: float) -> str:
    """A moment as Zoom writes it, in whole seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
