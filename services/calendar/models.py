"""What the service hands from its walks to its normalizers: iCalendar text, and where it stood."""

from msgspec import Struct


class Told(Struct, frozen=True):
    """One component with the time zones that it names.

    `calendar` is our short name of the calendar, `href` the path of the resource; `zone` is the
    calendar's own, for times without one. `own` are the addresses of the account's person, none in a
    calendar of somebody else's (`foreign`); `feed` says that its DTSTAMP means nothing.
    """

    calendar: str
    ident: str
    ics: str
    href: str = ""
    zone: str = ""
    own: tuple[str, ...] = ()
    foreign: bool = False
    feed: bool = False


class Gone(Struct, frozen=True):
    """What is not there any more, and when that was seen."""

    calendar: str
    ident: str
    kind: str
    at: str


class Kept(Struct, frozen=True, array_like=True):
    """What a walk remembers of a resource: its version, and the items that came of it.

    `until` is when the last of them is over, where that is known; feeds drop what is past.
    """

    version: str
    kind: str
    idents: tuple[str, ...]
    until: str = ""


class Sync(Struct, frozen=True, omit_defaults=True):
    """`token` is the server's, or a feed's ETag and `modified` its date; `state` is what the calendar
    said of itself when all of it was read. `kept` is by the resource's name, in feeds by the item's.
    `whole` is false until the first walk came to its end; `due` is when a feed wants to be asked again.
    """

    token: str = ""
    modified: str = ""
    state: str = ""
    kept: dict[str, Kept] = {}
    whole: bool = False
    due: str = ""
