"""A large file and a large attachment through a whole service, from a Google that is played here."""

from typing import Any

import httpx
import pytest

from services.google.simulator.downloads import noise
from shared.simulation import Fault
from tests.fakes.simulated import until
from tests.integration.test_google import connected

pytestmark = pytest.mark.anyio

LARGE = 24 * 1024 * 1024


async def test_large_bytes_pass_through_whole_or_visibly_broken(
    database_url: str, nats_url: str
) -> None:
    async with connected(database_url, nats_url) as (it, _):
        world, service = it.google.world, it.service
        await world.save("film", "Film.mp4", mimeType="video/mp4", size=str(LARGE))
        ident = await world.arrive("Film", "See there.")
        body = {"size": LARGE, "attachmentId": str(LARGE)}
        part = {"partId": "1", "filename": "film", "body": body}
        del world.mails[ident]["raw"]
        world.mails[ident]["payload"] = {"parts": [part]}
        asked: dict[str, Any] = {"headers": it.key, "params": {"account_id": it.account}}
        film, attachment = "/api/v1/files/film/content", f"/api/v1/emails/{ident}/attachments/1"

        whole = await service.http.get(film, **asked)
        assert (whole.status_code, whole.content == noise(LARGE)) == (200, True)
        assert whole.headers["content-length"] == str(LARGE)
        whole = await service.http.get(attachment, **asked)
        assert (whole.status_code, whole.content == noise(LARGE)) == (200, True)

        it.google.fail(Fault("truncated", path=f"/gmail/v1/users/me/messages/{ident}/att"))
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await service.http.get(attachment, **asked)

        async with service.http.stream("GET", film, **asked) as begun:
            assert await anext(begun.aiter_raw())
        pool = service.hub.http._transport._pool  # type: ignore[attr-defined]  # what httpx hides
        await until(lambda: all(one.is_idle() for one in pool.connections))
