"""What X would know: three people, what they posted and wrote, filled the same way every time."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from services.twitter.simulator.deliveries import Deliveries, Row
from shared.simulation import Mail

FIRST = 1_767_225_600.0
"""The oldest thing, in epoch seconds: the first moment of 2026."""
_EPOCH = 1_288_834_974.657


def _user(ident: str, username: str, name: str) -> Row:
    return {"id": ident, "name": name, "username": username, "verified": False}


GRACE = _user("944480690", "grace_h", "Grace")
ADA, LEE = _user("17200003", "ada", "Ada Park"), _user("2244994945", "lee_fox", "Lee Fox")
PEOPLE = {it["id"]: it for it in (GRACE, ADA, LEE)}


class World:
    """Posts and messages by id, likes and bookmarks in their order; what is deleted is not there."""

    def __init__(
        self, mail: Mail, callback_url: str, secret: str, *, now: Callable[[], float]
    ) -> None:
        self.now = now
        self.deliveries = Deliveries(mail, callback_url, secret)
        self.posts: dict[str, Row] = {}
        self.messages: dict[str, Row] = {}
        self.likes: list[str] = []
        self.bookmarks: list[str] = []
        self._at = FIRST

    def stamp(self, *, past: bool = False) -> tuple[str, str]:
        """An id and a time later than any before: a minute later in the `past`, else now."""
        self._at = self._at + 60 if past else max(self.now(), self._at + 0.01)
        at = datetime.fromtimestamp(int(self._at), UTC)
        ident = int((self._at - _EPOCH) * 1000) << 22
        return str(ident), at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def add(self, who: Row, text: str, *, past: bool = False, **more: Any) -> Row:
        """Put a post in its place; nobody is told."""
        ident, at = self.stamp(past=past)
        told = [it for it in PEOPLE.values() if f"@{it['username']}" in text]
        row = {
            "id": ident,
            "text": text,
            "author_id": who["id"],
            "created_at": at,
            "conversation_id": ident,
            "edit_history_tweet_ids": [ident],
            "lang": "en",
            "entities": {"mentions": [_mention(text, it) for it in told]},
            **more,
        }
        self.posts[ident] = row
        return row

    async def post(self, who: Row, text: str, **more: Any) -> Row:
        """Somebody posts; whom it concerns is told."""
        row = self.add(who, text, **more)
        await self._tell(row)
        return row

    async def reply(self, who: Row, on: Row, text: str) -> Row:
        """Somebody answers a post."""
        above = {"type": "replied_to", "id": on["id"]}
        more = {"conversation_id": on["conversation_id"], "in_reply_to_user_id": on["author_id"]}
        return await self.post(who, text, referenced_tweets=[above], **more)

    async def edit(self, row: Row, text: str) -> Row:
        """Somebody edits a post: another id, and the same history with it."""
        del self.posts[row["id"]]
        made = self.add(PEOPLE[row["author_id"]], text)
        made["edit_history_tweet_ids"] = [*row["edit_history_tweet_ids"], made["id"]]
        made["conversation_id"] = row["conversation_id"]
        await self._tell(made)
        return made

    async def delete(self, row: Row) -> None:
        """Somebody deletes a post with all its versions."""
        del self.posts[row["id"]]
        gone = {"id": row["id"], "author_id": row["author_id"]}
        await self.deliveries.tell("post.delete", row["author_id"], gone, {})

    async def like(self, row: Row) -> None:
        """Grace likes a post."""
        self.likes.insert(0, row["id"])
        its = {"liked_tweet_id": row["id"], "liked_tweet_author_id": row["author_id"]}
        includes = {"users": [PEOPLE[row["author_id"]]], "tweets": [row]}
        await self.deliveries.tell("like.create", GRACE["id"], its, includes)

    def whisper(self, who: Row, text: str, *, past: bool = False) -> Row:
        """Put a direct message between Grace and Ada in its place; nobody is told."""
        ident, at = self.stamp(past=past)
        row = {"id": ident, "event_type": "MessageCreate", "text": text, "sender_id": who["id"]}
        row |= {"dm_conversation_id": f"{ADA['id']}-{GRACE['id']}", "created_at": at}
        self.messages[ident] = row
        return row

    async def write(self, who: Row, text: str) -> Row:
        """Grace or Ada writes to the other."""
        row = self.whisper(who, text)
        other = ADA if who == GRACE else GRACE
        at = str(int(datetime.fromisoformat(row["created_at"]).timestamp() * 1000))
        said = {"target": {"recipient_id": other["id"]}, "sender_id": who["id"]}
        said |= {"message_data": {"text": text, "entities": {"urls": []}}}
        event = {"type": "message_create", "id": row["id"], "created_timestamp": at}
        people = {it["id"]: {"data": it} for it in (GRACE, ADA)}
        told = {"direct_message_events": [{**event, "message_create": said}], "users": people}
        kind = "dm.sent" if who == GRACE else "dm.received"
        await self.deliveries.tell(kind, GRACE["id"], told)
        return row

    async def _tell(self, row: Row) -> None:
        includes = {"users": [{"data": PEOPLE[row["author_id"]]}], "tweets": [row]}
        if row["author_id"] == GRACE["id"]:
            await self.deliveries.tell("post.create", GRACE["id"], row, includes)
        elif f"@{GRACE['username']}" in row["text"]:
            await self.deliveries.tell("post.mention.create", GRACE["id"], row, includes)


def fill(world: World, posts: int) -> None:
    """So many posts and mentions, some messages, a like and a bookmark."""
    for each in range(posts):
        world.add(GRACE, f"Build {each} is out &amp; well", past=True)
        world.add(ADA, f"@grace_h what about build {each}?", past=True)
        if each % 5 == 0:
            world.whisper(ADA if each % 2 else GRACE, f"Between us: {each}", past=True)
    story = world.add(LEE, "A story that many read", past=True)
    again = {"type": "retweeted", "id": story["id"]}
    world.add(GRACE, "RT @lee_fox: A story th…", past=True, referenced_tweets=[again])
    world.likes.append(story["id"])
    world.bookmarks.append(story["id"])


def _mention(text: str, who: Row) -> Row:
    found = re.search(f"@{who['username']}", text)
    assert found
    return {
        "start": found.start(),
        "end": found.end(),
        "username": who["username"],
        "id": who["id"],
    }
