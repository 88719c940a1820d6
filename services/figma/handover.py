"""What designers hand over: components and styles of a library, and links that stand at layers.

https://developers.figma.com/docs/rest-api/dev-resources-endpoints/
"""

from litestar import Controller, delete, get, post
from litestar.params import JSONBody
from msgspec import Struct

from services.figma import asking as ask
from services.figma.models import User
from shared.errors import Refused

READ, WRITE = "file_dev_resources:read", "file_dev_resources:write"
LIBRARY = "library_content:read"


class Asset(Struct):
    """A published component or style."""

    key: str
    node_id: str
    name: str
    description: str = ""
    user: User | None = None


class Assets(Struct):
    components: list[Asset] = []
    styles: list[Asset] = []


class Library(Struct):
    meta: Assets


class Resource(Struct):
    """A link at a layer: to its code, or to the task that it is about."""

    id: str
    name: str
    url: str
    node_id: str


class Resources(Struct):
    dev_resources: list[Resource]


class Problem(Struct):
    error: str = ""


class Created(Struct):
    links_created: list[Resource] = []
    errors: list[Problem] = []


class Handover(Controller):
    path = "/files/{key:str}"

    @get("/components", summary="List what a library publishes to be used elsewhere")
    async def components(self, api: ask.Account, key: ask.FileKey) -> list[Asset]:
        return (await api.get(f"/v1/files/{key}/components", Library)).meta.components

    @get("/styles", summary="List the styles that a library publishes")
    async def styles(self, api: ask.Account, key: ask.FileKey) -> list[Asset]:
        return (await api.get(f"/v1/files/{key}/styles", Library)).meta.styles

    @get("/dev-resources", summary="List the links that stand at layers")
    async def resources(
        self, api: ask.Account, key: ask.FileKey, ids: ask.SomeNodes = ""
    ) -> list[Resource]:
        some = {"node_ids": ids} if ids else {}
        return (await api.get(f"/v1/files/{key}/dev_resources", Resources, **some)).dev_resources

    @post("/dev-resources", summary="Put a link at a layer")
    async def link(
        self, api: ask.Account, key: ask.FileKey, data: JSONBody[ask.NewLink]
    ) -> Resource:
        wish = {"name": data.name, "url": data.url, "file_key": key, "node_id": data.node_id}
        done = await api.send("POST", "/v1/dev_resources", Created, {"dev_resources": [wish]})
        if not done.links_created:
            raise Refused("Figma did not put the link there; it may be there already.")
        return done.links_created[0]

    @delete("/dev-resources/{ident:str}", summary="Take a link away")
    async def unlink(self, api: ask.Account, key: ask.FileKey, ident: ask.LinkId) -> None:
        await api.send("DELETE", f"/v1/files/{key}/dev_resources/{ident}", type(None))
