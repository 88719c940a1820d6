"""Webhooks as Jira sends them: to what was registered, with a token that says nothing of the body.

https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import base64
import hmac
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec import json

from services.jira.simulator.rows import ADA, Row, plain
from shared.simulation import Mail

if TYPE_CHECKING:
    from services.jira.simulator.world import Site

TRIES = 6
"""A delivery and its five retries."""
LIFE = 30 * 86_400.0
"""Seconds that a webhook lives."""
AGAIN = frozenset([0, 408, 409, 425, 429])


class Deliveries:
    """`sent` is every body that left, oldest first."""

    def __init__(self, mail: Mail, secret: str, now: Callable[[], float]) -> None:
        self.mail, self._secret, self._now = mail, secret.encode(), now
        self.sent: list[Row] = []

    async def issue(self, site: "Site", event: str, row: Row, *, flow: str = "Primary") -> None:
        """Tell of an issue."""
        told = {"user": ADA, "issue": _issue(site, row)}
        await self._send(site, {"webhookEvent": event, **told}, flow)

    async def comment(
        self, site: "Site", event: str, row: Row, comment: Row, *, flow: str = "Primary"
    ) -> None:
        """Tell of a comment, and in short of its issue."""
        address = f"{site.url}/rest/api/2/issue/{row['id']}/comment/{comment['id']}"
        said = {**comment, "body": plain(comment["body"]), "self": address}
        short = _issue(site, row)
        short["fields"] = {name: short["fields"][name] for name in ("summary", "status", "project")}
        await self._send(site, {"webhookEvent": event, "comment": said, "issue": short}, flow)

    async def _send(self, site: "Site", told: Row, flow: str) -> None:
        for ident, hook in list(site.hooks.items()):
            alive = hook["expires"] > self._now()
            if not alive or told["webhookEvent"] not in hook["events"]:
                continue
            body = {"timestamp": int(self._now() * 1000), **told, "matchedWebhookIds": [ident]}
            self.sent.append(body)
            name = str(uuid.uuid4())
            for attempt in range(TRIES):
                status = await self.mail.send(
                    hook["url"], json.encode(body), self._headers(name, flow, attempt)
                )
                if status < 500 and status not in AGAIN:
                    break

    def _headers(self, name: str, flow: str, attempt: int) -> dict[str, str]:
        now = int(self._now())
        claims = {"iss": "simulated-client", "iat": now, "exp": now + 180}
        signed = b".".join(map(_encoded, ({"alg": "HS256", "typ": "JWT"}, claims)))
        proof = base64.urlsafe_b64encode(hmac.digest(self._secret, signed, "sha256")).rstrip(b"=")
        again = {"x-atlassian-webhook-retry": str(attempt)} if attempt else {}
        return {
            "content-type": "application/json; charset=UTF-8",
            "user-agent": "Atlassian Webhook HTTP Client",
            "authorization": f"Bearer {(signed + b'.' + proof).decode()}",
            "x-atlassian-webhook-identifier": name,
            "x-atlassian-webhook-flow": flow,
            **again,
        }


def _encoded(part: Any) -> bytes:
    return base64.urlsafe_b64encode(json.encode(part)).rstrip(b"=")


def _issue(site: "Site", row: Row) -> Row:
    """An issue as version 2 of the API tells it."""
    fields = {**row["fields"], "description": plain(row["fields"]["description"])}
    return {**row, "self": f"{site.url}/rest/api/2/issue/{row['id']}", "fields": fields}
