"""How an account is opened: a server with a name and an app password, or the address of a feed.

RFC 6764 and RFC 5397: from any address of a server to the principal, and to where its calendars are.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import urljoin

from services.calendar import dav
from services.calendar.dialect import NotDav, NotSupported
from services.calendar.feed import fetched, parts_of, target_of
from services.calendar.parts import split
from services.calendar.server import Server
from shared.errors import BadRequest, Elsewhere, ItemGone
from shared.provider import Api, opening
from shared.types import Identity, Token

STEPS = 5

Connect = Callable[[Token], Api]


async def open_(values: Mapping[str, str], connect: Connect) -> tuple[Token, Identity]:
    """Find the account. Raises BadRequest, and what the calls raise."""
    named = values["username"], values["app_password"]
    if values["feed_url"] and not values["server_url"]:
        return await _feed(values["feed_url"], named, connect)
    if not values["server_url"] or not all(named) or values["feed_url"]:
        raise BadRequest("Fill in server_url, username and app_password, or feed_url.")
    if ":" in named[0]:
        raise BadRequest("A user name has no colon.")
    url = values["server_url"]
    url = url if "://" in url else f"https://{url}"
    host = parts_of(url).hostname or ""
    return await _server(Server(host, _basic(*named)), url, named[0], connect)


async def prove(api: Api) -> object:
    """One cheap question that only the right password answers."""
    extra = await api.extra()
    if feed := extra.get("feed"):
        return await api.query(feed, "", b"", method="GET", headers={"range": "bytes=0-0"})
    return await dav.propfind(api, extra["home"], 0, "D:current-user-principal")


async def _server(server: Server, url: str, user: str, connect: Connect) -> tuple[Token, Identity]:
    there, found = await _walked(server, url, connect, "D:current-user-principal")
    hrefs = found.first.hrefs(dav.D + "current-user-principal")
    if not hrefs:
        raise BadRequest("There is no CalDAV at this address, or it does not say who you are.")
    names = "C:calendar-home-set", "C:calendar-user-address-set", "D:displayname"
    principal, found = await _walked(server, urljoin(there, hrefs[0]), connect, *names)
    homes = found.first.hrefs(dav.C + "calendar-home-set")
    if not homes:
        raise BadRequest("This server knows you, but has no calendars.")
    token, home = server.at(urljoin(principal, homes[0]))
    said = found.first.hrefs(dav.C + "calendar-user-address-set")
    mails = [it[7:].lower() for it in said if it.lower().startswith("mailto:")]
    mails = mails or [user.lower()] * ("@" in user)
    own = {"home": dav.path_of(home), "principal": dav.path_of(principal), "own": ",".join(mails)}
    origin = parts_of(principal)
    ident = f"{origin.scheme}://{origin.netloc}{own['principal']}"
    name = found.first.text(dav.D + "displayname") or user
    opened = opening(token.access, token.extra["base_url"], "Basic", **own)
    return opened, Identity(ident, name=name, email=mails[0] if mails else "")


async def _walked(
    server: Server, url: str, connect: Connect, *names: str
) -> tuple[str, dav.Answer]:
    """Ask an address, and the well-known one where there is nothing, going where we are led."""
    origin = parts_of(url)
    for place in (url, f"{origin.scheme}://{origin.netloc}/.well-known/caldav"):
        at = place
        for _ in range(STEPS):
            token, path = server.at(at)
            try:
                found = await dav.propfind(connect(token), path, 0, *names)
            except Elsewhere as led:
                at = led.url
            except (ItemGone, NotDav, NotSupported):
                break
            else:
                if found.first.found or place != url:
                    return at, found
                break
    raise BadRequest("There is no CalDAV at this address.")


async def _feed(url: str, named: tuple[str, str], connect: Connect) -> tuple[Token, Identity]:
    address = "https" + url[6:] if url.lower().startswith("webcal:") else url
    first, given, basic = address, address, _basic(*named) if all(named) else ""
    for _ in range(STEPS):
        origin, path = target_of(given)
        secret = basic if basic and origin == target_of(first)[0] else ""
        token = opening(secret or given, origin, "Basic" if secret else "", feed=path)
        try:
            body = await fetched(connect(token), path)
        except Elsewhere as led:
            given = led.url
            continue
        ident = sha256(first.encode()).hexdigest()
        return token, Identity(ident, name=split(body).name or (parts_of(first).hostname or ""))
    raise BadRequest("This feed leads from one address to the next.")


def _basic(user: str, password: str) -> str:
    return b64encode(f"{user}:{password}".encode()).decode()
