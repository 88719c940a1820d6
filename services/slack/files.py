"""Files for a conversation: Slack names a place for the bytes, takes them there, and then shares them.

https://docs.slack.dev/messaging/working-with-files
"""

from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Controller, Request, post
from litestar.params import QueryParameter
from msgspec import Struct

from services.slack import asking as ask
from services.slack.directory import given
from shared.errors import BadRequest, Refused
from shared.provider import Api

LARGEST = 25 * 1024 * 1024
"""Bytes of a file; it is held in memory on its way."""

FileName = Annotated[
    str, QueryParameter(min_length=1, max_length=255, pattern=r"^[^/\\\x00-\x1f]+$(?!\n)")
]
Note = Annotated[str, QueryParameter(max_length=4000, description="what is said beside the file")]
Thread = Annotated[str | None, QueryParameter(name="thread_ts", pattern=ask.TS)]


class Ticket(Struct):
    """Where the bytes go; the address is good for this file alone, and for a short time."""

    upload_url: str
    file_id: str


class Shared(Struct):
    """A file that was shared, by Slack's id."""

    id: str
    title: str = ""


class Done(Struct):
    files: list[Shared]


class Files(Controller):
    path = "/files"

    @post("/", summary="Share a file: the body is its bytes", request_max_body_size=LARGEST)
    async def share(
        self,
        request: Request[Any, Any, Any],
        *,
        api: ask.Account,
        channel: ask.ChannelQuery,
        filename: FileName,
        text: Note = "",
        thread_ts: Thread = None,
    ) -> Shared:
        content = await request.body()
        if not content:
            raise BadRequest("The body is empty; it has to be the bytes of the file.")
        into = {"channel_id": channel, **given(initial_comment=text, thread_ts=thread_ts or "")}
        return await upload(api, filename, content, into)


async def upload(api: Api, name: str, content: bytes, into: dict[str, str]) -> Shared:
    """Three calls, none of them repeated; what was not shared in the end, Slack forgets."""
    wish = urlencode({"filename": name, "length": len(content)})
    ticket = await api.send("POST", "/files.getUploadURLExternal", Ticket, wish)
    await api.upload(ticket.upload_url, content)
    body = {"files": [{"id": ticket.file_id, "title": name}], **into}
    done = await api.send("POST", "/files.completeUploadExternal", Done, body)
    if not done.files:
        raise Refused("Slack took the file, but did not share it.")
    return done.files[0]
