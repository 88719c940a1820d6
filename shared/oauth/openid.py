"""Who answered, and who consented: RFC 9207 and OpenID Connect, by joserfc.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import MsgspecError, json

from shared.config import Settings
from shared.errors import Refused
from shared.oauth.protocol import Client, document, nonce, oauth_of, origin
from shared.provider import OAuth, OpenId, Provider
from shared.types import Identity

ALGORITHMS = ["RS256", "ES256"]
SKEW = 60
"""Seconds by which the provider's clock may differ."""
_CLAIM = re.compile(r"\{(\w+)\}")


def issuer_fits(oauth: OAuth, settings: Settings, iss: str) -> bool:
    """Whether the callback came from the server that was asked (RFC 9207).

    A declared issuer must be there and be equal; otherwise one that is given must at least live
    where the consent was asked for, which also holds for self-hosted providers.
    """
    asked = settings.provider.authorize_url
    if oauth.issuer and asked == oauth.authorize_url:
        return iss == oauth.issuer
    try:
        return not iss or origin(iss) == origin(asked)
    except ValueError:
        return False


async def signed_in(
    client: Client,
    provider: Provider,
    settings: Settings,
    openid: OpenId,
    *,
    token: str,
    verifier: str,
    now: Callable[[], float] = time.time,
) -> Identity:
    """Who consented in the flow of this verifier, by its id_token.

    Raises Refused for a token that is not genuine, not for this app, not of this flow, or over; and
    Unavailable where the keys cannot be read. The keys are read each time: people connect rarely.
    """
    asked, declared = settings.provider.authorize_url, oauth_of(provider).authorize_url
    home = "" if asked == declared else origin(asked)
    base = settings.provider.base_url.rstrip("/")
    own = openid.keys.startswith("https://")
    keys = await document(client, _moved(openid.keys, home) if own else base + openid.keys)
    names = [_moved(it, home) for it in openid.issuers if "://" in it or not home]
    app = settings.oauth.client_id
    try:
        found = jwt.decode(token, KeySet.import_key_set(json.decode(keys)), algorithms=ALGORITHMS)
        issuers = [_CLAIM.sub(lambda it: str(found.claims[it[1]]), name) for name in names]
        jwt.JWTClaimsRegistry(
            now=int(now()),
            leeway=SKEW,
            iss={"essential": True, "values": issuers},
            aud={"essential": True, "value": app},
            azp={"value": app},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce(verifier)},
        ).validate(found.claims)
        return openid.identity(found.claims)
    except (JoseError, MsgspecError, ValueError, TypeError, KeyError, RecursionError) as error:
        # The cause is left out: it may quote the token.
        why = type(error).__name__
        raise Refused(f"{provider.title} did not prove who consented ({why})") from None


def _moved(url: str, home: str) -> str:
    """The same path at another origin, where there is one."""
    return home + urlsplit(url).path if home else url
