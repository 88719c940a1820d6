"""The whole service, from the stream to its API."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.normalizer import Message, Person, Recipient
from shared.normalizer.cloudevents import Event
from shared.store.database import Database
from tests.context.fold import AT, Told, account, fold, heard, tables
from tests.context.goldens import messages
from tests.context.stage import Stage, seen, serving
from tests.hostile.routes import operations

pytestmark = pytest.mark.anyio

ANA = Person(email="ana@acme.test", name="Ana")
BEN = Person(email="ben@acme.test", name="Ben")
ZOE = Person(id="U9", email="zoe@acme.test", name="Zoë")


@pytest.fixture
async def stage(db: Database, database_url: str, nats_url: str) -> AsyncIterator[Stage]:
    async with serving(db, database_url, nats_url) as stage:
        yield stage


def to(*who: Person, role: str = "to") -> tuple[Recipient, ...]:
    return tuple(Recipient(it.id, it.name, it.email, role) for it in who)


def mail(number: int, author: Person, *others: Person, **facts: Any) -> Message:
    given: dict[str, Any] = {
        "id": f"m{number}",
        "source": "gmail",
        "type": "email",
        "timestamp": AT + timedelta(minutes=number),
        "author": author,
        "recipients": to(*others),
        "title": f"Mail {number}",
        "thread_id": "t1",
    }
    return Message(**given | facts)


async def test_what_the_providers_tell_is_taken_in_whole(stage: Stage) -> None:
    told = [Told(it, number, f"of {it.source}") for number, it in enumerate(messages(), 1)]
    assert len(told) > 200
    await stage.tell(*told)
    assert await tables(stage.db) == fold(map(heard, told))
    standing = await stage.get("/status", await stage.key("connections:read"))
    assert standing["dead_letters"] == 0
    assert standing["lag"] == {"pending": 0, "unsettled": 0}
    ana = await stage.key()
    whole = await stage.get("/api/v1/people", ana, limit=200, automated=True)
    assert len(whole["people"]) > 20
    for path in ("people", "events", "tasks", "relationships"):
        paged: list[Any] = []
        following: str | None = ""
        while following is not None:
            page = await stage.get(
                f"/api/v1/{path}",
                ana,
                limit=7,
                cursor=following,
                **({"state": "any"} if path == "tasks" else {}),
            )
            paged += page[path]
            following = page.get("next_cursor")
        once = await stage.get(
            f"/api/v1/{path}", ana, limit=200, **({"state": "any"} if path == "tasks" else {})
        )
        assert paged[:200] == once[path], f"pages of {path} are not the whole"
        assert paged, path


async def test_people_are_found_and_their_names_are_the_newest(stage: Stage) -> None:
    again = Person(id="U9", email="zoe@acme.test", name="Zoë Quill")
    robot = Person(email="no-reply@acme.test", name="Robot")
    await stage.tell(Told(mail(1, ZOE, ANA)), Told(mail(2, again, BEN)), Told(mail(3, robot, ANA)))
    ana = await stage.key()
    found = (await stage.get("/api/v1/people", ana))["people"]
    assert {it["name"] for it in found} == {"Ana", "Ben", "Zoë Quill"}
    (zoe,) = (await stage.get("/api/v1/people", ana, q="quill"))["people"]
    profile = await stage.get(f"/api/v1/people/{zoe['id']}", ana)
    assert profile["names"] == ["Zoë Quill", "Zoë"]
    assert profile["handles"] == [{"source": "gmail", "id": "U9"}]
    assert profile["roles"] == {"author": 2}
    assert zoe["emails"] == ["zoe@acme.test"]
    timeline = await stage.get(f"/api/v1/people/{zoe['id']}/timeline", ana, limit=1)
    assert timeline["moments"][0]["message"]["id"] == "m2"
    rest = await stage.get(
        f"/api/v1/people/{zoe['id']}/timeline", ana, cursor=timeline["next_cursor"]
    )
    assert [it["message"]["id"] for it in rest["moments"]] == ["m1"]
    everybody = (await stage.get("/api/v1/people", ana, automated=True))["people"]
    assert {it["name"] for it in everybody if it["automated"]} == {"Robot"}


async def test_an_invitation_and_the_calendar_are_one_event(stage: Stage) -> None:
    invited = mail(
        1,
        ZOE,
        ANA,
        title="Invitation: Review",
        metadata={"has_invite": "true", "ics_uid": "u1@x", "invite_method": "REQUEST"},
    )
    entry = Message(
        id="c1",
        source="google_calendar",
        type="event",
        timestamp=AT,
        title="Review",
        recipients=to(ZOE, role="organizer") + to(ANA, role="attendee"),
        metadata={
            "ical_uid": "u1@x",
            "start": "2026-11-10T15:00:00+01:00",
            "end": "2026-11-10T16:00:00+01:00",
        },
    )
    other = mail(
        2,
        ZOE,
        ANA,
        title="Cancelled: Lunch",
        metadata={"has_invite": "true", "ics_uid": "u2@x", "invite_method": "CANCEL"},
    )
    await stage.tell(Told(invited), Told(entry), Told(other))
    ana = await stage.key()
    (event,) = (await stage.get("/api/v1/events", ana))["events"]
    assert event["title"] == "Review"
    assert [it["kind"] for it in event["told_by"]] == ["calendar", "invitation"]
    assert {(it["name"], it["role"]) for it in event["people"]} == {
        ("Zoë", "organizer"),
        ("Ana", "attendee"),
    }
    whole = (await stage.get("/api/v1/events", ana, cancelled=True))["events"]
    assert seen(whole, "title", "cancelled") == [("Review", False), ("Cancelled: Lunch", True)]
    for since, n in (("2026-11-10T15:00:00Z", 1), ("2026-11-10T15:00:01Z", 0)):
        assert len((await stage.get("/api/v1/events", ana, since=since))["events"]) == n
    met = (await stage.get("/api/v1/relationships", ana, kind="met"))["relationships"]
    assert seen(met, "count") == [(1,)]
    gone = Message(id="c1", source="google_calendar", type="event", timestamp=AT, deleted=True)
    await stage.tell(Told(gone))
    (event,) = (await stage.get("/api/v1/events", ana))["events"]
    assert event["title"] == "Invitation: Review"


async def test_what_the_user_says_of_a_task_survives_new_versions(stage: Stage) -> None:
    asked = mail(1, ZOE, ANA, content="Hello,\ncould you send me the contract by Friday?")
    await stage.tell(Told(asked))
    ana = await stage.key()
    (task,) = (await stage.get("/api/v1/tasks", ana))["tasks"]
    assert task["rule"] == "request"
    assert task["evidence"] == "could you send me the contract by Friday?"
    where = f"/api/v1/tasks/{task['id']}"
    done = await stage.http.patch(where, headers=ana, json={"state": "done"})
    assert (done.status_code, done.json()["state"], done.json()["marked"]) == (200, "done", True)
    assert (await stage.get("/api/v1/tasks", ana))["tasks"] == []
    more = mail(1, ZOE, ANA, content="Could you send me the contract by Friday?\nTODO: sign it")
    await stage.tell(Told(more))
    told = (await stage.get("/api/v1/tasks", ana, state="any"))["tasks"]
    assert sorted(seen(told, "rule", "state")) == [("request", "done"), ("todo", "open")]
    back = await stage.http.patch(where, headers=ana, json={"state": "open"})
    assert (back.json()["state"], back.json()["marked"]) == ("open", False)


async def test_relationships_are_counted_by_kind(stage: Stage) -> None:
    issue = Message(
        id="i1",
        source="github",
        type="issue",
        timestamp=AT,
        title="Broken",
        author=BEN,
        recipients=to(ZOE, role="assignee"),
        mentions=(ANA,),
    )
    pull = Message(id="p1", source="github", type="pull_request", timestamp=AT, author=BEN)
    review = Message(
        id="r1", source="github", type="review", timestamp=AT, author=ZOE, parent_id="p1"
    )
    answer = mail(3, ZOE, ANA, parent_id="m1")
    await stage.tell(
        *map(Told, (review, mail(1, ANA, ZOE), mail(2, ANA, ZOE, BEN), answer, issue, pull))
    )
    ana = await stage.key()
    told = (await stage.get("/api/v1/relationships", ana))["relationships"]
    assert sorted(seen(told, "from_name", "kind", "to_name", "count")) == [
        ("Ana", "emailed", "Ben", 1),
        ("Ana", "emailed", "Zoë", 2),
        ("Ben", "assigned", "Zoë", 1),
        ("Ben", "mentioned", "Ana", 1),
        ("Zoë", "emailed", "Ana", 1),
        ("Zoë", "replied", "Ana", 1),
        ("Zoë", "reviewed", "Ben", 1),
    ]
    assert told[0]["count"] == 2
    people = (await stage.get("/api/v1/people", ana))["people"]
    for person in people:
        mine = await stage.get("/api/v1/relationships", ana, person_id=person["id"])
        assert mine["relationships"] == [
            it for it in told if person["id"] in (it["from_id"], it["to_id"])
        ]


async def test_words_are_found_with_their_place_and_escaped(stage: Stage) -> None:
    text = "We have 1 < 2 signed the Überweisung & contract"
    await stage.tell(
        Told(mail(1, ZOE, ANA, content=text)),
        Told(mail(2, BEN, ANA, content="the contract was not sent")),
        Told(mail(1, ZOE, ANA, content="the contract of ben"), user="ben", account="three"),
    )
    ana = await stage.key()

    async def found(**params: Any) -> list[str]:
        hits = (await stage.get("/api/v1/search", ana, **params))["hits"]
        return [it["message"]["id"] for it in hits]

    assert await found(q="contract") == ["m2", "m1"]
    assert await found(q="überweisung") == ["m1"]
    assert await found(q='"the contract"') == ["m2"]
    assert await found(q="contract -sent") == ["m1"]
    assert await found(q="contract", type="issue") == []
    assert await found(q="contract", until=(AT + timedelta(minutes=2)).isoformat()) == ["m1"]
    assert await found(q="ben \0") == []
    (ben,) = (await stage.get("/api/v1/people", ana, q="ben@"))["people"]
    assert await found(q="contract", person_id=ben["id"]) == ["m2"]
    (hit, _) = (await stage.get("/api/v1/search", ana, q="signed or contract", limit=2))["hits"]
    (hit,) = (await stage.get("/api/v1/search", ana, q="überweisung"))["hits"]
    assert "1 &lt; 2 signed" in hit["snippet"]
    assert "<mark>Überweisung</mark> &amp;" in hit["snippet"]
    thread = await stage.get("/api/v1/threads/gmail/t1", ana)
    assert [it["id"] for it in thread["messages"]] == ["m1", "m2"]
    first = await stage.get("/api/v1/search", ana, q="contract", limit=1)
    rest = await stage.get("/api/v1/search", ana, q="contract", cursor=first["next_cursor"])
    assert [it["message"]["id"] for it in rest["hits"]] == ["m1"]


async def test_a_deleted_account_leaves_nothing(stage: Stage) -> None:
    await stage.tell(
        Told(mail(1, ZOE, ANA, content="- [ ] secret")), Told(mail(2, BEN, ANA), account="two")
    )
    await stage.tell(Told(None))
    ana = await stage.key()
    names = {it["name"] for it in (await stage.get("/api/v1/people", ana))["people"]}
    assert names == {"Ana", "Ben"}
    assert (await stage.get("/api/v1/search", ana, q="secret"))["hits"] == []
    found = await tables(stage.db)
    assert {key[0] for key in found["items"]} == {account("two")}
    assert found["tasks"] == []


async def test_nobody_sees_what_is_somebody_elses(stage: Stage) -> None:
    """Over every route that the service's own file describes."""
    entry = Message(
        id="c1",
        source="google_calendar",
        type="event",
        timestamp=AT,
        title="Bens",
        metadata={"start": "2026-11-10"},
    )
    mine = mail(1, ZOE, ANA, content="- [ ] canary of ben")
    for message in (mine, entry):
        await stage.tell(Told(message, user="ben", account="three"))
    ana, ben = await stage.key(), await stage.key(user="ben")
    theirs = {
        "person_id": (await stage.get("/api/v1/people", ben))["people"][0]["id"],
        "task_id": (await stage.get("/api/v1/tasks", ben))["tasks"][0]["id"],
        "source": "gmail",
        "thread_id": "t1",
        "q": "canary",
        "state": "done",
    }
    document = await stage.get("/schema/openapi.json", {})
    tried = 0
    for it in operations(document):
        if it.open or not it.path.startswith("/api/"):
            continue
        path, arguments = it.request(theirs)
        arguments["params"].pop("state", None)
        nobody, anonymous = (
            await stage.http.request(it.method, path, headers=ana, **arguments),
            await stage.http.request(it.method, path, **arguments),
        )
        assert anonymous.status_code == 401
        assert nobody.status_code in (200, 404), nobody.text
        assert "canary" not in nobody.text.replace("q=canary", "")
        assert "ben" not in nobody.text
        if nobody.status_code == 404:
            unknown = {**theirs, "person_id": uuid4(), "task_id": uuid4(), "thread_id": "none"}
            path, arguments = it.request(unknown)
            arguments["params"].pop("state", None)
            same = await stage.http.request(it.method, path, headers=ana, **arguments)
            assert (same.status_code, same.content) == (nobody.status_code, nobody.content)
        foreign = await stage.http.request(
            it.method,
            path,
            headers=ana,
            **{**arguments, "params": {**arguments["params"], "user_id": "ben"}},
        )
        assert foreign.status_code == 403
        tried += 1
    assert tried >= 9
    assert (await stage.get("/api/v1/tasks", ben))["tasks"], "ana has marked ben's task"


async def test_what_is_no_event_is_given_up_on_and_nothing_of_it_is_kept(
    stage: Stage,
) -> None:
    bad = Event(
        account("one"), "self.events.email.gmail.ana", "bad", {"Nats-Msg-Id": "bad"}, b"canary"
    )
    await stage.bus.publish([bad])
    await stage.tell(Told(mail(1, ZOE, ANA)))
    standing = await stage.get("/status", await stage.key("connections:read"))
    assert standing["dead_letters"] == 1
    async with stage.db.connection() as conn:
        (row,) = await (
            await conn.execute("select it::text from context.dead_letter it")
        ).fetchall()
    assert "canary" not in row[0]
    figures = (await stage.http.get("/metrics")).text
    assert 'self_consumer_messages_total{consumer="context",outcome="given_up"} 1.0' in figures
    assert (await stage.http.get("/health")).status_code == 200
    assert (await stage.http.get("/health/ready")).status_code == 200


async def test_a_cursor_that_nobody_gave_is_the_callers_to_mend(stage: Stage) -> None:
    ana = await stage.key()
    for path in ("people", "events", "tasks", "relationships"):
        for page in ("x", "AAAA", "WzEsMl0", "é", "W10"):
            answer = await stage.http.get(f"/api/v1/{path}", headers=ana, params={"cursor": page})
            assert answer.status_code == 400, (path, page, answer.text)
