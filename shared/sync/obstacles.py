"""Why a subscription cannot be had as things are."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.http.addresses import public
from shared.provider import Subscription


def obstacle(asked: Subscription, granted: frozenset[str], callback_url: str, *, dev: bool) -> str:
    """Return why a subscription cannot be had as things are, or "".

    An account whose provider did not tell what was granted is tried.
    """
    if reason := lacking(asked.scopes, granted):
        return reason
    url = urlsplit(callback_url)
    host = (url.hostname or "").rstrip(".")
    if dev and _is_this_machine(host):
        return ""
    if url.scheme != "https" or not _is_public(host):
        return "deliveries need a public https address; set PUBLIC_URL"
    return ""


def lacking(wanted: frozenset[str], granted: frozenset[str]) -> str:
    """Return which consent is missing, or "": any of the scopes `wanted` is enough."""
    if not wanted or not granted or wanted & granted:
        return ""
    return f"needs one of the scopes {', '.join(sorted(wanted))}; connect again to grant it"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _is_public(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))
    return public(host)
