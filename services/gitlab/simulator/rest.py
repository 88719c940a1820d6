"""GitLab's REST API as far as our service asks it: lists with `Link` and `updated_after`, and writes."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from services.gitlab.simulator import deliveries
from services.gitlab.simulator.paging import GONE, changed, page
from services.gitlab.simulator.rows import ME, Row
from services.gitlab.simulator.world import Place, World
from shared.simulation import Answer, Asked, Handler, Route

_AT = r"/api/v4/projects/(\d+)"
_ITEMS = rf"{_AT}/(issues|merge_requests)"


def routes(world: World) -> list[Route]:
    """Everything that is asked with a token."""

    def user(_: Asked) -> Answer:
        return Answer({**ME, "email": "ana@example.com", "web_url": f"{world.root}/ana"})

    def projects(asked: Asked) -> Answer:
        return page(asked, [it.row for it in world.places.values()])

    def by_name(_: Asked, name: str) -> Answer:
        known = {it.row["path_with_namespace"]: it.row for it in world.places.values()}
        return Answer(known[unquote(name)]) if unquote(name) in known else GONE

    def of(answer: Callable[..., Any]) -> Handler:
        """A handler of what is in a project that exists."""

        def handle(asked: Asked, number: str, *more: str) -> Any:
            place = world.places.get(int(number))
            return answer(asked, place, *more) if place else GONE

        return handle

    def item(_: Asked, place: Place, what: str, iid: str) -> Answer:
        found = place.items(what).get(int(iid))
        return Answer(found) if found else GONE

    async def open_issue(asked: Asked, place: Place) -> Answer:
        wish = asked.json()
        wish["labels"] = list(filter(None, wish.get("labels", "").split(",")))
        return Answer(await world.open_issue(place, wish.pop("title"), **wish), 201)

    async def edit(asked: Asked, place: Place, what: str, iid: str) -> Answer:
        if int(iid) not in place.items(what):
            return GONE
        wish = asked.json()
        state = {"close": "closed", "reopen": "opened"}.get(wish.pop("state_event", ""))
        wish |= {"state": state} if state else {}
        return Answer(await world.edit(place, what, int(iid), **wish))

    async def merge(asked: Asked, place: Place, iid: str) -> Answer:
        found = place.merge_requests.get(int(iid))
        if found is None:
            return GONE
        if asked.json()["sha"] != found["sha"]:
            return Answer({"message": "SHA does not match HEAD of source branch"}, 409)
        return Answer(await world.edit(place, "merge_requests", int(iid), state="merged"))

    def discussions(asked: Asked, place: Place, what: str, iid: str) -> Answer:
        if int(iid) not in place.items(what):
            return GONE
        return page(asked, place.threads.get((what, int(iid)), []))

    async def say(asked: Asked, place: Place, what: str, iid: str, thread: str = "") -> Answer:
        if int(iid) not in place.items(what):
            return GONE
        said = await world.comment(
            place, what, int(iid), asked.json()["body"], by=ME, thread=thread
        )
        return Answer({key: it for key, it in said.items() if key != "discussion_id"}, 201)

    one = rf"{_ITEMS}/(\d+)"
    return [
        Route("GET", "/api/v4/user", user),
        Route("GET", "/api/v4/projects", projects),
        Route("GET", _AT, of(lambda _, it: Answer(it.row))),
        Route("GET", r"/api/v4/projects/([^/]*[^/\d][^/]*(?:/[^/]+)?)", by_name),
        Route("GET", _ITEMS, of(lambda asked, it, what: changed(asked, it.items(what).values()))),
        Route("POST", rf"{_AT}/issues", of(open_issue)),
        Route("GET", one, of(item)),
        Route("PUT", one, of(edit)),
        Route("PUT", rf"{_AT}/merge_requests/(\d+)/merge", of(merge)),
        Route("GET", rf"{one}/discussions", of(discussions)),
        Route("POST", rf"{one}/notes", of(say)),
        Route("POST", rf"{one}/discussions/(\w+)/notes", of(say)),
        Route("GET", rf"{_AT}/repository/branches/main", of(_branch)),
        Route("GET", rf"{_AT}/repository/commits", of(_commits)),
        Route("GET", rf"{_AT}/pipelines", of(_pipelines)),
        Route("GET", rf"{_AT}/pipelines/(\d+)", of(_pipeline)),
        Route("GET", rf"{_AT}/releases", of(lambda asked, it: page(asked, it.releases))),
        *deliveries.routes(world),
    ]


def _branch(_: Asked, place: Place) -> Answer:
    return Answer({"name": "main", "commit": place.commits[0]})


def _commits(asked: Asked, place: Place) -> Answer:
    """The history below a commit, or what `base..head` adds to it."""
    base, _, head = asked.query.get("ref_name", "main").rpartition("..")
    names = [it["id"] for it in place.commits]
    if base and base not in names:
        return GONE
    begin = names.index(head) if head in names else 0
    return page(asked, place.commits[begin : names.index(base) if base else None])


def _pipelines(asked: Asked, place: Place) -> Answer:
    """As GitLab lists them: without who and how long."""
    hidden = ("user", "finished_at", "duration")
    listed: list[Row] = [
        {key: it for key, it in row.items() if key not in hidden}
        for row in place.pipelines.values()
    ]
    return changed(asked, listed)


def _pipeline(_: Asked, place: Place, number: str) -> Answer:
    found = place.pipelines.get(int(number))
    return Answer(found) if found else GONE
