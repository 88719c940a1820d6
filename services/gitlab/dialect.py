"""How GitLab says no, where the status alone does not tell what to do.

https://docs.gitlab.com/api/rest/troubleshooting/
"""

from shared.errors import Changed, ItemGone, Reauthorize
from shared.types import Response

BLOCKED = (b"blocked", b"deactivated", b"pending approval")
"""What stands in the answer to every call of an account that is closed."""


def dialect(it: Response) -> Exception | None:
    """The error that an answer means, None where the usual table may decide."""
    if it.status == 403:
        said = it.body[:2000].lower()
        if b"insufficient_scope" in said:
            return ItemGone("This connection was not granted the scope for that; connect again.")
        if b"account" in said and any(word in said for word in BLOCKED):
            return Reauthorize("GitLab has closed this account.", revoked=True)
    if it.status == 409 and b"sha" in it.body[:2000].lower():
        return Changed()
    return None
