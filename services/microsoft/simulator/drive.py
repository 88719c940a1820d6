"""One OneDrive: its changes, its list, and single files."""

from services.microsoft.simulator.consent import problem
from services.microsoft.simulator.rest import ID, V1
from services.microsoft.simulator.world import World
from shared.simulation import Answer, Asked, Route


def routes(world: World) -> list[Route]:
    """What is asked of Sam's drive."""
    place = world.files

    def listed(_: Asked, words: str = "") -> Answer:
        rows = [it for it in place.rows.values() if words.lower() in it["name"].lower()]
        return Answer({"value": rows})

    def one(_: Asked, ident: str) -> Answer:
        found = place.rows.get(ident)
        return Answer(found) if found else problem(404, "itemNotFound")

    drive = f"{V1}/me/drive"
    top = f"{drive}/root"
    return [
        Route("GET", f"{top}/delta", place.delta),
        Route("GET", f"{top}/children", listed),
        Route("GET", rf"{top}/search\(q='([^']*)'\)", listed),
        Route("GET", f"{drive}/items/{ID}", one),
    ]
