"""Slack's lists: whose token it is, workspaces, conversations, people and groups, by opaque cursors.

https://docs.slack.dev/apis/web-api/pagination
"""

import base64
from binascii import Error
from collections.abc import Callable

from msgspec import structs

from services.slack.simulator.consent import Consent, Holder
from services.slack.simulator.pace import Pace
from services.slack.simulator.places import Row
from services.slack.simulator.world import World
from shared.simulation import Answer, Asked, Handler, Route

Held = Callable[[Asked, Holder], Answer]

_KINDS = {"C": "public_channel", "G": "private_channel", "D": "im"}
_NEEDS = {"users.list": "users:read", "usergroups.list": "usergroups:read"}
_OF_A_WORKSPACE = ("users.conversations", "users.list", "usergroups.list")


def routes(world: World, pace: Pace, consent: Consent) -> list[Route]:
    """Every list, as a route each; all but the groups come in pages."""

    def whose(_: Asked, it: Holder) -> Answer:
        person = {"user": "hub", "bot_id": "B0B"} if it.is_bot else {"user": "ana"}
        return ok(user_id=it.user, **person, **world.places.auth())

    def conversations(asked: Asked, it: Holder) -> Answer:
        kinds, team = asked.query["types"].split(","), asked.query.get("team_id", "")
        found = [row for row in world.places.listed(it.user, team) if _KINDS[row["id"][0]] in kinds]
        return _paged(asked, pace, "channels", found)

    def info(asked: Asked, it: Holder) -> Answer:
        found = {row["id"]: row for row in world.places.listed(it.user)}.get(asked.query["channel"])
        return ok(channel=found) if found else Answer({"ok": False, "error": "channel_not_found"})

    def people(asked: Asked, _: Holder) -> Answer:
        return _paged(
            asked,
            pace,
            "members",
            world.places.among(world.places.users, asked.query.get("team_id")),
        )

    def groups(asked: Asked, _: Holder) -> Answer:
        return ok(usergroups=world.places.among(world.places.groups, asked.query.get("team_id")))

    def teams(asked: Asked, _: Holder) -> Answer:
        found = [{"id": ident, "name": name} for ident, name in world.places.teams.items()]
        return _paged(asked, pace, "teams", found)

    def asked_for(method: str, handle: Held) -> Handler:
        def answer(asked: Asked) -> Answer:
            it = consent.holder(asked)
            assert it, "the guard lets no other call in"
            found = _refused(world, pace, method, asked, it) or handle(asked, it)
            return structs.replace(found, headers={**found.headers, "x-oauth-scopes": it.scope})

        return answer

    table: dict[str, Held] = {
        "auth.test": whose,
        "auth.teams.list": teams,
        "users.conversations": conversations,
        "conversations.info": info,
        "users.list": people,
        "usergroups.list": groups,
    }
    return [
        Route("GET", "/api/" + name.replace(".", r"\."), asked_for(name, handle))
        for name, handle in table.items()
    ]


def ok(**body: object) -> Answer:
    """What worked."""
    return Answer({"ok": True, **body})


def _refused(world: World, pace: Pace, method: str, asked: Asked, it: Holder) -> Answer | None:
    needed = _NEEDS.get(method, "")
    if needed and needed not in it.scope.split(","):
        body = {"ok": False, "error": "missing_scope", "needed": needed, "provided": it.scope}
        return Answer(body)
    if world.places.org and method in _OF_A_WORKSPACE:
        team = asked.query.get("team_id")
        if team not in world.places.teams:
            word = "team_access_not_granted" if team else "missing_argument"
            return Answer({"ok": False, "error": word})
    return pace.refused(method)


def _paged(asked: Asked, pace: Pace, name: str, rows: list[Row]) -> Answer:
    """By id; the cursor names the last one that was given, so it stays true while others come."""
    try:
        after = base64.b64decode(asked.query.get("cursor", ""), validate=True).decode()
    except (Error, UnicodeError):
        return Answer({"ok": False, "error": "invalid_cursor"})
    size = pace.size(int(asked.query.get("limit", "100")))
    left = sorted((it for it in rows if it["id"] > after), key=lambda it: str(it["id"]))
    part = left[:size]
    end = part[-1]["id"] if part else after or "!"
    turn = base64.b64encode(end.encode()).decode() if len(left) > size else ""
    return ok(**{name: part}, response_metadata={"next_cursor": turn})
