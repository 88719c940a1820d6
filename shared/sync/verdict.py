"""What an error means for the walk it stopped."""

import random
from typing import Literal

from shared.errors import Away, Ended, HubError, ItemGone, RateLimited, Unavailable
from shared.provider import Provider
from shared.store import accounts, events, syncs
from shared.store.database import Connection
from shared.store.syncs import Unit

Ending = Literal["done", "paused", "failed", "ended"]

AFTER_REFUSAL = 3600.0
"""Seconds until a walk that was refused is tried again: long enough for a person to mend it."""

LONGEST_PAUSE = 900.0
"""Seconds between two tries, at most, while the provider does not answer."""


def verdict(error: Exception, unit: Unit) -> tuple[Ending, float, str]:
    """How the walk ends, in how many seconds it is due again, and the sentence for people."""
    match error:
        case RateLimited():
            return "paused", error.retry_after * random.uniform(1.0, 1.2), str(error)  # noqa: S311 - jitter
        case Unavailable() | Away():
            ceiling = min(LONGEST_PAUSE, 2.0 ** min(unit.error_count, 10))
            return "paused", random.uniform(0.5, 1.0) * ceiling, str(error)  # noqa: S311 - jitter
        case ItemGone() if unit.resource.id:
            return "done", AFTER_REFUSAL, f"left out: {error}"
        case Ended():
            return "ended", AFTER_REFUSAL, str(error)
        case HubError():
            return "failed", AFTER_REFUSAL, str(error)
        case _:  # a mistake in the code; what it says may quote a payload
            sentence = f"the walk failed in a way nobody foresaw ({type(error).__name__})"
            return "failed", AFTER_REFUSAL, f"{sentence}; the log has more"


async def tell(
    conn: Connection, provider: Provider, unit: Unit, ending: Ending, sentence: str
) -> None:
    """Show on the account how its walk ended: a failure until one succeeds, an end for good.

    What goes wrong with a part of the account is told by the run alone.
    """
    if ending == "failed" and not unit.resource.id:
        await syncs.fail_account(conn, unit.account_id, sentence)
    if ending != "ended":
        return
    account = await accounts.set_status(conn, unit.account_id, "revoked", sentence)
    if account:
        await events.announce(conn, provider, account, "reauth_required", {"reason": "revoked"})
