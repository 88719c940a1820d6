"""Why a subscription cannot be had as things are."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.http.addresses import public
from shared.provider import Subscription


def obstacle(asked: Subscription, granted: frozenset[str], callback_url: str, *, dev: bool) -> str:
    """Return why a subscription cannot be had as things are, or "".

    An account whose provider did not tell what was granted is tried.
    """
    if asked.scopes and granted and not asked.scopes & granted:
        return (
            f"needs one of the scopes {', '.join(sorted(asked.scopes))}; connect again to grant it"
        )
    url = urlsplit(callback_url)
    host = (url.hostname or "").rstrip(".")
    if dev and _is_this_machine(host):
        return ""
    if url.scheme != "https" or not _is_public(host):
        return "deliveries need a public https address; set PUBLIC_URL"
    return ""


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
