"""Whose account a token opens, and what stands in the way when Microsoft gives none.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, convert

from shared.errors import ItemGone, Refused
from shared.provider import Api, OpenId
from shared.types import Identity

GRAPH = "https://graph.microsoft.com/"
PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of all personal accounts."""

MAIL = frozenset({"Mail.Read", "Mail.ReadWrite"})
CALENDAR = frozenset({"Calendars.Read", "Calendars.ReadWrite"})
DRIVE = frozenset({"Files.Read", "Files.ReadWrite", "Files.Read.All", "Files.ReadWrite.All"})
SCOPES = (
    "openid",
    "profile",
    "email",
    "offline_access",
    "User.Read",
    "Mail.ReadWrite",
    "Mail.Send",
    "Calendars.ReadWrite",
    "Files.Read",
)
EXTRA = {"response_mode": "query", "prompt": "select_account"}
DEAD = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})

ADMIN = (
    "An administrator of the organization has to approve the app first: Microsoft Entra admin center, "
    "Enterprise applications, this app, Permissions, Grant admin consent."
)
AGAIN = "Microsoft wants the person to sign in again; connect again."
RULES = (
    "The organization's rules for signing in were not met; connect again, or ask its administrator."
)
ACCOUNT = "The organization does not let this account in; ask its administrator."
OURS = "Check MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET; no user has to do anything."
SENTENCES: Mapping[str, tuple[int, ...]] = {
    ADMIN: (65001, 90094, 90095, 650056, 650057),
    AGAIN: (70000, 70008, 700082, 700084, 70043, 50173, 50132, 50133, 50089),
    RULES: (50072, 50074, 50076, 50078, 50079, 50097, 50131, 50158, *range(53000, 53005), 530035),
    ACCOUNT: (50020, 50034, 50057, 50105, 90072),
    "The client secret has expired: make a new one in Microsoft Entra; no user has to do anything.": (
        7000222,
    ),
    OURS: (70002, 700016, 700025, 700027, 7000215),
    "The app takes accounts of one organization only: set MICROSOFT_AUTH_URL and MICROSOFT_TOKEN_URL "
    "to the addresses of that tenant.": (50194,),
    "Check MICROSOFT_REDIRECT_URL against the app's settings.": (50011,),
    "Check oauth.scopes in the service's configuration.": (70011,),
    "The link was used twice, or in two browsers; start again.": (54005, 50147, 501481),
}
_BY_CODE = {f"AADSTS{code}": text for text, codes in SENTENCES.items() for code in codes}
_CODE = re.compile(r"AADSTS\d{4,8}")


class Claims(Struct):
    """Who somebody is: `oid` in the organization `tid`, whatever their address is."""

    oid: str
    tid: str
    name: str = ""
    email: str = ""
    preferred_username: str = ""

    def identity(self) -> Identity:
        """The person by both ids, which never change; addresses do, and prove nothing."""
        mail = self.email or self.preferred_username
        return Identity(f"{self.tid}:{self.oid}", self.name or mail, mail, (f"user:{self.oid}",))


class Me(Struct):
    id: str
    displayName: str | None = None
    mail: str | None = None
    userPrincipalName: str | None = None

    @property
    def oid(self) -> str:
        """The id as tokens write it; Graph shortens that of a personal account."""
        short = re.fullmatch(r"([0-9a-f]{4})([0-9a-f]{12})", self.id, re.IGNORECASE)
        return f"00000000-0000-0000-{short[1]}-{short[2]}".lower() if short else self.id


class Organization(Struct):
    id: str


class Organizations(Struct):
    value: list[Organization] = []


async def me(api: Api) -> Me:
    """Who this account is to Graph."""
    return await api.get("/me", Me, **{"$select": "id,displayName,mail,userPrincipalName"})


async def identify(api: Api) -> Identity:
    """Whose token it is that nobody consented to here."""
    its = await me(api)
    mail = its.mail or its.userPrincipalName or ""
    tenant = PERSONAL
    if its.oid == its.id:
        try:
            found = await api.get("/organization", Organizations, **{"$select": "id"})
            tenant = found.value[0].id
        except (ItemGone, IndexError):
            raise Refused("Microsoft does not say which organization the account is of.") from None
    return Claims(its.oid, tenant, its.displayName or "", mail).identity()


OPENID = OpenId(
    keys="https://login.microsoftonline.com/common/discovery/v2.0/keys",
    issuers=("https://login.microsoftonline.com/{tid}/v2.0",),
    identity=lambda claims: convert(claims, Claims).identity(),
)


def read_token(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    """Scopes as they were asked for: Graph's own come back with its address before them."""
    scope = reply.get("scope")
    if not isinstance(scope, str):
        return reply
    return {**reply, "scope": " ".join(it.removeprefix(GRAPH) for it in scope.split())}


def explain(description: str) -> str:
    """What people can do about a refusal, by the code in its description; "" where nobody knows."""
    return next((_BY_CODE[it] for it in _CODE.findall(description) if it in _BY_CODE), "")
