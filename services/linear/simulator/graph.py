"""The API: connections by cursor, single entities and writes, with what Linear refuses.

https://linear.app/developers/graphql
"""

from collections.abc import Awaitable, Callable
from typing import Any

from services.linear.simulator import graphql, rows
from services.linear.simulator.consent import problem
from services.linear.simulator.graphql import Wrong
from services.linear.simulator.lists import Missing, one, page
from services.linear.simulator.rows import Row
from services.linear.simulator.world import ADA, DONE, ENG, LEE, OPS, ORGANIZATION, TODO, World
from shared.simulation import Answer, Asked

ENTITIES = {"issue": "issues", "comment": "comments", "project": "projects"}


class Graph:
    """Answers queries on a world. `limit` lets the next calls be refused; `calls` are what was asked."""

    def __init__(self, world: World, now: Callable[[], float]) -> None:
        self._world, self._now = world, now
        self._limited = 0
        self.calls: list[str] = []

    def limit(self) -> None:
        """Refuse the next call: the hour's points are spent, for another second."""
        self._limited += 1

    async def answer(self, asked: Asked) -> Answer:
        """Answer a query or a mutation; Linear says no with a 400."""
        if self._limited:
            self._limited -= 1
            reset = {"x-ratelimit-complexity-remaining": "0"}
            reset |= {"x-ratelimit-complexity-reset": str(int((self._now() + 1.0) * 1000))}
            return problem("RATELIMITED", headers=reset)
        told = asked.json()
        self.calls.append(told["query"])
        try:
            wanted = graphql.fields(told["query"], told.get("variables") or {})
            if told["query"].lstrip().startswith("mutation"):
                data = await graphql.mutate(wanted, self._writes())
            else:
                data = graphql.select(wanted, self._reads())
        except Missing as gone:
            return problem("INPUT_ERROR", message=f"Entity not found: {gone}")
        except (Wrong, TypeError) as error:
            return problem("GRAPHQL_VALIDATION_FAILED", message=str(error))
        return Answer({"data": data})

    def _reads(self) -> dict[str, Any]:
        tables, deliveries = self._world.tables, self._world.deliveries
        found: dict[str, Any] = {
            name: lambda name=name, **how: page(map(self._seen, tables[name].values()), **how)
            for name in tables
        }
        for name, table in ENTITIES.items():
            found[name] = lambda id, table=table: self._seen(one(tables[table], id))
        return found | {
            "viewer": ADA,
            "organization": ORGANIZATION,
            "users": lambda **how: page([ADA, LEE], **how),
            "teams": lambda **how: page([ENG, OPS], **how),
            "workflowStates": lambda **how: page(
                [TODO | {"team": ENG}, DONE | {"team": ENG}], **how
            ),
            "searchIssues": self._search,
            "webhooks": lambda **how: page(deliveries.hooks.values(), **how),
            "webhook": lambda id: one(deliveries.hooks, id),
        }

    def _search(self, term: str, includeComments: bool, **how: Any) -> Row:  # noqa: ARG002 - Linear's name
        found = [it for it in self._world.tables["issues"].values() if term in it["title"]]
        return page(map(self._seen, found), **how)

    def _seen(self, row: Row) -> Row:
        """An entity as the API shows it: what is many is a connection."""
        if "identifier" not in row:
            return row
        said = [it for it in self._world.tables["comments"].values() if it["issue"] == row]
        labels = row["labels"]
        shown = {"labels": lambda **how: page(labels, **how)}
        return {**row, **shown, "comments": lambda **how: page(said, **how)}

    def _writes(self) -> dict[str, Callable[..., Awaitable[Row]]]:
        world, hooks = self._world, self._world.deliveries.hooks

        async def open_issue(input: Row) -> Row:
            team = next((it for it in (ENG, OPS) if it["id"] == input["teamId"]), None)
            if team is None:
                raise Missing("Team")
            known = {name: it for name, it in input.items() if name in ("title", "description")}
            row = await world.open_issue(team, **known)
            return {"success": True, "issue": self._seen(row)}

        async def change_issue(id: str, input: Row) -> Row:
            row = await world.edit("Issue", one(world.tables["issues"], id), **input)
            return {"success": True, "issue": self._seen(row)}

        async def say(input: Row) -> Row:
            on = one(world.tables["issues"], input["issueId"])
            more = {"user": ADA, "parentId": input.get("parentId")}
            return {"success": True, "comment": await world.comment(on, input["body"], **more)}

        async def drop_issue(id: str) -> Row:
            await world.trash(one(world.tables["issues"], id))
            return {"success": True}

        async def make_hook(input: Row) -> Row:
            ident = rows.ident(world.number())
            team = next((it for it in (ENG, OPS) if it["id"] == input.get("teamId")), None)
            public = bool(input.get("allPublicTeams"))
            hooks[ident] = {**input, "id": ident, "allPublicTeams": public, "team": team}
            hooks[ident]["failures"] = []
            return {"success": True, "webhook": hooks[ident]}

        async def mend_hook(id: str, input: Row) -> Row:
            one(hooks, id).update(input)
            return {"success": True}

        async def end_hook(id: str) -> Row:
            hooks.pop(one(hooks, id)["id"])
            return {"success": True}

        return {
            "issueCreate": open_issue,
            "issueUpdate": change_issue,
            "issueDelete": drop_issue,
            "commentCreate": say,
            "webhookCreate": make_hook,
            "webhookUpdate": mend_hook,
            "webhookDelete": end_hook,
        }
