"""Templates to pages: everything is escaped, nothing inline runs, and no page is kept by a cache."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Response
from litestar.response import Redirect

from shared.service.console.desk import Desk
from shared.service.console.sessions import FIELD, Asked, Session
from shared.store.runs import Run

STATIC = {
    "console.css": "text/css",
    "console.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


@cache
def static(name: str) -> bytes:
    """One of the files that pages need."""
    return files("shared.service.console").joinpath("static", name).read_bytes()


@cache
def stamp() -> str:
    """Changes whenever one of those files does, so that they may be cached for ever."""
    return hashlib.sha256(b"".join(map(static, STATIC))).hexdigest()[:12]


def page(
    desk: Desk,
    request: Asked,
    template: str,
    session: Session | None = None,
    *,
    status: int = 200,
    **facts: Any,
) -> Response[str]:
    """A whole page. `session` is whose forms it carries."""
    theme = request.cookies.get("fleet_theme", "")
    told = {
        "base": desk.base,
        "services": {name: hub.provider.title for name, hub in desk.hubs.items()},
        "stamp": stamp(),
        "theme": theme if theme in ("dark", "light") else "",
        "field": FIELD,
        "form_token": session.form if session else "",
        "caller": request.scope.get("user"),
        "here": request.scope["path"],
        **facts,
    }
    text = _environment().get_template(f"{template}.html").render(told)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers(desk))


def part(template: str, **facts: Any) -> str:
    """A piece of a page."""
    return _environment().get_template(f"{template}.html").render(facts)


def go(desk: Desk, path: str, **cookies: Any) -> Redirect:
    """To another page of ours."""
    return Redirect(desk.base + path, status_code=303, headers=headers(desk), **cookies)


def headers(desk: Desk) -> dict[str, str]:
    """What keeps a page to itself. Forms may lead to the providers, through our own redirects."""
    ways = [
        url
        for hub in desk.hubs.values()
        for url in (hub.settings.service.public_url, hub.settings.provider.authorize_url)
    ]
    there = sorted({_origin(url) for url in ways} - {""})
    return {
        "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        f"form-action 'self' {' '.join(there)}",
        "cache-control": "no-store",
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "same-origin",
        "x-content-type-options": "nosniff",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def ago(at: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long: `3 min ago`, `in 2 h`; `never` for None."""
    if at is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    if abs(seconds) < 5:
        return "just now"
    return f"{lasting(seconds)} ago" if seconds > 0 else f"in {lasting(-seconds)}"


def lasting(seconds: float) -> str:
    """A span of time in its largest unit: `40 s`, `3 min`."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def size(octets: int) -> str:
    """Bytes for people."""
    return f"{octets} B" if octets < 1024 else f"{octets / 1024:,.1f} kB"


def plural(n: int, one: str, many: str = "") -> str:
    """A count with its word."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def progress(run: Run) -> tuple[int, int]:
    """How far a run is, and of how much: by items where the provider tells how many, else by walks."""
    done, whole = (run.listed, run.expected) if run.expected else (run.units_done, run.units)
    over = run.status in ("success", "failed", "cancelled")
    whole = max(1, whole, done)
    return (whole if over else done), whole


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("shared.service.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: Mapping[str, Any] = {
        "ago": ago,
        "lasting": lasting,
        "size": size,
        "plural": plural,
        "progress": progress,
        "total": lambda counts: sum(counts.values()),
        "quoted": lambda text: quote(str(text), safe=""),
    }
    made.filters.update(filters)
    return made
