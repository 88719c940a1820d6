"""What is there from the start."""

from services.gitlab.simulator import rows
from services.gitlab.simulator.world import Place, World

MAINTAINER = 40


def fill(world: World, projects: int, issues: int) -> None:
    """Projects with issues, a remark on each, a tenth of that in merge requests, and their code."""
    for number in range(1, projects + 1):
        stamp = world.stamp(past=True)
        name = f"acme/demo-{number}"
        place = Place(rows.project(number, name, world.root, stamp, MAINTAINER))
        world.places[place.row["id"]] = place
        for each in range(1, issues + 1):
            stamp = world.stamp(past=True)
            made = world.add_issue(place, f"Issue {each} of {name}", "cc @lee", stamp)
            world.add_note(place, "issues", made, stamp, f"Remark {each}")
            system = rows.note(world.number(), made, "Issue", stamp, "changed it", system=True)
            place.threads["issues", made["iid"]].append({"id": "0", "notes": [system]})
        for each in range(1, issues // 10 + 1):
            stamp = world.stamp(past=True)
            title = f"Change {each} of {name}"
            asked = rows.merge_request(world.number(), each, place.row, stamp, title=title)
            place.merge_requests[each] = asked
            world.add_note(place, "merge_requests", asked, stamp, "Looks good")
        for each in range(20):
            place.commits.insert(0, rows.commit(each, place.row, world.stamp(past=True)))
        ident, tip = world.number(), place.commits[0]["id"]
        place.pipelines[ident] = rows.pipeline(ident, place.row, world.stamp(past=True), tip)
        place.releases.append(rows.release("v1.0", world.stamp(past=True)))
