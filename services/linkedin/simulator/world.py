"""A page of an organization: posts, comments, notifications, and who is told of them.

https://learn.microsoft.com/en-us/linkedin/marketing/community-management
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from msgspec import json

from services.linkedin.simulator.consent import problem
from shared.simulation import Answer, Mail

Row = dict[str, Any]

PAGE = "urn:li:organization:5515715"
ANA, LEE = "urn:li:person:AnA1", "urn:li:person:LeE2"
KIND = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"


class World:
    """Posts by URN, comments by what they stand under, notifications newest last, subscriptions by key."""

    def __init__(self, mail: Mail, secret: str, now: Callable[[], float]) -> None:
        self.mail, self.secret, self.now = mail, secret, now
        self.posts: dict[str, Row] = {}
        self.comments: dict[str, list[Row]] = {}
        self.notifications: list[Row] = []
        self.subscriptions: dict[str, Row] = {}
        self._limited = self._last = 0
        self._number = 70_000

    def limit(self) -> None:
        """Refuse the next call: the day's calls are spent, and come back soon."""
        self._limited += 1

    def limited(self) -> Answer | None:
        """What a call over the limit is told."""
        if not self._limited:
            return None
        self._limited -= 1
        said = problem(429, "TOO_MANY_REQUESTS", "Resource level throttle limit is reached.")
        return Answer(said.body, 429, {"retry-after": "1"})

    def number(self) -> int:
        """The next number of anything."""
        self._number += 1
        return self._number

    def write(self, text: str, author: str = PAGE, **more: Any) -> Row:
        """Let there be a post, without telling anybody."""
        at = self._at()
        row = {
            "id": f"urn:li:share:{self.number()}",
            "author": author,
            "commentary": text,
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "publishedAt": at,
            "createdAt": at,
            "lastModifiedAt": at,
            **more,
        }
        self.posts[row["id"]] = row
        return row

    def say(self, under: str, text: str, actor: str = LEE) -> Row:
        """Let there be a comment under a post or a comment, without telling anybody."""
        number, at = self.number(), self._at()
        post = under if under in self.posts else self._post_of(under)
        activity = post.replace("share", "activity")
        row = {
            "id": str(number),
            "actor": actor,
            "commentUrn": f"urn:li:comment:({activity},{number})",
            "created": {"actor": actor, "time": at},
            "lastModified": {"actor": actor, "time": at},
            "message": {"attributes": [], "text": text},
            "object": activity,
            "commentsSummary": {"aggregatedTotalComments": 0, "totalFirstLevelComments": 0},
        }
        if under != post:
            row["parentComment"] = under
            above = next(it for it in self.comments[post] if it["commentUrn"] == under)
            above["commentsSummary"]["aggregatedTotalComments"] += 1
        self.comments.setdefault(under, []).append(row)
        return row

    def edit(self, urn: str, text: str) -> None:
        """Change a post's words."""
        self.posts[urn] |= {"commentary": text, "lastModifiedAt": self._at()}

    async def comment(self, under: str, text: str) -> Row:
        """Somebody comments, and subscribers hear of it."""
        row = self.say(under, text)
        post = under if under in self.posts else self._post_of(under)
        await self.act("COMMENT", post, row["commentUrn"], text)
        return row

    async def withdraw(self, post: str, row: Row) -> None:
        """A comment is deleted."""
        self.comments[post].remove(row)
        await self.act("COMMENT_DELETE", post, row["commentUrn"])

    async def act(
        self, action: str, post: str, activity: str, text: str = "", actor: str = LEE
    ) -> int:
        """Notify of what was done; returns the status of the last delivery."""
        word = {"LIKE": "like", "SHARE": "share", "SHARE_MENTION": "share"}.get(action, "comment")
        said = {"owner": actor, **({"text": text} if text else {})}
        row = {
            "notificationId": self.number(),
            "organizationalEntity": PAGE,
            "action": action,
            "sourcePost": post,
            "lastModifiedAt": self._at(),
            "generatedActivity": activity,
            "decoratedGeneratedActivity": {word: said},
            "subscriber": ANA,
        }
        self.notifications.append(row)
        return await self.deliver([row])

    async def deliver(self, rows: list[Row]) -> int:
        """Tell every subscriber, in batches of ten."""
        status = 0
        for hook in self.subscriptions.values():
            for at in range(0, len(rows), 10):
                body = json.encode({"type": KIND, "notifications": rows[at : at + 10]})
                status = await self.mail.send(hook["webhook"], body, self.signed(body))
        return status

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers that prove a delivery."""
        proof = hmac.new(self.secret.encode(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()
        return {"content-type": "application/json", "x-li-signature": f"hmacsha256={proof}"}

    def _post_of(self, comment: str) -> str:
        return comment.partition("(")[2].partition(",")[0].replace("activity", "share")

    def _at(self) -> int:
        """Milliseconds; no two things happen in the same one."""
        self._last = max(int(self.now() * 1000), self._last + 1)
        return self._last
