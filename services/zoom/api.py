"""Zoom's own endpoints, under `/api/v1`: what is read and written comes back as Messages."""

from litestar import Controller, delete, get, patch, post
from litestar.params import JSONBody
from litestar.response import Stream

from services.zoom import answers, recorded
from services.zoom import asking as ask
from services.zoom.models import User
from services.zoom.paths import real, segment
from shared.normalizer import Message
from shared.passing import BYTES, Passing, within

LARGEST = 2 * 1024 * 1024 * 1024
"""Bytes of the largest file that is passed on."""
NOTHING = type(None)


class Zoom(Controller):
    path = "/"

    @get("/users/me", summary="Whose account it is")
    async def me(self, api: ask.Account) -> ask.Me:
        its = await api.get("/users/me", User)
        return ask.Me(its.id, its.account_id, its.name, its.email)

    @get("/meetings", summary="List meetings that are planned")
    async def meetings(
        self,
        api: ask.Account,
        which: ask.Kind = "scheduled",
        cursor: ask.Cursor = "",
        limit: ask.Limit = 30,
    ) -> ask.Messages:
        return await answers.meetings(api, which, cursor, limit)

    @get("/meetings/{number:str}", summary="Read a meeting as it is planned")
    async def meeting(self, api: ask.Account, number: ask.Number) -> Message:
        return await answers.meeting(api, number)

    @post("/meetings", summary="Plan a meeting, or begin one")
    async def create(self, api: ask.Account, data: JSONBody[ask.NewMeeting]) -> Message:
        return await answers.create(api, answers.wanted(data))

    @patch("/meetings/{number:str}", summary="Change a meeting that is planned", status_code=204)
    async def change(
        self, api: ask.Account, number: ask.Number, data: JSONBody[ask.MeetingChange]
    ) -> None:
        await api.send("PATCH", f"/meetings/{number}", NOTHING, answers.wanted(data))

    @delete("/meetings/{number:str}", summary="Cancel a meeting, the whole series")
    async def cancel(self, api: ask.Account, number: ask.Number) -> None:
        await api.send("DELETE", f"/meetings/{number}", NOTHING)

    @get("/meetings/{number:str}/instances", summary="When a meeting took place")
    async def instances(self, api: ask.Account, number: ask.Number) -> ask.Times:
        return await answers.instances(api, number)

    @get("/past_meetings/{which:str}", summary="Read what took place, and who was there")
    async def past(self, api: ask.Account, which: ask.Instance) -> Message:
        return await answers.past(api, real(which))

    @get("/past_meetings/{which:str}/summary", summary="Read the summary of what took place")
    async def summary(self, api: ask.Account, which: ask.Instance) -> Message:
        return await answers.summary(api, real(which))

    @get("/recordings", summary="List what was recorded, a month at most")
    async def recordings(
        self,
        *,
        api: ask.Account,
        since: ask.Day = None,
        until: ask.Day = None,
        cursor: ask.Cursor = "",
        limit: ask.Limit = 30,
    ) -> ask.Messages:
        return await answers.recordings(api, since, until, cursor, limit)

    @get("/recordings/{which:str}", summary="Read what was recorded of one time of a meeting")
    async def recording(self, api: ask.Account, which: ask.Instance) -> Message:
        return await answers.recording(api, real(which))

    @get("/recordings/{which:str}/transcripts", summary="Read what was said")
    async def transcripts(self, api: ask.Account, which: ask.Instance) -> ask.Messages:
        return await answers.transcripts(api, real(which))

    @get(
        "/recordings/{which:str}/files/{ident:str}/content",
        media_type=BYTES,
        summary="A file of a recording, as its bytes",
    )
    async def content(self, api: ask.Account, which: ask.Instance, ident: ask.FileId) -> Stream:
        it = await answers.file(api, real(which), ident)
        within(it.file_size, LARGEST)
        return Passing(api.stream(it.download_url, largest=LARGEST), recorded.called(it))

    @delete("/recordings/{which:str}", summary="Put what was recorded into the trash")
    async def trash(self, api: ask.Account, which: ask.Instance) -> None:
        path = f"/meetings/{segment(real(which))}/recordings"
        await api.send("DELETE", path, NOTHING, action="trash")

    @post("/sync/meetings", status_code=202, summary="Walk the account's meetings now")
    async def sync_meetings(
        self, start_sync: ask.StartSync, data: JSONBody[ask.Activity | None] = None
    ) -> ask.Started:
        return ask.Started([await start_sync((data or ask.Activity()).mode)])
