"""What it means when a token endpoint says no (RFC 6749 section 5.2), and whose fault it is."""

import re

from shared.errors import Reauthorize, Refused, Unavailable
from shared.provider import OAuth, Provider

_CODE, _WORD = re.compile(r"[a-z_]{1,40}"), re.compile(r"[a-z0-9_]{1,40}")
_LATER = re.compile(r"slow_down|ratelimited|(server|internal|fatal)_error|\w+_unavailable")
_OURS = {
    "invalid_client": "check {p}_CLIENT_ID and {p}_CLIENT_SECRET",
    "unauthorized_client": "check {p}_CLIENT_ID and which grants the app may use",
    "incorrect_client_credentials": "check {p}_CLIENT_ID and {p}_CLIENT_SECRET",
    "redirect_uri_mismatch": "check {p}_REDIRECT_URL against the app's settings",
    "invalid_scope": "check oauth.scopes in the service's configuration",
}


def failure(
    provider: Provider, oauth: OAuth, status: int, error: object, described: object = ""
) -> Exception:
    """What to do about an answer without a token: Reauthorize, Unavailable, or Refused with advice."""
    said = oauth.explain(described) if isinstance(described, str) else ""
    text = error if isinstance(error, str) else ""
    code = text if text in oauth.dead_grant or _CODE.fullmatch(text) else ""
    if code in oauth.dead_grant:
        advice = said or "connect again"
        return Reauthorize(f"{provider.title} no longer accepts the grant ({code}); {advice}")
    if _LATER.fullmatch(code):
        return Unavailable(f"{provider.title} asks to try later ({code})")
    advice = _OURS.get(code, "check the app's settings at the provider and {p}_TOKEN_URL")
    advice = said or advice.format(p=provider.name.upper())
    reason = code or f"status {status}"
    return Refused(f"{provider.title} refused the token request ({reason}); {advice}")


def declined(provider: Provider, oauth: OAuth, error: str, described: str) -> str:
    """What to say to the person who came back without a code."""
    if said := oauth.explain(described):
        return said
    if error == "access_denied":
        return f"You did not give access to {provider.title}."
    code = error if _WORD.fullmatch(error) else "no code"
    return f"{provider.title} did not give access ({code})."
