"""Webhooks as Linear sends them: signed, dated inside, and tried four times.

https://linear.app/developers/webhooks
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import json

from services.linear.simulator.rows import Row
from shared.simulation import Mail

TRIES = 4
"""A delivery and its three retries."""


class Deliveries:
    """The webhooks: the one in the app's settings, which goes to `callback_url`, and those that were made."""

    def __init__(
        self,
        mail: Mail,
        callback_url: str,
        secret: str,
        organization: str,
        now: Callable[[], float],
    ) -> None:
        self.mail, self.callback_url, self._now = mail, callback_url, now
        self._secret, self._organization = secret, organization
        self.hooks: dict[str, Row] = {}
        self.sent: list[Row] = []

    async def tell(
        self,
        kind: str,
        action: str,
        row: Row,
        *,
        updated_from: Row | None = None,
        on: Row | None = None,
    ) -> None:
        """Send to every webhook that may hear of it."""
        data = _data(kind, row, on)
        told = {"action": action, "type": kind, "data": data, "url": row.get("url")}
        told |= {"updatedFrom": updated_from} if updated_from else {}
        await self.send(told, _team(kind, row, on))

    async def send(self, told: Row, team: Row | None = None) -> None:
        """Send an event about a team, or about the workspace."""
        for hook in list(self._listening(told["type"], team)):
            ident = str(uuid.uuid4())
            for _ in range(TRIES):
                body = self._body(hook, told)
                headers = self.signed(body, hook["secret"], told["type"], ident)
                status = await self.mail.send(hook["url"], body, headers)
                if status == 200:
                    break
                failure = {"createdAt": _iso(self._now()), "httpStatus": status}
                hook["failures"].append(failure)

    def signed(self, body: bytes, secret: str, kind: str, ident: str = "") -> dict[str, str]:
        """The headers that prove a delivery."""
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Linear-Webhook",
            "linear-delivery": ident or str(uuid.uuid4()),
            "linear-event": kind,
            "linear-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
        }

    def _listening(self, kind: str, team: Row | None) -> Iterator[Row]:
        public = team is None or team["visibility"] == "public"
        if self.callback_url and public:
            app = {"id": "app", "url": self.callback_url, "secret": self._secret}
            yield app | {"failures": []}
        for hook in self.hooks.values():
            right = public if hook["allPublicTeams"] else team and team == hook["team"]
            if hook["enabled"] and kind in hook["resourceTypes"] and right:
                yield hook

    def _body(self, hook: Row, told: Row) -> bytes:
        at = self._now()
        dated = {"createdAt": _iso(at), "webhookTimestamp": int(at * 1000)}
        body = {**told, **dated, "organizationId": self._organization, "webhookId": hook["id"]}
        self.sent.append(body)
        return json.encode(body)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _team(kind: str, row: Row, on: Row | None) -> Row | None:
    issue = row if kind == "Issue" else row.get("issue") or (on and (on.get("issue") or on))
    team: Row | None = issue.get("team") if issue else None
    return team


def _data(kind: str, row: Row, on: Row | None) -> Row:
    """An entity as a webhook tells it: with the ids of what it refers to beside some of it."""
    data = {name: it for name, it in row.items() if name not in ("reactions", "parent")}
    for name in ("team", "state", "creator", "assignee", "user", "project", "lead", "initiative"):
        if name in row:
            data[f"{name}Id"] = row[name] and row[name]["id"]
    if kind == "Issue":
        data["parentId"] = row["parent"] and row["parent"]["id"]
        data["labels"] = [{"id": it["name"], "color": "#eb5757", **it} for it in row["labels"]]
    elif kind == "Project":
        del data["creator"]
    elif kind == "Reaction" and on:
        what = "comment" if "body" in on else "issue"
        data |= {f"{what}Id": on["id"], what: _child(on) if what == "issue" else _said(on)}
    elif kind == "Comment":
        del data["url"]
        data |= {"issueId": row["issue"]["id"], "issue": _child(row["issue"])}
    return data


def _child(issue: Row) -> Row:
    told = {name: issue[name] for name in ("id", "identifier", "title", "url")}
    team: dict[str, Any] = issue["team"]
    return {**told, "teamId": team["id"], "team": team}


def _said(comment: Row) -> Row:
    return {"id": comment["id"], "body": comment["body"], "issueId": comment["issue"]["id"]}
