"""What callers may ask of our own endpoints, and what they are told that is not a Message."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import Meta, Struct

from shared.normalizer import Message
from shared.provider import Api

_NUMBER = r"[1-9][0-9]{8,11}"
_UUID = r"[A-Za-z0-9_-]{20,40}={0,2}"
_END = r"$(?!\n)"

Account = NamedDependency[SkipValidation[Api]]
StartSync = NamedDependency[
    SkipValidation[Callable[[Literal["full", "incremental"]], Awaitable[UUID]]]
]
Number = Annotated[str, PathParameter(pattern=f"^{_NUMBER}{_END}")]
Instance = Annotated[
    str,
    PathParameter(
        pattern=f"^({_NUMBER}|{_UUID}){_END}",
        description="a number, which is its last time; or a uuid with `_` and `-` for `/` and `+`",
    ),
]
FileId = Annotated[str, PathParameter(pattern=rf"^[A-Za-z0-9_-]{{1,100}}{_END}")]
Kind = Annotated[
    Literal["scheduled", "upcoming", "live"],
    QueryParameter(name="type", description="`scheduled` has those that may be held again"),
]
Day = Annotated[date | None, QueryParameter(description="in UTC; a month at most")]
Cursor = Annotated[
    str, QueryParameter(max_length=500, description="`next` of the page before; for 15 minutes")
]
Limit = Annotated[int, QueryParameter(ge=1, le=300)]

Topic = Annotated[str, Meta(min_length=1, max_length=200)]
Agenda = Annotated[str, Meta(max_length=2000)]
Minutes = Annotated[int, Meta(ge=1, le=1440)]
Zone = Annotated[str, Meta(pattern=rf"^[A-Za-z_]+(/[A-Za-z0-9_+-]+){{0,2}}{_END}", max_length=60)]
Start = Annotated[
    str,
    Meta(
        pattern=rf"^\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ?{_END}",
        description="in UTC with a `Z`, without one in `timezone`",
    ),
]
Passcode = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9@_*-]{{1,10}}{_END}")]


class Recurrence(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How a meeting of the type 8 comes again: `type` is 1 daily, 2 weekly, 3 monthly."""

    type: Annotated[int, Meta(ge=1, le=3)]
    repeat_interval: Annotated[int, Meta(ge=1, le=99)] = 1
    weekly_days: Annotated[str, Meta(pattern=rf"^[1-7](,[1-7]){{0,6}}{_END}")] | None = None
    monthly_day: Annotated[int, Meta(ge=1, le=31)] | None = None
    end_times: Annotated[int, Meta(ge=1, le=60)] | None = None
    end_date_time: Start | None = None


class NewMeeting(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`type` is 1 now, 2 planned, 3 again and again at no time, 8 again and again."""

    topic: Topic
    type: Literal[1, 2, 3, 8] = 2
    start_time: Start | None = None
    duration: Minutes | None = None
    timezone: Zone | None = None
    agenda: Agenda | None = None
    password: Passcode | None = None
    recurrence: Recurrence | None = None


class MeetingChange(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What is absent or null stays as it is."""

    topic: Topic | None = None
    start_time: Start | None = None
    duration: Minutes | None = None
    timezone: Zone | None = None
    agenda: Agenda | None = None
    recurrence: Recurrence | None = None


class Activity(Struct, forbid_unknown_fields=True):
    mode: Literal["full", "incremental"] = "incremental"


class Started(Struct):
    run_ids: list[UUID]


class Messages(Struct):
    """A page; `next` is the cursor of the following one, empty after the last."""

    messages: list[Message]
    next: str = ""


class Me(Struct, omit_defaults=True):
    """Whose account it is."""

    id: str
    account_id: str = ""
    name: str = ""
    email: str = ""


class Time(Struct):
    """One time of a meeting, by the name that our paths take."""

    uuid: str
    start_time: str = ""


class Times(Struct):
    instances: list[Time]
