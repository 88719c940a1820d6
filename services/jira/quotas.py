"""What Jira counts: the points of an app in an hour, of all its accounts together.

A call costs a point, and each thing that it reads another one. Larger apps are given more;
`JIRA_QUOTAS` says how many. https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
"""

from collections.abc import Iterator

from shared.types import Charge, Quota

QUOTAS = {"points": Quota(65_000, 3600.0)}
ALL, SOME = 51, 11
"""Points of a page of everything, and of one of what changed lately."""


def charges(_method: str, path: str, body: bytes) -> Iterator[Charge]:
    if path.endswith("/search/jql"):
        yield Charge("points", SOME if b'"updated ' in body else ALL)
    else:
        yield Charge("points", 2)


def together(_account: str) -> str:
    """Whom the points belong to: the app."""
    return "app"
