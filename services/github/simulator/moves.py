"""Repositories that get another name: the old one leads to the new one for whoever reads.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
"""

from urllib.parse import urlencode

from services.github.simulator.world import Place, World
from shared.simulation import Answer, Asked


class Moves:
    """What was renamed, from the old name to the new one."""

    def __init__(self, world: World) -> None:
        self._world, self._moved = world, dict[str, str]()

    async def rename(self, place: Place, name: str) -> None:
        """Somebody renames a repository, or gives it to another owner; its number stays."""
        old = place.name
        self._world.places[name] = self._world.places.pop(old)
        self._moved[old] = name
        place.repo.update(
            full_name=name, name=name.partition("/")[2], updated_at=self._world.stamp()
        )
        was = {"repository": {"name": {"from": old.partition("/")[2]}}}
        await self._world.tell(place, "repository", "renamed", changes=was)

    def redirected(self, asked: Asked) -> Answer | None:
        """The way to where something is now; None where it never moved."""
        _, kind, owner, name, *rest = [*asked.path.split("/"), "", "", ""]
        if kind != "repos" or (new := self._moved.get(f"{owner}/{name}")) is None:
            return None
        path = "/".join(["", "repos", new, *rest]).rstrip("/")
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        return Answer(
            {"message": "Moved Permanently"}, 301, {"location": f"{asked.root}{path}{query}"}
        )
