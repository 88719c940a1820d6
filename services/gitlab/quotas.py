"""What GitLab.com counts: all calls of a user, and some again by themselves.

A self-managed instance has limits of its own, or none; `GITLAB_QUOTAS` says which.
https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom
"""

import re
from collections.abc import Iterator

from shared.types import Charge, Quota

QUOTAS = {
    "calls": Quota(2000, 60.0),
    "projects": Quota(2000, 600.0),
    "project": Quota(400, 60.0),
    "issues": Quota(200, 60.0),
    "notes": Quota(60, 60.0),
}

_ALSO = (
    ("projects", re.compile(r"GET /projects")),
    ("project", re.compile(r"GET /projects/[^/]+")),
    ("issues", re.compile(r"POST /projects/[^/]+/issues")),
    ("notes", re.compile(r"POST /projects/[^/]+/.+/notes")),
)


def charges(method: str, path: str, _body: bytes) -> Iterator[Charge]:
    """Every call costs one; the costly ones one of their own besides."""
    yield Charge("calls")
    asked = f"{method} /{path.strip('/').removeprefix('api/v4/')}"
    for quota, pattern in _ALSO:
        if pattern.fullmatch(asked):
            yield Charge(quota)
