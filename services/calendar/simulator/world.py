"""What is on the played server: calendars of files, and everything that ever happened to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

HOME, PRINCIPAL = "/calendars/ana/", "/principals/ana/"
USER, PASSWORD = "ana@example.test", "played-app-password"


@dataclass
class File:
    """An iCalendar file and its version."""

    etag: str
    text: str


@dataclass
class Collection:
    """A calendar; `log` names the file of every change, and a token is a place in it."""

    path: str
    name: str
    syncs: bool = True
    files: dict[str, File] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    oldest: int = 0

    def put(self, name: str, text: str) -> File:
        self.log.append(name)
        made = sha256(f"{len(self.log)}\0{text}".encode()).hexdigest()[:16]
        self.files[name] = File(f'"{made}"', text)
        return self.files[name]

    def delete(self, name: str) -> None:
        del self.files[name]
        self.log.append(name)

    @property
    def token(self) -> str:
        """The sync token of now."""
        return f"https://calendar.invalid/sync/{len(self.log)}"


class World:
    """A person's calendars: one that knows sync tokens, and one that has only ETags."""

    def __init__(self, events: int, now: Callable[[], float]) -> None:
        self.now = now
        self.password = PASSWORD
        self.cut = 0
        """Changes in one answer to a sync token, 0 for all."""
        self.work = Collection(f"{HOME}work/", "Work")
        self.home = Collection(f"{HOME}home/", "Home", syncs=False)
        self.collections = {it.path: it for it in (self.work, self.home)}
        for number in range(events):
            self.plan(f"event-{number}", f"Appointment {number}", day=number % 28 + 1)
        self.plan("weekly", "Round table", extra="RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=12\r\n")
        self.home.put("task.ics", self._file("VTODO", "task", "Water the plants, twice a week", ""))

    def plan(self, uid: str, title: str, *, day: int = 2, hour: int = 9, extra: str = "") -> None:
        """Put an event into the calendar of work, or change it."""
        times = (
            f"DTSTART;TZID=Europe/Berlin:202603{day:02}T{hour:02}0000\r\nDURATION:PT45M\r\n{extra}"
        )
        self.work.put(f"{uid}.ics", self._file("VEVENT", uid, title, times))

    def feed(self) -> str:
        """All of it in one text."""
        events = (
            it.text.split("\r\n", 3)[3].rpartition("END:VCALENDAR")[0]
            for it in self.work.files.values()
        )
        head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Work\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n"
        return f"{head}{''.join(events)}END:VCALENDAR\r\n"

    def _file(self, kind: str, uid: str, title: str, lines: str) -> str:
        at = f"{datetime.fromtimestamp(self.now(), UTC):%Y%m%dT%H%M%SZ}"
        title = title.replace(",", "\\,")
        own = f"UID:{uid}@calendar.invalid\r\nDTSTAMP:{at}\r\nLAST-MODIFIED:{at}\r\nSUMMARY:{title}\r\n"
        note = f"DESCRIPTION:What Ana wrote about {uid}\\nand more\r\n"
        people = (
            "ORGANIZER;CN=Mia Berg:mailto:mia@example.test\r\n"
            f"ATTENDEE;CN=Ana;PARTSTAT=ACCEPTED:mailto:{USER}\r\n"
        )
        return (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Played//EN\r\n"
            f"BEGIN:{kind}\r\n{own}{lines}{note}{people}END:{kind}\r\nEND:VCALENDAR\r\n"
        )
