"""What is wrong with a service and what to do about it, as sentences; and what a click has done."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from shared.service.console.render import lasting, plural
from shared.service.ops_routes import Report
from shared.store.status import Lag

Grave = Literal["bad", "warn"]

LATE = 900.0
"""Seconds that a walk may be late before it is worth a word."""
WAITED = 60.0
"""Seconds that something may wait in a queue before it is worth a word."""


class Finding(Struct, frozen=True):
    """One thing that is not as it should be: what, what to do, and the page that shows it."""

    grave: Grave
    says: str
    do: str
    page: str = ""


SAID = {
    "paused": "Sync is paused. Webhooks are still taken; nothing is walked until you resume it.",
    "resumed": "Sync goes on.",
    "started": "The sync is under way. It goes on if you leave this page.",
    "closing": "The connection is closed: the provider is told, and the data is erased shortly.",
    "queued": "The delivery is in the inbox again, as if it had just arrived. Trace it to see what becomes of it.",
    "published": "It could be read this time and is on its way to the stream.",
    "unchanged": "It could be read this time and brought nothing new.",
    "out": "You are signed out.",
    "connected": "Connected. The first messages arrive below.",
    "denied": "Access was not given, so nothing was connected. You can try again.",
    "failed": "That did not work, and nothing was connected. Please try again.",
}
"""What a page says after a click, by the word in its address; other words say nothing."""

ADVICE = {
    "expired": "The grant ended: the user has to connect again.",
    "revoked": "The user or the provider took the access away: the user has to connect again.",
    "error": "The hub keeps trying by itself; the message tells what is in the way.",
    "deleting": "It is being disconnected and goes away by itself.",
}
"""What to do about an account that is not active."""


def findings(report: Report) -> list[Finding]:
    """Everything about a service that a person should know of, the gravest first."""
    found = [*_parts(report), *_accounts(report), *_queues(report), *_streams(report)]
    return sorted(found, key=lambda it: it.grave != "bad")


def state(report: Report) -> str:
    """One word for the service: ok, warn, bad, or off where nobody can connect."""
    graves = {it.grave for it in findings(report)}
    if not report.configured and not report.now.accounts:
        return "off"
    return "bad" if "bad" in graves else "warn" if graves else "ok"


def _parts(report: Report) -> Iterator[Finding]:
    if report.missing:
        names = ", ".join(report.missing)
        yield Finding("warn", f"Not configured: {names}.", "Set it and start the service again.")
    if report.nats != "connected":
        yield Finding(
            "bad",
            "NATS does not answer.",
            "Look at the NATS server. Nothing is lost: events wait in PostgreSQL and go out when it is back.",
        )


def _accounts(report: Report) -> Iterator[Finding]:
    counts = report.now.accounts
    if gone := counts.get("expired", 0) + counts.get("revoked", 0):
        has = "has" if gone == 1 else "have"
        yield Finding(
            "warn",
            f"{plural(gone, 'account')} {has} to be connected again.",
            "Send those users a connect link.",
            "accounts",
        )
    if broken := counts.get("error", 0):
        is_ = "is" if broken == 1 else "are"
        yield Finding(
            "bad",
            f"{plural(broken, 'account')} {is_} in trouble.",
            "The account's page says why.",
            "accounts",
        )


def _queues(report: Report) -> Iterator[Finding]:
    now = report.now
    if letters := sum(now.dead_letters.values()):
        yield Finding(
            "bad",
            f"{plural(letters, 'dead letter')}: given up on, kept whole.",
            "Read why, mend the cause, then replay.",
            "dead-letters",
        )
    if now.inbox_oldest_seconds > WAITED:
        waited = lasting(now.inbox_oldest_seconds)
        says = f"{plural(now.inbox_due, 'delivery', 'deliveries')} wait to be read, the oldest for {waited}."
        yield Finding("bad", says, "Look for errors of the loop inbox in the log.")
    if now.outbox_oldest_seconds > WAITED:
        waited = lasting(now.outbox_oldest_seconds)
        says = (
            f"{plural(now.outbox_waiting, 'event')} wait to be published, the oldest for {waited}."
        )
        yield Finding("bad", says, "Is NATS away, or its stream full?")
    if now.inbox_unrouted:
        says = f"{plural(now.inbox_unrouted, 'delivery', 'deliveries')} belong to no connected account."
        yield Finding(
            "warn", says, "They are kept for seven days and read once their account connects."
        )
    if failed := now.subscriptions.get("failed", 0):
        yield Finding(
            "warn",
            f"{plural(failed, 'subscription')} could not be set up.",
            "The page says why; it is tried again by itself, and walks find the changes meanwhile.",
            "subscriptions",
        )


def _streams(report: Report) -> Iterator[Finding]:
    for name, lag in report.now.streams.items():
        if lag.failing:
            says = f"The stream {name} fails for {plural(lag.failing, 'walk')} of {lag.walks:,}."
            yield Finding(
                "bad", says, "It is tried again with growing pauses; the syncs say why.", "syncs"
            )
        elif _late(lag):
            says = f"The stream {name} is late by {lasting(lag.overdue_seconds)}."
            yield Finding("warn", says, "Does the provider throttle? Else add a replica.", "syncs")


def _late(lag: Lag) -> bool:
    return lag.overdue_seconds > LATE
