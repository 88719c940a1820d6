"""Webhooks as GitLab sends them: once, proven, remembered, and put to sleep when nobody answers.

https://docs.gitlab.com/user/project/integrations/webhooks/
"""

import base64
import hashlib
import hmac
import uuid
from typing import TYPE_CHECKING

from msgspec import json

from services.gitlab.simulator.paging import GONE, page
from services.gitlab.simulator.rows import Row
from shared.simulation import Answer, Asked, Route

if TYPE_CHECKING:
    from services.gitlab.simulator.world import Place, World

TOO_OFTEN = 4
"""Failures in a row after which a hook sleeps."""
_HOOKS = r"/api/v4/projects/(\d+)/hooks"
_OF = {
    "issue": "issues_events",
    "merge_request": "merge_requests_events",
    "note": "note_events",
    "pipeline": "pipeline_events",
    "push": "push_events",
    "release": "releases_events",
}


async def tell(world: "World", place: "Place", told: Row) -> None:
    """Deliver an event to every hook that wants it and is awake."""
    wish = _OF[told["object_kind"]]
    if told["event_type"].startswith("confidential"):
        wish = f"confidential_{wish}"
    for hook in list(place.hooks.values()):
        if hook.get(wish) and hook["alert_status"] == "executable":
            await deliver(world, place, hook, told)


async def deliver(world: "World", place: "Place", hook: Row, told: Row, key: str = "") -> int:
    """Try once, keep the attempt, and count what failed in a row; returns the status."""
    key, body, stamp = key or str(uuid.uuid4()), json.encode(told), str(int(world.now()))
    headers = {
        "content-type": "application/json",
        "user-agent": "GitLab/simulated",
        "x-gitlab-event-uuid": str(uuid.uuid4()),
        "x-gitlab-instance": world.root,
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": stamp,
    }
    if token := hook.get("token"):
        headers["x-gitlab-token"] = token
    if signing := hook.get("signing_token"):
        secret = base64.b64decode(signing.removeprefix("whsec_"))
        proof = hmac.digest(secret, f"{key}.{stamp}.".encode() + body, hashlib.sha256)
        headers["webhook-signature"] = "v1," + base64.b64encode(proof).decode()
    status = await world.mail.send(hook["url"], body, headers)
    good = 200 <= status < 300
    hook["failures"] = 0 if good else hook["failures"] + 1
    hook["alert_status"] = "executable" if hook["failures"] < TOO_OFTEN else "temporarily_disabled"
    kind = "successful" if good else "server_failure"
    attempt = {"hook": hook["id"], "status": kind, "request_headers": {"Idempotency-Key": key}}
    place.events.append({"id": world.number(), "request_data": told, **attempt})
    return status


def routes(world: "World") -> list[Route]:
    """The REST routes of a project's hooks."""

    def hook(number: str, ident: str) -> Row | None:
        place = world.places.get(int(number))
        return place.hooks.get(int(ident)) if place else None

    def shown(it: Row) -> Row:
        secret = ("token", "signing_token", "failures")
        told = {key: value for key, value in it.items() if key not in secret}
        return told | {"signing_token_present": "signing_token" in it}

    def every(asked: Asked, number: str) -> Answer:
        return page(asked, [shown(it) for it in world.places[int(number)].hooks.values()])

    def create(asked: Asked, number: str) -> Answer:
        place, ident = world.places[int(number)], world.number()
        if place.row["permissions"]["project_access"]["access_level"] < 40:
            return Answer({"message": "403 Forbidden"}, 403)
        own = {"id": ident, "alert_status": "executable", "failures": 0}
        place.hooks[ident] = {**asked.json(), **own}
        return Answer(shown(place.hooks[ident]), 201)

    def read(_: Asked, number: str, ident: str) -> Answer:
        found = hook(number, ident)
        return Answer(shown(found)) if found else GONE

    def change(asked: Asked, number: str, ident: str) -> Answer:
        if not (found := hook(number, ident)):
            return GONE
        found.update(asked.json())
        return Answer(shown(found))

    def delete(_: Asked, number: str, ident: str) -> Answer:
        if not hook(number, ident):
            return GONE
        del world.places[int(number)].hooks[int(ident)]
        return Answer(None, 204)

    def events(asked: Asked, number: str, ident: str) -> Answer:
        kept, wanted = reversed(world.places[int(number)].events), asked.query.get("status")
        return page(
            asked, [it for it in kept if (it["hook"], it["status"]) == (int(ident), wanted)]
        )

    async def again(_: Asked, number: str, ident: str, event: str) -> Answer:
        place, found = world.places[int(number)], hook(number, ident)
        before = next((it for it in place.events if it["id"] == int(event)), None)
        if not found or not before:
            return GONE
        key = before["request_headers"]["Idempotency-Key"]
        status = await deliver(world, place, found, before["request_data"], key)
        return Answer({"response_status": status}, 201)

    async def test(_: Asked, number: str, ident: str, trigger: str) -> Answer:
        place, found = world.places[int(number)], hook(number, ident)
        if not found or trigger != "issues_events" or not place.issues:
            return Answer({"message": "Ensure the project has issues."}, 422)
        told = world.event(place, "issue", next(iter(place.issues.values())))
        status = await deliver(world, place, found, told)
        return Answer({"message": "201 Created"}, 201 if 200 <= status < 300 else 422)

    one = rf"{_HOOKS}/(\d+)"
    return [
        Route("GET", _HOOKS, every),
        Route("POST", _HOOKS, create),
        Route("GET", one, read),
        Route("PUT", one, change),
        Route("DELETE", one, delete),
        Route("GET", rf"{one}/events", events),
        Route("POST", rf"{one}/events/(\d+)/resend", again),
        Route("POST", rf"{one}/test/(\w+)", test),
    ]
