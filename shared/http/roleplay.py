"""What only a demo does over HTTP: send a webhook as a provider, and consent as a person's browser."""

from collections.abc import Mapping
from urllib.parse import urlencode

import httpx

from shared.errors import Away, Refused

_PATIENCE = 10.0


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a webhook; returns the status of the answer, 0 when there was none within ten seconds."""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            return (await client.post(url, content=body, headers=dict(headers))).status_code
    except httpx.HTTPError:
        return 0


def consent(link: str, **answer: str) -> None:
    """Open a one-time link, say yes at the provider with these parameters, and come back.

    Raises Refused when the account is not connected then, and Away when nobody answers.
    """
    try:
        with httpx.Client(timeout=_PATIENCE, trust_env=False, follow_redirects=True) as browser:
            asked = browser.get(link, follow_redirects=False)
            where = asked.headers.get("location", "")
            if not where:
                raise Refused(f"{link} does not lead to the provider ({asked.status_code})")
            done = browser.get(f"{where}{'&' if '?' in where else '?'}{urlencode(answer)}")
    except httpx.HTTPError as error:
        raise Away(f"nothing answers on the way from {link}: {error}") from error
    if not done.is_success:
        raise Refused(f"the connection was not made ({done.status_code})")
