"""Events as they are published: those of a moment ago in the page, the following ones by server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from litestar import Response, get
from litestar.response import Stream
from litestar.types import ControllerRouterHandler

from shared.bus.lines import Line, line_of, subjects_of
from shared.bus.tail import recent, tail
from shared.errors import Away
from shared.service.callers import user_of
from shared.service.console.desk import Desk, TheDesk
from shared.service.console.render import headers, page, part
from shared.service.console.sessions import Asked

SHOWN = 50
"""Events in a page when it opens."""
WATCHERS = 50
"""Open streams in one process; each holds a connection to NATS."""
LONGEST = 300.0
"""Seconds after which a stream ends; the browser comes again by itself, and is asked who it is again."""
BEAT = 15.0
"""Seconds after which a silent stream says that it is still there."""


@get("/events")
async def events(desk: TheDesk, request: Asked) -> Response[str]:
    """The newest events that fit the filters."""
    asked = filters(request)
    lines, last = await newest(desk, subjects_of(**asked), SHOWN)
    types = sorted({it.type for it in lines if not it.connection})
    sources = sorted({it for hub in desk.hubs.values() for it in hub.provider.sources})
    facts: dict[str, Any] = {
        "lines": lines,
        "last": last,
        "asked": asked,
        "sources": sources,
        "types": types,
        "traced": True,
    }
    return page(desk, request, "events", request.auth, **facts)


@get("/events/stream")
async def stream(desk: TheDesk, request: Asked) -> Stream:
    """The events behind `after`, or behind the last one that this browser got."""
    return pushed(desk, request, subjects_of(**filters(request)), traced=True)


ROUTES: tuple[ControllerRouterHandler, ...] = (events, stream)


def filters(request: Asked) -> dict[str, str]:
    """What the address asks for; a key that belongs to a user hears that user alone."""
    given = {
        name: request.query_params.get(name, "").strip() for name in ("type", "source", "user")
    }
    user = user_of(request.user, given["user"] or None) or ""
    return {"type_": given["type"], "source": given["source"], "user": user}


async def newest(desk: Desk, subjects: Sequence[str], most: int) -> tuple[list[Line], int]:
    """The newest events, newest first, and the sequence to go on behind. Raises Away."""
    heard, last = await recent(desk.nats_url, subjects, most)
    return [line_of(it) for it in reversed(heard)], last


def pushed(desk: Desk, request: Asked, subjects: Sequence[str], *, traced: bool) -> Stream:
    """Rows as they come, `traced` ones with a link to their trace: an answer that goes on until the browser leaves or the process stops. Raises Away."""
    if len(desk.readers) >= WATCHERS:
        raise Away(f"{WATCHERS} pages watch already; close one, or reload to see the newest events")
    place = str(request.headers.get("last-event-id") or request.query_params.get("after", ""))
    after = int(place) if place.isascii() and place.isdigit() and len(place) < 20 else 0
    about = headers(desk) | {"x-accel-buffering": "no"}
    return Stream(
        _frames(desk, subjects, after, traced=traced), media_type="text/event-stream", headers=about
    )


async def _frames(
    desk: Desk, subjects: Sequence[str], after: int, *, traced: bool
) -> AsyncIterator[str]:
    queue: asyncio.Queue[str] = asyncio.Queue(100)

    async def read() -> None:
        # In a task of its own: its connection is closed in peace when the browser leaves.
        try:
            async with aclosing(
                tail(desk.nats_url, subjects, timedelta(seconds=10), after=after)
            ) as heard:  # type: ignore[type-var]  # it is a generator
                async for it in heard:
                    row = part("_event", line=line_of(it), base=desk.base, traced=traced)
                    await queue.put(f"id: {it.sequence}\ndata: {' '.join(row.split())}\n\n")
        except Away as error:
            await queue.put(f"event: trouble\ndata: {error}\n\n")

    async def close() -> None:
        await desk.closing.wait()
        await queue.put("")

    reader, closer = asyncio.create_task(read()), asyncio.create_task(close())
    desk.readers.add(reader)
    reader.add_done_callback(desk.readers.discard)
    try:
        yield "retry: 2000\n\n"
        began = time.monotonic()
        while time.monotonic() - began < LONGEST:
            try:
                frame = await asyncio.wait_for(queue.get(), BEAT)
            except TimeoutError:
                frame = ": still here\n\n"
            if not frame:
                return
            yield frame
    finally:
        reader.cancel()
        closer.cancel()
