"""What Zoom's code reads besides deliveries, for the fuzzers."""

from services.zoom import vtt
from services.zoom.models import moment

PARSERS = {
    "transcript": lambda data: list(vtt.said(vtt.cues(data))),
    "time": lambda data: moment(data.decode("utf-8", "replace")),
}
