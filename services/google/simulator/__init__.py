"""Google, played on this machine for demos and tests: it shares no code with the service it tries.

Consent with scopes that can be left out, a mailbox with history and Pub/Sub, a calendar with sync tokens,
a Drive with its log, channels, and faults on command; the same data every time.
"""

import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from services.google.simulator import downloads, rest
from services.google.simulator.batch import Batches
from services.google.simulator.consent import CLIENT_ID, Consent
from services.google.simulator.signer import ACCOUNT, Signer
from services.google.simulator.world import World
from shared.simulation import Happening, Mail, Post, Simulation

CLIENT_SECRET = "simulated-client-secret"  # noqa: S105 - of a Google that does not exist


class Google(Simulation):
    """The whole of it; tests reach into `world` and `consent`."""

    world: World
    consent: Consent


def app(
    post: Post,
    callback_url: str = "",
    secret: str = "",
    *,
    mails: int = 20,
    now: Callable[[], float] = time.time,
) -> Google:
    """Sam's account, with so many mails, a calendar and a Drive. Pub/Sub pushes to `callback_url`."""
    signer = Signer()
    world = World(Mail(post), signer, callback_url, secret, now)
    consent = Consent(CLIENT_SECRET, signer, now)
    _fill(world, mails)
    mailbox = rest.gmail(world)
    batches = Batches(mailbox)

    def environment(url: str) -> Mapping[str, str]:
        return {
            "GOOGLE_API_URL": url,
            "GOOGLE_AUTH_URL": f"{url}/o/oauth2/v2/auth",
            "GOOGLE_TOKEN_URL": f"{url}/token",
            "GOOGLE_CERTS_URL": f"{url}/oauth2/v1/certs",
            "GOOGLE_CLIENT_ID": CLIENT_ID,
            "GOOGLE_CLIENT_SECRET": CLIENT_SECRET,
            "GOOGLE_WEBHOOK_SECRET": secret,
            "GOOGLE_PUBSUB_TOPIC": "projects/simulated/topics/gmail",
            "GOOGLE_PUBSUB_SERVICE_ACCOUNT": ACCOUNT,
        }

    made = Google(
        [
            *(*consent.routes(), *mailbox, batches.route(), *rest.calendar(world)),
            *(*rest.drive(world), *downloads.routes(world)),
        ],
        mail=world.mail,
        guard=consent.refused,
        story=_story(world),
        environment=environment,
        faults={
            "expired": consent.expire,
            "forgotten": world.forget,
            "crowded": batches.crowd,
            "limited": consent.limit,
            "rotated": signer.rotate,
            "unwatched": world.unwatch,
        },
    )
    made.world, made.consent = world, consent
    return made


def _story(world: World) -> Mapping[str, Happening]:
    """What can be made to happen, in the order in which it makes sense."""

    async def arrived() -> None:
        await world.arrive("The demo has begun", "Hello Sam,\n\nthis mail has just arrived.")

    async def starred() -> None:
        await world.label(max(world.mails), ["INBOX", "STARRED"])

    async def deleted() -> None:
        await world.delete(max(world.mails))

    async def invited() -> None:
        await world.plan("demo", "Demo of the demo")

    async def shared() -> None:
        await world.save("demo", "Notes of the demo")

    return {
        "arrived": Happening("A mail arrives for Sam", arrived),
        "starred": Happening("Sam gives it a star", starred),
        "invited": Happening("Sam is invited to a meeting", invited),
        "shared": Happening("A file appears in Sam's Drive", shared),
        "deleted": Happening("The mail is deleted for ever", deleted),
    }


def _fill(world: World, mails: int) -> None:
    """The same account every time, without telling anybody."""
    for number in range(mails):
        at_once(world.arrive(f"Mail {number}", f"This is mail number {number}."))
    at_once(world.plan("standup", "Stand-up", recurrence=["RRULE:FREQ=DAILY"]))
    at_once(
        world.plan("holiday", "Holiday", start={"date": "2026-12-24"}, end={"date": "2026-12-27"})
    )
    at_once(world.save("plan", "Plan", mimeType="application/vnd.google-apps.document", size="20"))
    at_once(world.save("picture", "Picture.png", mimeType="image/png", size="1024"))


def at_once(story: Coroutine[Any, Any, Any]) -> None:
    """Let it happen at once: nobody listens yet, so that it never waits."""
    try:
        story.send(None)
    except StopIteration:
        return
    raise AssertionError("something waits before anybody listens")
