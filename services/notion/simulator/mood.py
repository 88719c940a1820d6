"""What goes wrong on command."""

from services.notion.simulator.consent import error
from shared.simulation import Answer


class Mood:
    """What goes wrong next: limits in Notion's own shape, conflicts, writes that were kept after all."""

    def __init__(self) -> None:
        self.limits = self.conflicts = self.kept = 0
        self.most = 100

    def limit(self) -> None:
        self.limits += 1

    def conflict(self) -> None:
        self.conflicts += 1

    def keep(self) -> None:
        self.kept += 1

    def refused(self) -> Answer | None:
        if self.limits:
            self.limits -= 1
            data = {"rate_limit_reason": "public_api_request_rate_limit", "retry_after": "1"}
            return error(429, "rate_limited", {"retry-after": "1"}, **data)
        if self.conflicts:
            self.conflicts -= 1
            return error(409, "conflict_error")
        return None
