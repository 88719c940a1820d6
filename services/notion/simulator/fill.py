"""The workspace that is there from the beginning."""

from services.notion.simulator.rows import BO, Row
from services.notion.simulator.world import World


def fill(world: World, pages: int) -> None:
    """A tree of pages, and a table with as many rows; every third page has a comment."""
    top: Row = {"type": "workspace", "workspace": True}
    home = world.page("Home", top, "Welcome")
    for number in range(pages):
        inside = {"type": "page_id", "page_id": home["id"]}
        page = world.page(f"Page {number}", inside, f"The first line of page {number}")
        nested = world.block(f"Nested in {number}")
        world.blocks[page["id"]].append(world.block(f"Line two of {number}", nested))
        if number % 3 == 0:
            world.say(page["id"], f"A remark on {number}", by=BO)
    (source,) = world.table("Tasks", {"type": "page_id", "page_id": home["id"]})
    for number in range(pages):
        world.row(source, f"Task {number}")
