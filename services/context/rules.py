"""What counts as something to do, as data. Better a task missed than one made up: `tests/context` has a
table of sentences that are tasks and of those that only look like it."""

import re

from msgspec import Struct

_ASKED = r"(?:\s*,)?(?:\s+please|\s+kindly|\s+bitte)?"
_POLITE_EN = r"(?:could|can|would|will)\s+you" + _ASKED
_POLITE_DE = r"(?:k(?:ö|oe)nntest|kannst|w(?:ü|ue)rdest)\s+du|(?:k(?:ö|oe)nnten|k(?:ö|oe)nnen|w(?:ü|ue)rden)\s+Sie"


class Rule(Struct, frozen=True):
    """A pattern over one line or sentence; its group `what` is the thing to do.

    `asks`: it counts only where somebody speaks to the user, in a mail or a direct message.
    """

    name: str
    pattern: re.Pattern[str]
    asks: bool = False


LINES = (
    Rule("checkbox", re.compile(r"\s*[-*+]\s+\[(?P<done>[ xX])\]\s+(?P<what>\S.*)")),
    Rule(
        "todo",
        re.compile(
            r"\s*(?:[-*+•]\s+)?(?:TODO|FIXME|To-?do|Action item|Action required|Aufgabe|Zu erledigen|Zu tun)"
            r"(?:\s*\([^)]{1,60}\))?\s*:\s*(?P<what>\S.*)"
        ),
    ),
)
"""Looked for in every line of any text."""

SENTENCES = (
    Rule(
        "request",
        re.compile(rf"(?P<what>(?:(?i:{_POLITE_EN}))\s+(?!imagine|believe|guess)\w.{{5,}}\?)"),
        asks=True,
    ),
    Rule(
        "request",
        re.compile(
            r"(?i:(?:hi|hello|hey)\b[^.!?]{0,30},\s*)?(?P<what>(?i:please|kindly)(?:\s*,)?\s+"
            r"(?!(?i:note|find|see|do not hesitate|don't hesitate|feel free|contact|visit|click|accept|excuse|ignore|"
            r"disregard|be advised|be aware|keep in mind)\b)\w.{5,})"
        ),
        asks=True,
    ),
    Rule(
        "request",
        re.compile(
            rf"(?P<what>(?i:{_POLITE_DE})\s+(?!(?i:dir vorstellen|sich vorstellen|glauben)\b)\w.{{5,}}\?)"
        ),
        asks=True,
    ),
    Rule(
        "request",
        re.compile(
            r"(?P<what>(?i:bitte)\s+(?!(?i:beachte|beachten|sehr|sch(?:ö|oe)n|um\b|nicht|entschuldige|entschuldigen|"
            r"klicken|besuchen|z(?:ö|oe)gern|ignorieren)\b)\w.{5,})"
        ),
        asks=True,
    ),
)
"""Looked for at the beginning of each sentence, where somebody speaks to the user."""

SILENT = frozenset(["commit", "push", "pipeline", "release", "repository", "file", "event"])
"""Types whose text asks nobody for anything."""

DONE = frozenset(
    [
        "closed",
        "merged",
        "done",
        "completed",
        "complete",
        "canceled",
        "cancelled",
        "duplicate",
        "resolved",
        "archived",
        "erledigt",
        "fertig",
        "abgeschlossen",
    ]
)
"""What state a provider calls over."""

QUOTED = re.compile(
    r"\s*>|-{2,}\s*(?:Original Message|Ursprüngliche Nachricht|Forwarded message|Weitergeleitete Nachricht)|"
    r"(?:On|Am)\b.{5,200}\b(?:wrote|schrieb)\b.{0,80}:\s*$",
    re.IGNORECASE,
)
"""A line that somebody else wrote before."""

SIGNATURE = re.compile(r"--\s?$|__+$")
"""What follows is no sentence to anybody."""
