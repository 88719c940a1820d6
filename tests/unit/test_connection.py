"""What is told of a connection has one shape a word, and nothing else gets in."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import ValidationError, json

from shared.normalizer.cloudevents import Event, of_connection

AT = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = UUID(int=7)


def told(what: str, **facts: Any) -> Event:
    return of_connection(
        what,
        source="feed",
        account_id=ACCOUNT,
        user_id="ana",
        at=AT,
        occasion="1",
        detail={"provider": "feed", **facts},
    )


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        ("connected", {}),
        ("connected", {"consent_ends_at": "2027-01-01T00:00:00Z"}),
        ("reauth_required", {"reason": "expired"}),
        ("subscription_renewed", {"name": "hooks", "resource": "", "how": "created"}),
        (
            "sync_finished",
            {
                "run_id": str(ACCOUNT),
                "status": "success",
                "mode": "full",
                "listed": 3,
                "published": 2,
                "unchanged": 1,
            },
        ),
        ("deleted", {"reason": "asked"}),
    ],
)
def test_a_happening_says_whose_it_is_and_its_own_facts(what: str, facts: dict[str, Any]) -> None:
    event = told(what, **facts)
    whose = {"account_id": str(ACCOUNT), "source": "feed", "provider": "feed", "user_id": "ana"}
    body = {"what": what, "at": "2026-01-01T00:00:00Z", **whose, **facts}
    assert json.decode(event.payload) == body
    assert event.headers["ce-type"] == f"self.integration.{what}"
    assert event.subject == "self.integrations.feed.ana"


@pytest.mark.parametrize(
    ("what", "facts"),
    [
        ("exploded", {}),
        ("connected", {"access_token": "t0ken"}),
        ("deleted", {}),
        ("reauth_required", {"reason": "bored"}),
    ],
)
def test_a_word_or_a_fact_that_nobody_declared_is_refused(what: str, facts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        told(what, **facts)
