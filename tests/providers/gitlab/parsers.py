"""What GitLab's code reads besides deliveries, for the fuzzers."""

from services.gitlab import markdown
from services.gitlab.models import Project, moment

_HERE = Project(42, "acme/api", "https://gitlab.com/acme/api")

PARSERS = {
    "markdown": lambda data: markdown.read(data.decode("utf-8", "replace"), _HERE),
    "time": lambda data: moment(data.decode("utf-8", "replace")),
}
