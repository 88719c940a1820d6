"""GitHub's REST API as far as our service asks it: lists with `Link` headers and `since`, and writes."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from services.github.simulator import deliveries
from services.github.simulator.rows import ME, Row
from services.github.simulator.world import Place, World
from shared.simulation import Answer, Asked, Handler, Route

GONE = Answer({"message": "Not Found"}, 404)
_REPO = r"/repos/([^/]+/[^/]+)"


def routes(world: World, scopes: Callable[[Asked], str]) -> list[Route]:
    """Everything that is asked with a token; `scopes` says what the token of a call may do."""

    def user(asked: Asked) -> Answer:
        return Answer(ME, headers={"x-oauth-scopes": scopes(asked)})

    def repositories(asked: Asked) -> Answer:
        return page(asked, [it.repo for it in world.places.values()])

    def of(answer: Callable[[Asked, Place], Answer]) -> Handler:
        def handle(asked: Asked, name: str) -> Answer:
            return answer(asked, world.places[name]) if name in world.places else GONE

        return handle

    def one(rows: Callable[[Place], dict[int, Row]]) -> Handler:
        def handle(_: Asked, name: str, number: str) -> Answer:
            place = world.places.get(name)
            found = rows(place).get(int(number)) if place else None
            return Answer(found) if found else GONE

        return handle

    def reviews(asked: Asked, name: str, number: str) -> Answer:
        return page(asked, world.places[name].reviews.get(int(number), []))

    async def open_issue(asked: Asked, name: str) -> Answer:
        wish = asked.json()
        return Answer(
            await world.open_issue(world.places[name], wish["title"], wish.get("body")), 201
        )

    async def edit_issue(asked: Asked, name: str, number: str) -> Answer:
        place = world.places[name]
        if int(number) not in place.issues:
            return GONE
        return Answer(await world.edit_issue(place, int(number), **asked.json()))

    async def add_comment(asked: Asked, name: str, number: str) -> Answer:
        place = world.places[name]
        if int(number) not in place.issues:
            return GONE
        return Answer(await world.comment(place, int(number), asked.json()["body"]), 201)

    async def add_review(asked: Asked, name: str, number: str) -> Answer:
        place, wish = world.places[name], asked.json()
        if int(number) not in place.pulls:
            return GONE
        state = {"APPROVE": "APPROVED", "COMMENT": "COMMENTED"}.get(wish["event"], wish["event"])
        return Answer(await world.review(place, int(number), wish.get("body", ""), state))

    issue, pull = rf"{_REPO}/issues/(\d+)", rf"{_REPO}/pulls/(\d+)"
    return [
        Route("GET", "/user", user),
        Route("GET", "/user/emails", lambda asked: page(asked, [EMAIL])),
        Route("GET", "/user/repos", repositories),
        Route("GET", _REPO, of(lambda _, it: Answer(it.repo))),
        Route("GET", f"{_REPO}/issues", of(lambda asked, it: changed(asked, it.issues.values()))),
        Route("POST", f"{_REPO}/issues", open_issue),
        Route("GET", issue, one(lambda it: it.issues)),
        Route("PATCH", issue, edit_issue),
        Route("POST", f"{issue}/comments", add_comment),
        Route(
            "GET",
            f"{_REPO}/issues/comments",
            of(lambda asked, it: changed(asked, it.comments.values())),
        ),
        Route("GET", f"{_REPO}/pulls", of(lambda asked, it: changed(asked, it.pulls.values()))),
        Route("GET", pull, one(lambda it: it.pulls)),
        Route("GET", f"{pull}/reviews", reviews),
        Route("POST", f"{pull}/reviews", add_review),
        Route(
            "GET",
            f"{_REPO}/pulls/comments",
            of(lambda asked, it: changed(asked, it.review_comments.values())),
        ),
        Route("GET", f"{_REPO}/commits", of(lambda asked, it: page(asked, it.commits))),
        Route("GET", f"{_REPO}/releases", of(lambda asked, it: page(asked, it.releases))),
        Route("GET", rf"{_REPO}/git/ref/heads/main", of(_head)),
        *deliveries.routes(world, page),
    ]


EMAIL: Row = {"email": "mona@example.com", "primary": True, "verified": True}


def changed(asked: Asked, rows: Iterable[Row]) -> Answer:
    """A page of what changed at `since` or later (to the second), in the order that was asked for."""
    since, state = asked.query.get("since", ""), asked.query.get("state", "all")
    found = [
        row
        for row in rows
        if row["updated_at"] >= since and state in ("all", row.get("state", "all"))
    ]
    down = asked.query.get("direction", "desc") == "desc"
    found.sort(key=lambda row: (row["updated_at"], row["id"]), reverse=down)
    return page(asked, found)


def page(asked: Asked, rows: list[Row]) -> Answer:
    """One page, and the address of the next in the `Link` header (RFC 8288)."""
    size = min(int(asked.query.get("per_page", "30")), 100)
    number = int(asked.query.get("page", "1"))
    part = rows[(number - 1) * size : number * size]
    if number * size >= len(rows):
        return Answer(part)
    following = urlencode({**asked.query, "page": number + 1})
    return Answer(part, headers={"link": f'<{asked.root}{asked.path}?{following}>; rel="next"'})


def _head(_: Asked, place: Place) -> Answer:
    """Where the default branch is."""
    return Answer({"ref": "refs/heads/main", "object": {"sha": place.commits[0]["sha"]}})
