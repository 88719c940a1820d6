"""The service works with the rights that deploy gives it, and sees nothing of the fleet's accounts."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from shared.bus.client import Bus
from shared.normalizer.cloudevents import Event
from shared.store.database import Database
from tests.context.fold import Told, account, heard
from tests.context.stage import serving
from tests.context.test_service import ANA, ZOE, mail
from tests.integration.test_consumer import Reader, reading, settled_after
from tests.integration.test_rights import ADMIN, CONTEXT, FEED, guarded, psql, refusals

pytestmark = pytest.mark.anyio

__all__ = ["guarded"]


@pytest.fixture
def limited(db: Database, database_url: str) -> Iterator[str]:
    """The same database, as the role of the service."""
    password = uuid4().hex
    for _ in range(2):
        psql(database_url, "postgres/context.sql", provider="context", password=password)
    scheme, _, rest = database_url.partition("://")
    yield f"{scheme}://integration_context:{password}@{rest.partition('@')[2]}"
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute("drop owned by integration_context; drop role integration_context")


async def test_a_role_of_its_own_is_enough_and_shows_nothing_of_the_fleet(
    db: Database, limited: str, nats_url: str
) -> None:
    async with serving(db, limited, nats_url) as stage:
        await stage.tell(Told(mail(1, ZOE, ANA, content="- [ ] call")), Told(mail(2, ANA, ZOE)))
        ana = await stage.key()
        assert len((await stage.get("/api/v1/people", ana))["people"]) == 2
        (task,) = (await stage.get("/api/v1/tasks", ana))["tasks"]
        where = f"/api/v1/tasks/{task['id']}"
        done = await stage.http.patch(where, headers=ana, json={"state": "done"})
        assert done.status_code == 200
        assert len((await stage.get("/api/v1/search", ana, q="call"))["hits"]) == 1
        await stage.tell(Told(None))
        assert (await stage.get("/api/v1/people", ana))["people"] == []
    async with await psycopg.AsyncConnection.connect(limited, autocommit=True) as conn:
        for forbidden in (
            "select count(*) from connected_account",
            "select count(*) from outbox",
            "select count(*) from audit_log",
            "delete from api_key",
            "update context.schema_migration set number = 0",
            "create table context.mine (n int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await conn.execute(forbidden)


async def test_a_key_of_its_own_is_enough_for_its_consumer_and_for_no_other(
    guarded: dict[str, str],
) -> None:
    bus = await Bus.connect(guarded[ADMIN], "admin", patience=5)
    await bus.provision(replicas=1, max_bytes=1 << 24)
    one = heard(Told(mail(1, ZOE, ANA), 1))
    await bus.publish([Event(account("one"), one.subject, "e1", {"Nats-Msg-Id": "e1"}, b"1")])
    reader = Reader()
    async with reading(guarded[CONTEXT], reader, name=CONTEXT, subjects=["self.>"]) as consumer:
        await settled_after(consumer, reader, 1)
    for forbidden in (
        "self.events.email.gmail.ana",
        "$JS.API.CONSUMER.MSG.NEXT.SELF_EVENTS.reader",
        "$JS.API.CONSUMER.CREATE.SELF_EVENTS.reader",
        "$JS.API.CONSUMER.DELETE.SELF_EVENTS.reader",
        "$JS.API.STREAM.PURGE.SELF_EVENTS",
        "$JS.ACK.SELF_EVENTS.reader.1.1.1.1.0",
    ):
        assert await refusals(guarded[CONTEXT], publish=forbidden), forbidden
    assert await refusals(guarded[FEED], publish="$JS.API.CONSUMER.CREATE.SELF_EVENTS.context")
    await bus.close()
