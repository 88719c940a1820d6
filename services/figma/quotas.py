"""What Figma counts: calls of three prices, by the seat of the user and the plan that owns the file.

Neither is told, so that these are what a full seat has on the smallest paid plan.
https://developers.figma.com/docs/rest-api/rate-limits/
"""

import re
from collections.abc import Iterator

from shared.types import Charge, Quota

QUOTAS = {"tier1": Quota(10, 60.0), "tier2": Quota(25, 60.0), "tier3": Quota(50, 60.0)}

_DEAR = re.compile(r"/v1/(?:files/[^/]+(?:/nodes)?|images/[^/]+)/?\Z")
_CHEAP = re.compile(r"/v1/(?:me|files/[^/]+/(?:meta|components|styles))/?\Z")


def charges(_method: str, path: str, _body: bytes) -> Iterator[Charge]:
    yield Charge("tier1" if _DEAR.match(path) else "tier3" if _CHEAP.match(path) else "tier2")
