"""One time of a meeting, read whole: who was there, what was recorded and said, and its summary.

https://developers.zoom.us/docs/api/meetings/
"""

import time
from collections.abc import AsyncIterator
from typing import Any

from msgspec import Raw, Struct, json, structs

from services.zoom import vtt
from services.zoom.dialect import Lacking
from services.zoom.listing import PER_PAGE, Clock
from services.zoom.models import Participant, Past, User
from services.zoom.paths import segment
from services.zoom.recorded import File, Recording, hosted
from services.zoom.summaries import Summary
from shared.errors import ItemGone, Reauthorize, Refused, Unreadable
from shared.provider import Api
from shared.types import Page, Record, Resource

PATIENT = 86_400.0
"""Seconds for which what took place is asked for each hour, where Zoom does not know it (yet)."""
UNFETCHED = "a transcript that cannot be downloaded"


class Seen(Struct, frozen=True):
    """`missing` is when it was first not there, in epoch seconds."""

    missing: float = 0.0


class People(Struct):
    participants: list[Participant] = []
    next_page_token: str = ""


async def held(api: Api, at: Seen, it: Resource, clock: Clock = time.time) -> AsyncIterator[Page]:
    """What took place and who was there. That Zoom forgets it after a year deletes nothing."""
    try:
        its = await api.get(f"/past_meetings/{segment(it.id)}", Past)
    except Lacking:
        raise
    except ItemGone:
        since = at.missing or clock()
        yield Page((), Seen(since))
        if clock() - since < PATIENT:
            raise
        return
    yield Page((_record("held", meeting=its, participants=await participants(api, it.id)),), Seen())


async def participants(api: Api, uuid: str) -> list[Participant]:
    """Everybody who was there, as often as they came; nobody where the plan or a scope does not allow it."""
    found, after = list[Participant](), ""
    while True:
        more = {"next_page_token": after} if after else {}
        path = f"/past_meetings/{segment(uuid)}/participants"
        try:
            listed = await api.get(path, People, page_size=PER_PAGE, **more)
        except (ItemGone, Refused):
            return found
        found += listed.participants
        after = listed.next_page_token
        if not after or not listed.participants:
            return found


async def recordings(api: Api, _at: Seen, it: Resource) -> AsyncIterator[Page]:
    """What was recorded and said; nothing where it is in the trash, which makes tombstones."""
    try:
        its = await recorded(api, it.id)
    except Lacking:
        raise
    except ItemGone:
        yield Page((), Seen())
        return
    if its.recording_files and not any(one.done for one in its.recording_files):
        raise ItemGone("Zoom has not finished this recording yet.")
    if not its.recording_files:
        yield Page((), Seen())
        return
    spoken = [one for one in its.recording_files if one.transcribes and one.done]
    people = await participants(api, it.id) if spoken else []
    records, excluded = [_record("recording", its)], 0
    for one in spoken:
        text = await transcript(api, one)
        excluded += text is None
        if text is not None:
            records.append(_said(its, one, text, people))
    yield Page(tuple(records), Seen(), {UNFETCHED: excluded} if excluded else {})


async def recorded(api: Api, uuid: str) -> Recording:
    """What was recorded at one time, by a host who has a name."""
    its = await api.get(f"/meetings/{segment(uuid)}/recordings", Recording)
    return hosted(its, await api.get("/users/me", User))


async def transcript(api: Api, it: File) -> str | None:
    """The text of a transcript, None where its address gives something else, or nothing, to us."""
    try:
        data = await api.get(it.download_url, bytes)
        vtt.cues(data)
    except Reauthorize:
        await api.get("/users/me", User)  # raises it again where the connection has ended
        return None
    except (ItemGone, Refused, Unreadable):
        return None
    return data.decode("utf-8-sig", "replace")


async def summaries(api: Api, _at: Seen, it: Resource) -> AsyncIterator[Page]:
    """The summary, where there is one; what was thrown away makes a tombstone."""
    try:
        its = await api.get(f"/meetings/{segment(it.id)}/meeting_summary", Summary)
    except Lacking:
        raise
    except ItemGone:
        yield Page((), Seen())
        return
    yield Page((_record("summary", its),), Seen())


def _said(its: Recording, file: File, text: str, people: list[Participant]) -> Record:
    about = structs.replace(its, recording_files=[])
    return _record("transcript", recording=about, file=file, text=text, participants=people)


def _record(kind: str, whole: Struct | None = None, **parts: Any) -> Record:
    """What was read, as far as it is told: nothing else is kept anywhere."""
    return Record(kind, Raw(json.encode(whole or parts)))
