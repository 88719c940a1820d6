"""Calls to a running fleet, for the command line: one key, plain answers, problems as sentences."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx
from msgspec import MsgspecError, json

from shared.errors import Away, BadRequest, ConfigError, HubError, NotFound

_BUSY = (429, 502, 503, 504)


class Caller:
    """One connection to one fleet; `url` is a service's own, without a trailing slash."""

    def __init__(self, key: str, timeout: float = 30.0) -> None:
        # Loopback and private addresses are not a proxy's business, and redirects would carry the key.
        headers = {"authorization": f"Bearer {key}", "user-agent": "fleet"}
        self._client = httpx.Client(
            headers=headers, timeout=timeout, trust_env=False, follow_redirects=False
        )

    def __enter__(self) -> "Caller":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, url: str, **params: str | int | None) -> Any:
        """Read one thing; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return self._call("GET", url, params=given)

    def post(self, url: str, body: Mapping[str, Any] | None = None) -> Any:
        """Write once; it is never repeated."""
        headers = {"content-type": "application/json"}
        return self._call("POST", url, content=json.encode(body or {}), headers=headers)

    def _call(self, method: str, url: str, **what: Any) -> Any:
        """The decoded answer. Raises Away (also for an answer of 429 or 502 to 504), NotFound, ConfigError
        for a key or a set-up to mend, BadRequest for what the caller has to change, HubError for the rest."""
        try:
            answer = self._client.request(method, url, **what)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Away(f"nothing answers at {url}: {error}; is the fleet running?") from error
        if answer.is_success:
            try:
                return json.decode(answer.content) if answer.content else None
            except MsgspecError as error:
                raise HubError(
                    f"{url} did not answer in JSON; is it a service of the fleet?"
                ) from error
        told = _sentence(answer)
        if answer.status_code == 401:
            raise ConfigError(
                f"{url} does not know this API key; set FLEET_API_KEY to a live one (`fleet keys create`"
                " makes it), or unset it where the fleet runs in this directory"
            )
        ours = answer.headers.get("content-type", "").startswith("application/problem+json")
        if ours and answer.status_code == 503 and "retry-after" not in answer.headers:
            raise ConfigError(told)  # nothing that time mends
        if answer.status_code in _BUSY:
            raise Away(told)
        if answer.status_code == 404:
            raise NotFound(told)
        raise (BadRequest if answer.status_code < 500 else HubError)(told)


def segment(text: str) -> str:
    """The text as one segment of a path."""
    return quote(text, safe="")


def _sentence(answer: httpx.Response) -> str:
    """What an RFC 9457 problem says, or the status where it is none."""
    try:
        problem = json.decode(answer.content, type=dict[str, Any])
        told = [problem.get(key) for key in ("title", "detail")]
        if words := ": ".join(str(part) for part in told if part):
            return words
    except MsgspecError:
        pass
    return f"{answer.request.url} answered {answer.status_code} {answer.reason_phrase}"
