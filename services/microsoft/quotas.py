"""What Microsoft counts calls by: for each product, one app and one user.

https://learn.microsoft.com/en-us/graph/throttling-limits
"""

from collections.abc import Iterator, Mapping

from shared.types import Charge, Quota

QUOTAS: Mapping[str, Quota] = {
    "outlook": Quota(10_000, 600.0),
    "onedrive": Quota(3_000, 300.0),
}
_PREFIXES = {
    "/me/messages": "outlook",
    "/me/mailFolders": "outlook",
    "/me/calendar": "outlook",
    "/me/events": "outlook",
    "/$batch": "outlook",
    "/me/drive": "onedrive",
}
"""Whose calls begin like this. In a batch there are only parts of Outlook."""


def charges(_method: str, path: str, body: bytes) -> Iterator[Charge]:
    """One call of its product; a batch costs as much as its parts alone."""
    for prefix, quota in _PREFIXES.items():
        if path.startswith(prefix):
            yield Charge(quota, max(1, body.count(b'"method"')) if prefix == "/$batch" else 1)
            return
