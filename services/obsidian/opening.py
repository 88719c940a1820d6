"""How a vault is opened: by the name of its folder on this machine, or at the address of the plugin.

Either has a key. https://github.com/coddingtonbear/obsidian-local-rest-api
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from urllib.parse import quote

from services.obsidian.folder import answer
from services.obsidian.models import Root
from services.obsidian.webhook import route
from shared.errors import BadRequest, Reauthorize
from shared.local import SCHEME
from shared.provider import Api, Credentials, Field, opening
from shared.types import Identity, Token

FIELDS = (
    Field(
        name="vault",
        label="Vault",
        hint="the name of its folder, or as the app shows it",
    ),
    Field(
        name="url",
        label="Address of the plugin",
        hint="of Local REST API, such as https://notes.example.com:27124; empty for a folder here",
        required=False,
    ),
    Field(
        name="key",
        label="Key",
        hint="the plugin's API key, or what stands in .obsidian/self-integrations.key",
        secret=True,
    ),
    Field(name="owner", label="Your name", hint="as the author of notes", required=False),
    Field(name="people", label="Folder of people", hint="such as People", required=False),
)


async def open_(values: Mapping[str, str], api: Callable[[Token], Api]) -> tuple[Token, Identity]:
    """Raises BadRequest for an address that is none, Reauthorize for a key that does not open it."""
    vault, url = values["vault"], values["url"].rstrip("/")
    if url and not url.startswith(("https://", "http://")):
        raise BadRequest("The address of the plugin begins with https://.")
    if "/" in vault or vault.startswith("."):
        raise BadRequest("A vault is named by its folder alone, without a path.")
    base = url or f"{SCHEME}://vault/{quote(vault, safe='')}"
    token = opening(
        values["key"], base, vault=vault, owner=values["owner"], people=values["people"]
    )
    await prove(api(token))
    ident = sha256(base.encode()).hexdigest()[:32]
    return token, Identity(id=ident, name=vault, routes=(route(ident),))


async def prove(api: Api) -> None:
    """The plugin answers without a key as well, and says that it has none."""
    if not (await api.get("/", Root)).authenticated:
        raise Reauthorize("The vault does not accept this key.")


CREDENTIALS = Credentials(fields=FIELDS, open=open_, prove=prove, local=answer)
