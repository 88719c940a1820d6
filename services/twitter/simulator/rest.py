"""The API: lists by token and `since_id`, single posts and writes, with what X refuses.

https://docs.x.com/x-api/introduction
"""

from services.twitter.simulator.consent import Consent, problem
from services.twitter.simulator.deliveries import Row
from services.twitter.simulator.paging import Pages
from services.twitter.simulator.world import ADA, GRACE, PEOPLE, World
from shared.simulation import Answer, Asked, Route

MISSING = problem(404, "resource-not-found")
_FORBIDDEN = problem(403, "not-authorized-for-resource")


class Rest:
    """Answers on a world, page by page."""

    def __init__(self, world: World, consent: Consent) -> None:
        self._world, self._consent = world, consent
        self.pages = Pages(world.now)

    def routes(self) -> list[Route]:
        """Everything that is asked with an account's token."""
        world, ours = self._world, f"/2/users/{GRACE['id']}"
        return [
            Route("GET", "/2/users/me", lambda _: self.pages.refused() or Answer({"data": GRACE})),
            Route("GET", "/2/users/by/username/(.+)", self._person),
            Route("GET", f"{ours}/(tweets|mentions)", self._timeline),
            Route("GET", f"{ours}/liked_tweets", lambda asked: self._marked(asked, world.likes)),
            Route("GET", f"{ours}/bookmarks", lambda asked: self._marked(asked, world.bookmarks)),
            Route("GET", "/2/tweets/search/recent", self._search),
            Route("GET", "/2/tweets", self._lookup),
            Route("GET", "/2/tweets/([0-9]+)", self._one),
            Route("GET", "/2/dm_events", self._messages),
            Route("POST", "/2/tweets", self._post),
            Route("DELETE", "/2/tweets/([0-9]+)", self._delete),
            Route("POST", "/2/dm_conversations/with/([0-9]+)/messages", self._write),
        ]

    def _list(self, asked: Asked, rows: list[Row]) -> Answer:
        since = int(asked.query.get("since_id", "0"))
        found = [it for it in rows if int(it["id"]) > since]
        found.sort(key=lambda it: int(it["id"]), reverse=True)
        wanted = asked.query.get("expansions", "").split(",")
        return self.pages.page(asked, found, ["author_id"] if "author_id" in wanted else [])

    def _timeline(self, asked: Asked, which: str) -> Answer:
        posts, own = self._world.posts.values(), which == "tweets"
        mine = GRACE["id"] if own else "@grace_h"
        return self._list(asked, [it for it in posts if mine in it["author_id" if own else "text"]])

    def _marked(self, asked: Asked, ids: list[str]) -> Answer:
        scope = "like.read" if asked.path.endswith("liked_tweets") else "bookmark.read"
        if scope not in self._consent.scopes(asked):
            return _FORBIDDEN
        rows = [self._world.posts[it] for it in ids if it in self._world.posts]
        return self.pages.page(asked, rows, ["author_id"])

    def _search(self, asked: Asked) -> Answer:
        wish, posts = asked.query["query"], self._world.posts.values()
        thread = wish.removeprefix("conversation_id:")
        return self._list(
            asked, [it for it in posts if thread in (it["text"], it["conversation_id"])]
        )

    def _messages(self, asked: Asked) -> Answer:
        if "dm.read" not in self._consent.scopes(asked):
            return _FORBIDDEN
        rows = sorted(self._world.messages.values(), key=lambda it: int(it["id"]), reverse=True)
        return self.pages.page(asked, rows, ["sender_id"])

    def _lookup(self, asked: Asked) -> Answer:
        wanted = asked.query["ids"].split(",")
        found = [self._world.posts[it] for it in wanted if it in self._world.posts]
        self.pages.shown += len(found)
        return Answer({"data": found} if found else {"errors": [MISSING.body]})

    def _one(self, _: Asked, ident: str) -> Answer:
        row = self._world.posts.get(ident)
        users = [PEOPLE[row["author_id"]]] if row else []
        return Answer({"data": row, "includes": {"users": users}}) if row else MISSING

    def _person(self, _: Asked, handle: str) -> Answer:
        found = [it for it in PEOPLE.values() if it["username"] == handle]
        return Answer({"data": found[0]} if found else {"errors": [MISSING.body]})

    async def _post(self, asked: Asked) -> Answer:
        wish = asked.json()
        if wish["text"] in [it["text"] for it in self._world.posts.values()]:
            return Answer({"title": "Forbidden", "detail": "duplicate content", "status": 403}, 403)
        above = self._world.posts.get(wish.get("reply", {}).get("in_reply_to_tweet_id", ""))
        world, text = self._world, wish["text"]
        made = await (world.reply(GRACE, above, text) if above else world.post(GRACE, text))
        return Answer({"data": {"id": made["id"], "text": text}}, 201)

    async def _delete(self, _: Asked, ident: str) -> Answer:
        if ident not in self._world.posts:
            return MISSING
        await self._world.delete(self._world.posts[ident])
        return Answer({"data": {"deleted": True}})

    async def _write(self, asked: Asked, person: str) -> Answer:
        if person != ADA["id"]:
            return _FORBIDDEN
        row = await self._world.write(GRACE, asked.json()["text"])
        ids = {"dm_event_id": row["id"], "dm_conversation_id": row["dm_conversation_id"]}
        return Answer({"data": ids}, 201)
