"""Every route that a service's OpenAPI file names keeps one user's things from the other."""

from uuid import uuid4

import pytest

from shared.service.callers import SCOPES
from shared.store import runs
from tests.fakes.loopback import Server
from tests.hostile.routes import Operation, operations
from tests.hostile.stage import Stage

pytestmark = pytest.mark.anyio

UNTRUSTED = tuple(it for it in SCOPES if it not in ("admin", "impersonate"))
"""Everything that a user may be allowed to do with what is theirs."""


async def described(stage: Stage) -> list[Operation]:
    """The operations that need a token."""
    document = (await stage.service.http.get("/schema/openapi.json")).json()
    found = [it for it in operations(document) if not it.open]
    assert len(found) >= 12
    return found


async def test_without_a_token_that_is_known_nothing_is_answered(stage: Stage) -> None:
    tokens = ["", "Bearer", "Bearer x", "Basic YTpi", f"Bearer hub_dev_{'0' * 16}_{'a' * 43}"]
    tokens += ["Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.", "Bearer " + "a" * 9000]
    for it in await described(stage):
        path, arguments = it.request()
        for token in tokens:
            headers = {"authorization": token} if token else {}
            what = f"{it.method} {it.path} with {token[:20]!r}"
            await stage.ask(what, it.method, path, {401}, headers=headers, **arguments)


async def test_no_other_method_is_a_way_in(stage: Stage) -> None:
    ana, them = await stage.key(*UNTRUSTED, user_id="ana"), await described(stage)
    for path in sorted({it.request()[0] for it in them}):
        known = {it.method for it in them if it.request()[0] == path}
        for method in {"OPTIONS", "PUT", "TRACE", "PROPFIND"} - known:
            await stage.ask(f"{method} {path}", method, path, {401, 405})
            allowed = {204, 403, 405}
            await stage.ask(f"{method} {path} as ana", method, path, allowed, headers=ana)


async def test_with_too_few_scopes_nothing_is_done(stage: Stage) -> None:
    every = {scope: await stage.key(scope, user_id="ana") for scope in SCOPES}
    none = await stage.key(user_id="ana")
    for it in await described(stage):
        path, arguments = it.request()
        what = f"{it.method} {it.path}"
        await stage.ask(what, it.method, path, {403}, headers=none, **arguments)
        enough = set()
        for scope, key in every.items():
            answer = await stage.service.http.request(it.method, path, headers=key, **arguments)
            if answer.status_code != 403:
                enough.add(scope)
        assert len(enough) <= 1, f"{what} is opened by {sorted(enough)}"


async def test_what_is_somebody_elses_looks_like_nothing_at_all(
    stage: Stage, vendor: Server
) -> None:
    await stage.account("ana")
    bens = await stage.account("ben")
    async with stage.service.hub.db.transaction() as conn:
        run = await runs.start_run(
            conn, streams=stage.provider.streams, account_id=bens, mode="incremental"
        )
        await conn.execute("update sync_state set next_run_at = 'infinity'")
    before = await holdings(stage)
    ana = await stage.key(*UNTRUSTED, user_id="ana")
    tried = 0
    for it in await described(stage):
        for name, foreign in (("account_id", str(bens)), ("run_id", str(run))):
            if not it.takes(name):
                continue
            what = f"{it.method} {it.path} with ben's {name}"
            allowed = {200, 404} if it.path == "/sync/runs" else {404}  # there it narrows a list
            answers = []
            for ident in (foreign, str(uuid4())):
                path, arguments = it.request({name: ident})
                answers.append(
                    await stage.ask(what, it.method, path, allowed, headers=ana, **arguments)
                )
            theirs, nobodys = answers
            if (theirs.status_code, theirs.content) != (nobodys.status_code, nobodys.content):
                stage.wrong.append(f"{what} differs from an unknown one: {theirs.text}")
            tried += 1
        if it.takes("user_id"):
            what = f"{it.method} {it.path} for ben"
            path, arguments = it.request({"user_id": "ben"})
            await stage.ask(what, it.method, path, {403}, headers=ana, **arguments)
            tried += 1
    assert tried >= 8
    assert await holdings(stage) == before
    lent = [it for it in vendor.asked if "of ben" in it.headers.get("authorization", "")]
    assert not lent, "the provider was asked with ben's token"


async def test_what_is_ones_own_is_found(stage: Stage) -> None:
    """Else the test before would be content with a service that answers 404 to everybody."""
    mine = await stage.account("ana")
    ana = await stage.key(*UNTRUSTED, user_id="ana")
    for it in await described(stage):
        if it.takes("account_id") and it.method != "DELETE":
            found = []
            for ident in (mine, uuid4()):
                path, arguments = it.request({"account_id": str(ident)})
                found.append(
                    await stage.service.http.request(it.method, path, headers=ana, **arguments)
                )
            answer, nobodys = found
            hidden = answer.status_code == 404 and answer.text == nobodys.text
            if hidden or answer.status_code not in it.statuses - {401, 403}:
                stage.wrong.append(f"{it.method} {it.path}: {answer.status_code} {answer.text}")


async def holdings(stage: Stage) -> list[object]:
    """Everything that belongs to ben."""
    theirs = "account_id in (select id from connected_account where user_id = 'ben')"
    return [
        await stage.rows("select it::text from connected_account it where user_id = 'ben'"),
        await stage.rows(f"select it::text from sync_state it where {theirs} order by 1"),
        await stage.rows(f"select it::text from sync_run it where {theirs} order by 1"),
        await stage.rows(f"select count(*) from audit_log where {theirs}"),
    ]
