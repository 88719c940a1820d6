"""What Slack counts: each method apart, by workspace and app.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from collections.abc import Iterator

from shared.types import Charge, Quota

_A_MINUTE = {
    20: ("users.list", "usergroups.list", "auth.teams.list", "reactions.remove"),
    50: (
        "auth.revoke",
        "chat.delete",
        "chat.update",
        "conversations.history",
        "conversations.info",
        "conversations.open",
        "conversations.replies",
        "reactions.add",
        "users.conversations",
        "users.lookupByEmail",
    ),
    100: (
        "auth.test",
        "chat.postMessage",
        "files.completeUploadExternal",
        "files.getUploadURLExternal",
    ),
}
QUOTAS = {name: Quota(many, 60.0) for many, names in _A_MINUTE.items() for name in names}

SLOW = 0.1
"""Calls a second: a method that gives less is in the regime of apps outside of the Marketplace."""


def charges(_method: str, path: str, _body: bytes) -> Iterator[Charge]:
    """A method costs one of its own; what nobody has listed is not counted."""
    if (name := path.strip("/")) in QUOTAS:
        yield Charge(name)


def workspace(account: str) -> str:
    """A person's token and the bot's share what the workspace may ask: `T01:U07` and `T01`."""
    return account.partition(":")[0]
