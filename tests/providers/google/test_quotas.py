"""What calls cost, by Google's table of 2026, and that every call of ours is in it."""

import pytest

from services.google import gmail_batch as batch
from services.google import quotas
from services.google.calendar_sync import events_of
from services.google.gmail_models import ME
from shared.types import Charge
from tests.providers.google.mailbox import BATCH, Mailbox
from tests.providers.google.material import walk


@pytest.mark.parametrize(
    ("call", "charge"),
    [
        (f"GET {ME}/profile", Charge("gmail", 1)),
        (f"GET {ME}/labels", Charge("gmail", 1)),
        (f"GET {ME}/history", Charge("gmail", 2)),
        (f"GET {ME}/messages", Charge("gmail", 5)),
        (f"GET {ME}/messages/m1", Charge("gmail", 20)),
        (f"GET {ME}/messages/m1/attachments/a1", Charge("gmail", 20)),
        (f"GET {ME}/messages/send", Charge("gmail", 20)),
        (f"GET {ME}/threads", Charge("gmail", 10)),
        (f"GET {ME}/threads/t1", Charge("gmail", 40)),
        (f"POST {ME}/messages/m1/modify", Charge("gmail", 5)),
        (f"POST {ME}/messages/send", Charge("gmail", 100)),
        (f"POST /upload{ME}/messages/send", Charge("gmail", 100)),
        (f"POST {ME}/drafts", Charge("gmail", 10)),
        (f"PUT {ME}/drafts/d1", Charge("gmail", 15)),
        (f"POST {ME}/drafts/send", Charge("gmail", 100)),
        (f"POST {ME}/watch", Charge("gmail", 100)),
        (f"POST {ME}/stop", Charge("gmail", 50)),
        (f"GET {events_of('sam@acme.test')}", Charge("calendar", 1)),
        ("POST /calendar/v3/freeBusy", Charge("calendar", 1)),
        ("GET /drive/v3/files", Charge("drive", 100)),
        ("GET /drive/v3/changes", Charge("drive", 100)),
        ("GET /drive/v3/changes/startPageToken", Charge("drive", 5)),
        ("GET /drive/v3/files/f1", Charge("drive", 5)),
        ("GET /drive/v3/files/f1/export", Charge("drive", 200)),
        ("POST /drive/v3/changes/watch", Charge("drive", 50)),
        ("GET /v1/userinfo", None),
        ("POST /revoke", None),
    ],
)
def test_a_call_costs_what_google_says(call: str, charge: Charge | None) -> None:
    method, path = call.split(" ")
    found = [*quotas.charges(method, path, b"")]
    assert found == ([charge] if charge else [])
    assert all(it.quota in quotas.QUOTAS for it in found)


def test_a_batch_costs_what_its_parts_cost() -> None:
    whole = batch.question("b", [f"{ME}/messages/m{n}?format=raw" for n in range(50)])
    (charge,) = quotas.charges("POST", BATCH, whole)
    assert charge == Charge("gmail", 1000)
    assert charge.units <= quotas.QUOTAS["gmail"].capacity


@pytest.mark.anyio
async def test_a_thousand_mails_cost_twenty_thousand_units_and_their_lists() -> None:
    box = Mailbox(1000, size=50)
    await walk("messages", box.api)
    spent = [
        charge.units
        for call in box.api.asked
        for charge in quotas.charges(call.method, call.path, call.body or b"")
    ]
    assert sum(spent) == 1 + 20 * 5 + 1000 * 20 + 2
