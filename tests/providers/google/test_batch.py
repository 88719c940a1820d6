"""Many messages in one call: each part has its own answer, and what has none is asked for alone."""

from typing import Any

import pytest

from services.google import gmail_batch as batch
from services.google.gmail_batch import Part
from services.google.gmail_models import ME
from services.google.gmail_read import WHOLE
from shared.errors import ItemGone, RateLimited, Refused, Unavailable
from tests.fakes.api import Answer, Call, gone
from tests.providers.google.mailbox import BATCH, Mailbox, targets
from tests.providers.google.material import said, state, walk

pytestmark = pytest.mark.anyio


def paths(box: Mailbox) -> list[str]:
    return [it.path.removeprefix(ME) for it in box.api.asked]


async def test_fifty_messages_are_one_call_and_each_is_read_once() -> None:
    box = Mailbox(120, size=50)
    pages = await walk("messages", box.api)
    assert len(state(pages)) == 120
    assert paths(box) == ["/profile", *["/messages", BATCH] * 3, "/history"]
    assert sorted(box.reads()) == sorted(box.mails)


async def test_a_change_of_one_percent_costs_a_list_and_one_read_for_each() -> None:
    """1 + changed / page lists, and one read for each mail that changed, in batches."""
    box = Mailbox(1000, size=batch.LARGEST)
    first = await walk("messages", box.api)
    for changed in (10, 250):
        for n in range(changed):
            box.label(f"m{n}", "INBOX", f"Label_{changed}")
        box.api.asked.clear()
        first = await walk("messages", box.api, first[-1].cursor)
        assert len(state(first)) == changed
        assert len(box.calls("/history")) <= 1 + changed / batch.LARGEST
        assert sorted(box.reads()) == sorted(f"m{n}" for n in range(changed))


async def test_one_message_alone_is_no_batch() -> None:
    box = Mailbox(1)
    await walk("messages", box.api)
    assert paths(box) == ["/profile", "/messages", "/messages/m0", "/history"]


async def test_a_part_that_meets_a_limit_is_asked_for_apart() -> None:
    box = Mailbox(9, size=50)
    box.crowded = {"m3", "m7"}
    pages = await walk("messages", box.api)
    assert len(state(pages)) == 9
    assert paths(box)[2:] == [BATCH, "/messages/m7", "/messages/m3", "/history"]


@pytest.mark.parametrize("error", [ItemGone(), Refused()])
async def test_where_there_are_no_batches_each_message_is_asked_for(error: Exception) -> None:
    """A stand-in that has none, and an answer that is larger than any may be."""
    box = Mailbox(9, size=50)
    box.api.answers["POST", BATCH] = error
    assert len(state(await walk("messages", box.api))) == 9
    assert len(paths(box)) == 1 + 1 + 1 + 9 + 1


@pytest.mark.parametrize("error", [RateLimited(retry_after=9), Unavailable()])
async def test_a_batch_that_may_work_later_is_not_taken_apart(error: Exception) -> None:
    box = Mailbox(9, size=50)
    box.api.answers["POST", BATCH] = error
    with pytest.raises(type(error)):
        await walk("messages", box.api)
    assert paths(box)[-1] == BATCH


async def test_a_message_that_is_too_large_is_read_without_its_attachments() -> None:
    box = Mailbox(3, size=50)
    full = {"id": "m1", "threadId": "m1", "internalDate": "1", "payload": {}}
    asked: list[dict[str, str]] = []

    def large(call: Call) -> Answer:
        asked.append({**call.params})
        return Answer({"raw": "A" * WHOLE} if not call.params else full)

    box.api.answers["GET", f"{ME}/messages/m1"] = large
    pages = await walk("messages", box.api)
    assert [it.id for it in said(pages)] == ["m2", "m1", "m0"]
    assert asked == [{}, {"format": "full"}]  # within the batch, and apart


async def test_a_limit_behind_the_first_batch_waits_for_what_is_asked_again() -> None:
    box, batches = Mailbox(1, size=50), 0
    first = await walk("messages", box.api)
    for n in range(120):
        box.add(f"new{n}")
    box.history[-120:] = [
        {
            "id": str(box.now),
            "messagesAdded": [
                change for it in box.history[-120:] for change in it["messagesAdded"]
            ],
        }
    ]

    def third_is_limited(call: Call) -> Answer:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise RateLimited(retry_after=10)
        return box.batch(call)

    box.api.answers["POST", BATCH] = third_is_limited
    with pytest.raises(RateLimited) as caught:
        await walk("messages", box.api, first[-1].cursor)
    assert caught.value.retry_after == 30


async def test_what_is_gone_within_a_batch_is_left_out() -> None:
    box = Mailbox(5, size=50)
    box.api.answers["GET", f"{ME}/messages/m2"] = gone
    pages = await walk("messages", box.api)
    assert set(state(pages)) == {"m0", "m1", "m3", "m4"}
    assert "/messages/m2" not in paths(box)


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"


def part(number: int, answer: bytes, head: str = "Content-ID: <response-{}@batch>") -> bytes:
    return (
        f"--b\r\nContent-Type: application/http\r\n{head.format(number)}\r\n\r\n".encode() + answer
    )


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("multipart/mixed; boundary=b", part(0, OK + b"{}"), {0: Part(200, b"{}")}),
        ('multipart/mixed; boundary="b"', part(7, OK + b"{}"), {7: Part(200, b"{}")}),
        ("multipart/mixed; charset=x; Boundary=b", part(0, OK), {0: Part(200, b"")}),
        (
            "multipart/mixed; boundary=b",
            part(0, OK, "content-id: <RESPONSE-{}@batch>"),
            {0: Part(200, b"")},
        ),
        (
            "multipart/mixed; boundary=b",
            part(0, b"HTTP/1.1 429 Slow\r\n\r\n{}"),
            {0: Part(429, b"{}")},
        ),
        ("multipart/mixed; boundary=b", part(0, OK, "Content-ID: <7>"), {}),
        ("multipart/mixed; boundary=b", part(0, b"no status"), {}),
        ("multipart/mixed; boundary=b", b"", {}),
        ("multipart/mixed; boundary=c", part(0, OK), {}),
        ("application/json", b"{}", {}),
        ("", part(0, OK), {}),
    ],
)
def test_an_answer_is_taken_apart_or_left(kind: str, body: bytes, wanted: Any) -> None:
    assert batch.answered(kind, body + b"\r\n--b--\r\n") == wanted


def test_a_question_is_read_by_the_email_package() -> None:
    asked = [f"{ME}/messages/m{n}?format=raw" for n in range(batch.LARGEST)]
    whole = batch.question("b0", asked)
    assert targets(whole) == [it.partition("?")[0] for it in asked]
    assert whole.count(batch.PART) == batch.LARGEST
