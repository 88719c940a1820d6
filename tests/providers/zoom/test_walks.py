"""Walks: over what is planned, month by month over what was, and over one time of a meeting."""

from datetime import date
from typing import Any

import pytest
from msgspec import json

from services.zoom import instances
from services.zoom.dialect import Lacking, TokenDead
from services.zoom.instances import UNFETCHED, Seen
from services.zoom.listing import Walk
from services.zoom.paths import real, safe, segment
from services.zoom.provider import provider
from services.zoom.recorded import File
from services.zoom.sync import ODD, Planned
from shared.errors import (
    ItemGone,
    RateLimited,
    Reauthorize,
    Refused,
    TooLarge,
    Unavailable,
    Unreadable,
)
from shared.normalizer import encode
from shared.sync.normalize import prepare
from shared.sync.pages import proves
from shared.types import Resource
from tests.fakes.api import Answer, Call, FakeApi
from tests.providers.zoom.material import (
    AT,
    NOW,
    NUMBER,
    SLASHES,
    UUID,
    answer,
    api_of,
    recorded,
    said,
    stream,
    told,
    walk,
    webhook,
)

pytestmark = pytest.mark.anyio

ME, PLANS, LIBRARY = "GET /users/me", "GET /users/me/meetings", "GET /users/me/recordings"
PAST, FILES = f"GET /past_meetings/{AT}", f"GET /meetings/{AT}/recordings"
PEOPLE, SUMMARY = f"{PAST}/participants", f"GET /meetings/{AT}/meeting_summary"
DAY = 86_400.0


def me(created: str = "2025-12-01T08:00:00Z") -> dict[str, Any]:
    found: dict[str, Any] = answer("meetings", ME) | {"created_at": created}
    return found


def page(*rows: Any, token: str = "") -> dict[str, Any]:
    return {"meetings": list(rows), "next_page_token": token}


def windows(api: FakeApi) -> list[tuple[str, str]]:
    """The days that were asked for."""
    asked = [it.params for it in api.asked if "from" in it.params]
    return [(it["from"], it["to"]) for it in asked]


def at(day: str) -> float:
    """Noon of a day, in epoch seconds."""
    return (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY + DAY / 2


@pytest.mark.parametrize(
    ("uuid", "path"),
    [
        (UUID, AT),
        (SLASHES, "%252Fabc%252F%252FdEfGhIjKlMnOpQrS%253D%253D"),
        ("/abcEfGhIjKlMnOpQrStUv==", "%252FabcEfGhIjKlMnOpQrStUv%253D%253D"),
        ("abc//EfGhIjKlMnOpQrStUv=", "abc%252F%252FEfGhIjKlMnOpQrStUv%253D"),
        ("abc/EfGhIjKlMnOpQ+StUv==", "abc%2FEfGhIjKlMnOpQ%2BStUv%3D%3D"),
        (str(NUMBER), str(NUMBER)),
    ],
)
def test_5_a_uuid_that_looks_like_a_path_is_encoded_twice(uuid: str, path: str) -> None:
    assert segment(uuid) == path
    assert real(safe(uuid)) == uuid


@pytest.mark.parametrize(
    ("today", "since", "months"),
    [
        ("2026-01-06", "2025-12-05", [("2026-01-01", "2026-01-06"), ("2025-12-05", "2025-12-31")]),
        (
            "2024-03-01",
            "2024-01-30",
            [
                ("2024-03-01", "2024-03-01"),
                ("2024-02-01", "2024-02-29"),
                ("2024-01-30", "2024-01-31"),
            ],
        ),
        ("2026-03-15", "2026-02-28", [("2026-03-01", "2026-03-15"), ("2026-02-28", "2026-02-28")]),
        ("2026-01-06", "2026-01-06", [("2026-01-06", "2026-01-06")]),
        ("2026-01-06", "2027-01-01", [("2026-01-06", "2026-01-06")]),
    ],
)
async def test_6_days_are_asked_for_by_the_month(
    today: str, since: str, months: list[tuple[str, str]]
) -> None:
    api = api_of({ME: me(f"{since}T08:00:00Z"), LIBRARY: page()})
    pages = await walk("library", api, now=at(today))
    assert windows(api) == months
    assert pages[-1].cursor == Walk(mark=today)


@pytest.mark.parametrize("created", ["", "soon", "0001-01-01T00:00:00+23:59"])
async def test_6_where_nobody_says_since_when_a_year_is_asked_for(created: str) -> None:
    api = api_of({ME: me(created), LIBRARY: page()})
    await walk("library", api, now=at("2026-01-06"))
    assert windows(api)[-1][0] == "2025-01-05"
    assert len(windows(api)) == 13


async def test_6_later_walks_look_two_days_back() -> None:
    api = api_of({LIBRARY: page()})
    (only,) = await walk("library", api, cursor=Walk(mark="2026-01-05"), now=at("2026-01-06"))
    assert windows(api) == [("2026-01-03", "2026-01-06")]
    assert only.cursor == Walk(mark="2026-01-06")


async def test_6_after_a_long_rest_all_months_in_between_are_asked_for() -> None:
    api = api_of({LIBRARY: page()})
    await walk("library", api, cursor=Walk(mark="2025-11-20"), now=at("2026-01-06"))
    assert [it[0] for it in windows(api)] == ["2026-01-01", "2025-12-01", "2025-11-18"]


async def test_6_where_zoom_tells_of_nothing_older_the_first_walk_ends() -> None:
    def answers(call: Call) -> Any:
        return page() if call.params["from"] >= "2025-10" else Refused()

    api = api_of({ME: me("2024-01-01T00:00:00Z"), LIBRARY: answers})
    pages = await walk("library", api)
    assert pages[-1].cursor == Walk(mark="2026-01-06")
    assert windows(api)[-1] == ("2025-09-01", "2025-09-30")


@pytest.mark.parametrize("cursor", [None, Walk(mark="2026-01-05")])
async def test_6_a_refusal_of_this_month_is_one(cursor: Walk | None) -> None:
    with pytest.raises(Refused):
        await walk("library", api_of({ME: me(), LIBRARY: Refused()}), cursor=cursor)


async def test_7_a_place_that_is_forgotten_begins_its_month_again() -> None:
    row = answer("library", LIBRARY)["meetings"][0]

    def answers(call: Call) -> Any:
        return TokenDead() if call.params.get("next_page_token") == "old" else page(row)

    under_way = Walk("", "2026-01-06", "2025-12-30", "2025-12-31", "old")
    api = api_of({LIBRARY: answers})
    (only,) = await walk("library", api, cursor=under_way)
    assert [it.id for it in only.resources] == [UUID]
    assert windows(api) == [("2025-12-30", "2025-12-31")] * 2


async def test_7_a_place_that_is_forgotten_at_once_is_no_circle() -> None:
    def answers(call: Call) -> Any:
        return TokenDead() if call.params.get("next_page_token") else page(token="t")

    for name, path in (("library", LIBRARY), ("meetings", PLANS)):
        api = api_of({ME: me(), path: answers})
        with pytest.raises(TokenDead):
            await walk(name, api)
        assert len(api.asked) == 5


async def test_7_a_list_that_is_planned_begins_again() -> None:
    row = answer("meetings", PLANS)["meetings"][0]

    def answers(call: Call) -> Any:
        return TokenDead() if call.params.get("next_page_token") == "old" else page(row)

    pages = await walk("meetings", api_of({ME: me(), PLANS: answers}), cursor=Planned("old"))
    assert [it.id for it in said(pages)] == [str(NUMBER)]


async def test_pages_follow_each_other_within_a_month() -> None:
    rows = [{"uuid": f"{n}" * 8, "id": n, "start_time": "2026-01-05T09:00:00Z"} for n in (1, 2)]
    api = api_of({PLANS: [page(rows[0], token="t2"), page(rows[1])]})
    one, two = await walk("past", api, cursor=Walk(mark="2026-01-05"))
    assert [one.resources[0].id, two.resources[0].id] == ["1" * 8, "2" * 8]
    assert one.cursor == Walk("2026-01-05", "2026-01-06", "2026-01-03", "2026-01-06", "t2")
    assert api.asked[0].params["type"] == "previous_meetings"


async def test_8_a_transcript_that_comes_later_makes_its_recording_due() -> None:
    row = answer("library", LIBRARY)["meetings"][0]
    facts = []
    for files in (row["recording_files"][:1], row["recording_files"], row["recording_files"][::-1]):
        api = api_of({LIBRARY: page({**row, "recording_files": files})})
        (it,) = await walk("library", api, cursor=Walk(mark="2026-01-05"))
        facts.append(it.resources[0].facts)
    assert facts[0] != facts[1] == facts[2], "their order is nothing new"


@pytest.mark.parametrize("change", [{"file_size": 7}, {"status": "processing"}, {"id": "x"}])
async def test_8_a_file_that_changes_makes_its_recording_due(change: dict[str, Any]) -> None:
    row = answer("library", LIBRARY)["meetings"][0]
    first, *rest = row["recording_files"]
    found = []
    for files in (row["recording_files"], [{**first, **change}, *rest]):
        api = api_of({LIBRARY: page({**row, "recording_files": files})})
        (it,) = await walk("library", api, cursor=Walk(mark="2026-01-05"))
        found.append(it.resources[0].facts)
    assert found[0] != found[1]


async def test_8_what_zoom_makes_of_a_meeting_is_read_again_an_hour_and_a_day_later() -> None:
    api = api_of({PLANS: answer("past", PLANS)})
    ended = at("2026-01-05") - 2.5 * 3600
    found = []
    for later in (60.0, 3700.0, 7200.0, DAY + 120):
        (it,) = await walk("past", api, cursor=Walk(mark="2026-01-05"), now=ended + later)
        found.append(it.resources[0].facts["read"])
    assert found == ["0", "1", "1", "2"]


@pytest.mark.parametrize(
    "refusal",
    [ItemGone(), Lacking(), Refused(), TooLarge(), Reauthorize()],
    ids=lambda it: type(it).__name__,
)
async def test_10_what_cannot_be_downloaded_costs_nothing_else(refusal: Exception) -> None:
    api = recorded("recording_transcript").api
    api.answers["GET", "/rec/download/77c0c1d2-0002"] = refusal
    api.answers["GET", "/users/me"] = Answer(me())
    (it,) = await walk("recordings", api, UUID)
    assert [one.id for one in said([it])] == [f"recording:{UUID}"]
    assert it.excluded == {UNFETCHED: 1}


@pytest.mark.parametrize("refusal", [Unavailable(), RateLimited(retry_after=1.0)])
async def test_10_what_may_be_downloaded_later_is_waited_for(refusal: Exception) -> None:
    api = recorded("recording_transcript").api
    api.answers["GET", "/rec/download/77c0c1d2-0002"] = refusal
    with pytest.raises(type(refusal)):
        await walk("recordings", api, UUID)


async def test_10_a_connection_that_has_ended_is_no_reason_to_delete_what_was_said() -> None:
    api = recorded("recording_transcript").api

    def ended(_: Call) -> Any:
        api.answers["GET", "/users/me"] = Reauthorize()
        return Reauthorize()

    api.answers["GET", "/rec/download/77c0c1d2-0002"] = ended
    with pytest.raises(Reauthorize):
        await walk("recordings", api, UUID)


async def test_14_what_is_in_the_trash_is_gone_and_comes_back_as_it_was() -> None:
    for name in ("recordings", "summaries"):
        assert proves(stream(name), Seen()), "what such a walk does not list is deleted"
    (gone,) = await walk("recordings", api_of({FILES: ItemGone()}), UUID)
    assert (gone.records, gone.cursor) == ((), Seen())
    one, two = [await walk("recordings", recorded("recording").api, UUID) for _ in range(2)]
    assert said(one) == said(two)


@pytest.mark.parametrize(("name", "path"), [("recordings", FILES), ("summaries", SUMMARY)])
async def test_14_what_is_not_allowed_proves_nothing(name: str, path: str) -> None:
    with pytest.raises(Lacking):
        await walk(name, api_of({path: Lacking()}), UUID)


async def test_15_a_series_that_is_listed_twice_is_one_meeting() -> None:
    (it,) = await walk("meetings", recorded("meetings_recurring").api)
    (only,) = said([it])
    assert only.metadata["start"] == "2026-01-05T09:00:00Z", "the first that is told"
    assert sum(it.excluded.values()) == 1


async def test_16_a_meeting_in_a_personal_room_keeps_its_number() -> None:
    (it,) = said(await walk("meetings", recorded("meetings_personal").api))
    assert (it.id, it.metadata["pmi"]) == ("91000000001", "3105551234")


@pytest.mark.parametrize(
    ("kind", "what", "transcribes"),
    [
        ("TRANSCRIPT", "audio_transcript", True),
        ("VTT", "audio_transcript", True),
        ("TRANSCRIPT", "", True),
        ("VTT", "", True),
        ("CC", "closed_caption", False),
        ("VTT", "closed_caption", False),
        ("TIMELINE", "timeline", False),
        ("", "", False),
    ],
)
async def test_9_a_transcript_is_one_by_either_of_its_names(
    kind: str, what: str, transcribes: bool
) -> None:
    assert File(file_type=kind, recording_type=what).transcribes is transcribes


async def test_18_what_is_still_made_is_not_told() -> None:
    (it,) = said(await walk("recordings", recorded("recording_processing").api, UUID))
    assert [one.type for one in it.attachments] == ["video/mp4"]


async def test_18_a_recording_of_which_nothing_is_finished_is_asked_for_again() -> None:
    row = answer("recording", FILES)
    row["recording_files"][0]["status"] = "processing"
    with pytest.raises(ItemGone, match="not finished"):
        await walk("recordings", api_of({ME: me(), FILES: row}), UUID)


async def test_20_a_meeting_without_a_time_was_made_at_one() -> None:
    (it,) = said(await walk("meetings", recorded("meetings_without_time").api))
    assert "start" not in it.metadata
    assert it.timestamp.isoformat() == "2025-12-20T10:00:00+00:00"


async def test_20_a_meeting_without_any_time_is_kept_as_a_dead_letter() -> None:
    row = answer("meetings_without_time", PLANS)["meetings"][0] | {"created_at": ""}
    pages = await walk("meetings", api_of({ME: me(), PLANS: page(row)}))
    with pytest.raises(Exception, match="no time"):
        said(pages)


async def test_a_row_of_an_unknown_shape_stops_no_walk() -> None:
    good = answer("meetings", PLANS)["meetings"][0]
    (it,) = await walk("meetings", api_of({ME: me(), PLANS: page({"id": []}, good)}))
    assert [json.decode(one.payload)["meeting"]["id"] for one in it.records] == [NUMBER, []]
    with pytest.raises(Unreadable):
        prepare(provider)(it.records[1])
    for name, path in (("past", PLANS), ("library", LIBRARY)):
        api = api_of({path: page({"id": 1}, {**good, "uuid": UUID})})
        (it,) = await walk(name, api, cursor=Walk(mark="2026-01-05"))
        assert [one.id for one in it.resources] == [UUID]
        assert it.excluded == {ODD: 1}


@pytest.mark.parametrize("odd", [{"start_time": ""}, {"start_time": "x"}, {"duration": 10**15}])
async def test_what_took_place_at_no_time_is_found_all_the_same(odd: dict[str, Any]) -> None:
    row = {"uuid": UUID, "id": 1, "start_time": "2026-01-05T09:00:00Z", "duration": 1, **odd}
    (it,) = await walk("past", api_of({PLANS: page(row)}), cursor=Walk(mark="2026-01-05"))
    assert [one.facts["read"] for one in it.resources] == ["0"]


@pytest.mark.parametrize("refusal", [ItemGone(), Lacking()])
async def test_where_a_long_agenda_cannot_be_read_its_beginning_is_told(refusal: Any) -> None:
    row = answer("meetings_long_agenda", PLANS)["meetings"][0]
    api = api_of({ME: me(), PLANS: page(row), f"GET /meetings/{NUMBER}": refusal})
    (it,) = said(await walk("meetings", api))
    assert it.content == row["agenda"].strip()


async def test_a_meeting_that_is_moved_forward_is_news() -> None:
    """Its versions are told apart by what they are, as no time of Zoom orders them."""
    pages = await walk("meetings", recorded("meetings").api)
    assert {it.revision for page in pages for it in page.records} == {"0"}


async def test_21_without_a_scope_a_stream_is_left_out() -> None:
    named = {it.name: it.scopes for it in provider.streams}
    assert all(named.values())
    for granted in ("recording:read", "cloud_recording:read:list_user_recordings:admin"):
        assert granted in named["library"]
    assert not named["library"] & named["meetings"]


async def test_a_whole_walk_over_what_is_planned_proves_what_is_not() -> None:
    assert proves(stream("meetings"), Planned())
    assert not proves(stream("held"), Seen())


async def test_what_took_place_is_waited_for_and_then_left_alone() -> None:
    api = api_of({PAST: ItemGone()})
    pages = instances.held(api, Seen(), Resource(UUID), lambda: NOW)
    assert (await anext(pages)).cursor == Seen(NOW)
    with pytest.raises(ItemGone):
        await anext(pages)
    (it,) = await walk("held", api, UUID, cursor=Seen(NOW), now=NOW + DAY)
    assert (it.records, it.cursor) == ((), Seen(NOW)), "and nothing is deleted"


async def test_who_was_there_is_read_page_by_page() -> None:
    (it,) = said(await walk("held", recorded("held_many_pages").api, UUID))
    assert [one.name for one in it.recipients] == ["Mia Berg", "Jo Kim", "Guest 7"]


async def test_pages_of_nobody_are_the_end() -> None:
    body = {"participants": [], "next_page_token": "again"}
    api = api_of({PAST: answer("held", PAST), PEOPLE: body})
    (it,) = said(await walk("held", api, UUID))
    assert (len(it.recipients), len(api.asked)) == (1, 2)


async def test_a_meeting_of_thousands_names_no_more_than_a_thousand() -> None:
    people = [{"id": f"u{n}", "name": f"p{n}"} for n in range(3000)]
    body = {"participants": people, "next_page_token": ""}
    (it,) = said(await walk("held", api_of({PAST: answer("held", PAST), PEOPLE: body}), UUID))
    assert len(it.recipients) == 1000


async def test_what_goes_on_and_what_has_ended_are_versions_of_one_item() -> None:
    (live,) = told(webhook("meeting.started"))
    (ended,) = said(await walk("held", recorded("held").api, UUID))
    assert (live.id, live.timestamp, live.thread_id) == (ended.id, ended.timestamp, ended.thread_id)
    assert live.updated_at is None
    assert ended.updated_at is not None
    assert ended.updated_at > live.timestamp, "and the end comes after the beginning"
    same = {"host_id", "meeting_id", "meeting_type", "start", "uuid"}
    assert {it: live.metadata[it] for it in same} == {it: ended.metadata[it] for it in same}


async def test_a_summary_is_told_once_however_it_was_edited() -> None:
    plain, edited = [
        said(await walk("summaries", recorded(it).api, UUID))[0]
        for it in ("summary", "summary_edited")
    ]
    assert plain.id == edited.id
    assert edited.updated_at is not None
    assert plain.updated_at is not None
    assert edited.updated_at > plain.updated_at
    assert "Monday" in edited.content
    assert "Friday" not in edited.content


async def test_no_passcode_and_no_address_of_a_download_is_told() -> None:
    for it in said(await walk("recordings", recorded("recording_transcript").api, UUID)):
        for secret in (b"yYyYy", b'"pass"', b"rec/download", b"rec/play"):
            assert secret not in encode(it)
