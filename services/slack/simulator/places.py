"""Where people talk: workspaces, conversations and who takes part, people and groups.

https://docs.slack.dev/enterprise/developing-for-enterprise-orgs
"""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

OWN = {"user": "U0B", "bot_id": "B0B", "app_id": "A01"}
"""What a message of the app's bot carries."""


class Places:
    """`teams` are the workspaces that the app was given, all but one only where there is an `org`."""

    def __init__(self, org: str) -> None:
        self.org = org
        self.teams = {"T01": "Acme"}
        self.channels: dict[str, Row] = {}
        self.users: list[Row] = []
        self.groups: list[Row] = []
        self._where: dict[str, Sequence[str]] = {}
        self._members: dict[str, Sequence[str]] = {}

    def add(
        self, ident: str, *, teams: Sequence[str] = ("T01",), only: Sequence[str] = (), **facts: Any
    ) -> None:
        """Let there be a conversation in these workspaces, for everybody or for these people alone."""
        self.channels[ident] = {"id": ident, **facts}
        self._where[ident], self._members[ident] = teams, only

    def listed(self, user: str, team: str = "") -> list[Row]:
        """The conversations that somebody takes part in, in one workspace or in all that are given."""
        given = {team} if team else set(self.teams)
        return [
            row
            for ident, row in self.channels.items()
            if given & set(self._where[ident]) and user in (self._members[ident] or [user])
        ]

    def among(self, rows: list[Row], team: str | None) -> list[Row]:
        """Those of a workspace, where there is more than one."""
        return [it for it in rows if not self.org or it["team_id"] == team]

    def heard(self, channel: str) -> tuple[str, str]:
        """The workspace and the one install that an event of a conversation is told for."""
        return self._where[channel][0], next(iter(self._members[channel]), "U0B")

    def install(self) -> Row:
        """What the app is installed on, as the token endpoint says it."""
        team, group = {"id": "T01", "name": "Acme"}, {"id": self.org, "name": "Acme Group"}
        told = (
            {"team": None, "enterprise": group} if self.org else {"team": team, "enterprise": None}
        )
        return {**told, "is_enterprise_install": bool(self.org)}

    def auth(self) -> Row:
        """The same, as `auth.test` says it: an organization's id stands in both places."""
        if not self.org:
            return {"team_id": "T01", "team": "Acme"}
        ids = {"team_id": self.org, "enterprise_id": self.org}
        return {**ids, "team": "Acme Group", "is_enterprise_install": True}
