"""What there is before anything happens, the same every time."""

from services.jira.simulator import rows
from services.jira.simulator.world import MOST, World


def fill(world: World, issues: int) -> None:
    """So many issues on each site, a comment on each, and on the first more than a search tells."""
    for site in world.sites.values():
        for each in range(issues):
            number = world.add_issue(site, f"Issue {each}", world.stamp(past=True))
            for n in range(MOST + 2 if each == 0 else 1):
                at = world.stamp(past=True)
                body = rows.document(f"Remark {n} on issue number {each}")
                site.comments[number].append(rows.comment(world.number(), body, at))
            at = world.stamp(past=True)
            site.worklogs[number].append(rows.worklog(world.number(), number, 3600, at))
            made = rows.history(world.number(), "labels", "", "checked", at)
            site.changes[number].append(made)
            world.touch(site, number, at)
