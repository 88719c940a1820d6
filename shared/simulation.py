"""A provider played on this machine: routes, faults on command, and a record of everything asked.

By convention `services/<name>/simulator` has `app(post, callback_url, secret) -> Simulation`. Only
`fleet demo` and tests import it; a service that runs for real never does. What nobody plays is
answered 501 and kept in `unknown`, so that a test can say that there was none of it.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl

from litestar.types import Receive, Scope, Send
from msgspec import MsgspecError, Struct, json

CONTROL = "/_simulator"
"""Where a simulator takes commands: `GET` tells how it stands, `POST story/<name>` and `POST faults` act."""

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]
"""Sends a webhook to a URL; returns the status of the answer, 0 when there was none."""


class Asked(Struct, frozen=True):
    """One call; `headers` have lower-case names, `root` is the address under which we were asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    root: str

    def json(self) -> Any:
        """The decoded body; an empty object where there is none."""
        return json.decode(self.body) if self.body else {}

    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Answer(Struct, frozen=True):
    """What is answered: `body` as JSON, or as it is when it is bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = {}


Handler = Callable[..., Awaitable[Answer] | Answer]
Guard = Callable[[Asked], Answer | None]


class Route(Struct, frozen=True):
    """A method and a pattern of the whole path; its groups become arguments of the handler."""

    method: str
    pattern: str
    handle: Handler


class Fault(Struct, forbid_unknown_fields=True):
    """What goes wrong `times` times: for calls whose path begins with `path`, or for deliveries.

    `status` is answered with `headers` (429 and `{"retry-after": "1"}`), `truncated` cuts the answer
    in half; `missed`, `duplicated` and `reordered` are about the next webhooks; any other word is
    the provider's own.
    """

    kind: str
    path: str = "/"
    times: int = 1
    status: int = 503
    headers: dict[str, str] = {}


class Call(Struct, frozen=True):
    """What was asked and with which status it was answered."""

    method: str
    path: str
    status: int


class Happening(Struct, frozen=True):
    """One thing that can be made to happen, with the sentence that tells people what it was."""

    says: str
    act: Callable[[], Awaitable[None]]


class Mail:
    """Webhooks on their way out, each delivered, missed, sent twice, or held behind the next one."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._held: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.faults: list[Literal["missed", "duplicated", "reordered"]] = []

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Deliver once; returns the status that the provider would note, 0 for none."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "missed":
            return 0
        if fault == "reordered":
            self._held.append((url, body, headers))
            return 200
        status = await self._post(url, body, headers)
        if fault == "duplicated":
            await self._post(url, body, headers)
        held, self._held = self._held, []
        for late in held:
            await self._post(*late)
        return status


class Simulation:
    """The ASGI application. `calls` and `unknown` are what it was asked, oldest first."""

    def __init__(
        self,
        routes: Sequence[Route],
        *,
        mail: Mail,
        guard: Guard,
        story: Mapping[str, Happening],
        environment: Callable[[str], Mapping[str, str]],
        faults: Mapping[str, Callable[[], None]],
        wishes: Mapping[str, Any] | None = None,
        credentials: Callable[[str], Mapping[str, str]] = lambda _: {},
    ) -> None:
        self._routes = [(route.method, re.compile(route.pattern), route.handle) for route in routes]
        self._guard, self._mail, self._own_faults = guard, mail, faults
        self.story = story
        self.environment = environment
        """The variables that point a service at us, given our address."""
        self.wishes = wishes or {}
        """What a person asks of the service once it is connected: bodies by path, for POST."""
        self.credentials = credentials
        """What a user of ours fills in, given our address, where no consent opens an account."""
        self.calls: list[Call] = []
        self.unknown: list[str] = []
        self._faults: list[Fault] = []

    def fail(self, fault: Fault) -> None:
        """Let something go wrong; raises ValueError for a fault that nobody plays."""
        if fault.kind in ("missed", "duplicated", "reordered"):
            self._mail.faults += [fault.kind] * fault.times  # type: ignore[list-item]  # one of the three
        elif fault.kind in self._own_faults:
            self._own_faults[fault.kind]()
        elif fault.kind in ("status", "truncated"):
            self._faults.append(fault)
        else:
            raise ValueError(f"nobody plays the fault {fault.kind!r}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the lifespan has nothing to do."""
        if scope["type"] == "lifespan":  # type: ignore[comparison-overlap]  # ASGI knows it, the type does not
            return await _lifespan(receive, send)
        asked = await _asked(scope, receive)
        if asked.path.startswith(CONTROL):
            answer = await self._command(asked)
        else:
            answer = await self._answer(asked)
            self.calls.append(Call(asked.method, asked.path, answer.status))
        return await _respond(send, answer)

    async def _answer(self, asked: Asked) -> Answer:
        fault = next((it for it in self._faults if asked.path.startswith(it.path)), None)
        if fault:
            fault.times -= 1
            self._faults = [it for it in self._faults if it.times > 0]
            if fault.kind == "status":
                return Answer({"message": "a fault on command"}, fault.status, fault.headers)
        answer = await self._played(asked)
        whole = _encoded(answer.body)
        if fault:
            return Answer(whole[: len(whole) // 2], answer.status, answer.headers)
        if asked.method != "GET" or answer.status != 200:
            return answer
        etag = '"' + hashlib.sha256(whole).hexdigest()[:16] + '"'
        if asked.headers.get("if-none-match") == etag:
            return Answer(None, 304, {"etag": etag})
        return Answer(answer.body, 200, {"etag": etag, **answer.headers})

    async def _played(self, asked: Asked) -> Answer:
        for method, pattern, handle in self._routes:
            if method == asked.method and (found := pattern.fullmatch(asked.path)):
                if refused := self._guard(asked):
                    return refused
                made = handle(asked, *found.groups())
                return made if isinstance(made, Answer) else await made
        self.unknown.append(f"{asked.method} {asked.path}")
        return Answer({"message": f"nobody plays {asked.method} {asked.path}"}, 501)

    async def _command(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix(f"{CONTROL}/story/")
        if asked.method == "POST" and name in self.story:
            await self.story[name].act()
            return Answer({"says": self.story[name].says})
        if (asked.method, asked.path) == ("POST", f"{CONTROL}/faults"):
            try:
                self.fail(json.decode(asked.body, type=Fault))
            except (MsgspecError, ValueError) as error:
                return Answer({"message": str(error)}, 400)
            return Answer({})
        if (asked.method, asked.path) == ("GET", CONTROL):
            told = {name: it.says for name, it in self.story.items()}
            return Answer({"calls": len(self.calls), "unknown": self.unknown, "story": told})
        return Answer({"message": f"there is no command {asked.method} {asked.path}"}, 404)


async def _lifespan(receive: Receive, send: Any) -> None:
    for what in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{what}.complete"})


async def _asked(scope: Any, receive: Any) -> Asked:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body", False):
            break
    headers = {
        name.decode("latin-1").lower(): it.decode("latin-1") for name, it in scope["headers"]
    }
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    root = f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}"
    return Asked(scope["method"], scope["path"], query, headers, body, root)


async def _respond(send: Send, answer: Answer) -> None:
    body = _encoded(answer.body)
    told = {"content-type": "application/json", "content-length": str(len(body)), **answer.headers}
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _encoded(body: Any) -> bytes:
    return b"" if body is None else body if isinstance(body, bytes) else json.encode(body)
