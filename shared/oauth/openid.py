"""Who answered, and who consented: RFC 9207 and OpenID Connect, by joserfc.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import time
from collections.abc import Callable

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
    keys = await document(client, settings.provider.base_url.rstrip("/") + openid.keys)
    asked, declared = settings.provider.authorize_url, oauth_of(provider).authorize_url
    issuers = list(openid.issuers) if asked == declared else [origin(asked)]
    app = settings.oauth.client_id
    try:
        found = jwt.decode(token, KeySet.import_key_set(json.decode(keys)), algorithms=ALGORITHMS)
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
