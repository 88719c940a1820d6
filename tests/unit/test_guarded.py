"""The client for servers that users name, on loopback, with a name server that says what a test wants."""

from collections.abc import Sequence

import httpx
import pytest

from shared.errors import ConfigError, Refused, Unavailable
from shared.http.guarded import networks, open_guarded
from tests.fakes.loopback import Server, answer, loopback

pytestmark = pytest.mark.anyio

PRIVATE = (
    ["127.0.0.1"],
    ["10.1.2.3"],
    ["169.254.169.254"],
    ["::1"],
    ["64:ff9b::7f00:1"],
    ["2002:7f00:1::"],
    ["::ffff:127.0.0.1"],
    ["93.184.215.14", "127.0.0.1"],
)


class Names:
    """A name server that answers one thing after the other, and the last for ever."""

    def __init__(self, *script: Sequence[str]) -> None:
        self.script = list(script)

    async def __call__(self, _host: str, _port: int) -> Sequence[str]:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


async def asked(url: str, server: Server, names: Names, **facts: object) -> int:
    """The status of one request, and nothing else must have come through."""
    async with open_guarded(resolver=names, connect=0.5, **facts) as client:  # type: ignore[arg-type] # a test's own
        return (await client.get(url.replace("{port}", server.url.rpartition(":")[2]))).status_code


@pytest.mark.parametrize("addresses", PRIVATE, ids=lambda it: it[-1])
async def test_a_name_that_leads_inside_is_refused_before_anything_is_sent(
    addresses: list[str],
) -> None:
    async with loopback(answer(200)) as server:
        with pytest.raises(Refused, match="private network"):
            await asked("https://cal.test:{port}/", server, Names(addresses))
    assert server.connections == 0


@pytest.mark.parametrize("host", ["cal.test", "localhost", "93.184.215.14"])
async def test_nothing_is_sent_by_http(host: str) -> None:
    async with loopback(answer(200)) as server:
        with pytest.raises(Refused, match="https://"):
            await asked(f"http://{host}:{{port}}/", server, Names(["127.0.0.1"]))
        with pytest.raises(Refused, match="https://"):
            await asked("http://cal.test:{port}/", server, Names(["127.0.0.1"]), loopback=True)
    assert server.connections == 0


async def test_in_dev_this_machine_is_let_through_by_its_own_name() -> None:
    async with loopback(answer(204)) as server:
        assert await asked("http://127.0.0.1:{port}/", server, Names(["127.0.0.1"]), loopback=True)
        with pytest.raises(Refused):
            await asked("http://localhost:{port}/", server, Names(["10.1.2.3"]), loopback=True)


async def test_a_name_is_looked_at_again_at_every_connect() -> None:
    names = Names(["127.0.0.1"], ["10.1.2.3"])
    async with (
        loopback(answer(204, connection="close")) as server,
        open_guarded(loopback=True, resolver=names) as client,
    ):
        url = server.url.replace("127.0.0.1", "localhost")
        assert (await client.get(url)).status_code == 204
        with pytest.raises(Refused):
            await client.get(url)


async def test_the_next_address_of_a_name_is_tried() -> None:
    async with loopback(answer(204)) as server:
        names = Names(["::1", "127.0.0.1"])
        assert await asked("http://localhost:{port}/", server, names, loopback=True) == 204
        with pytest.raises(Unavailable, match="could not be reached"):
            await asked("http://localhost:{port}/", server, Names(["::1"]), loopback=True)


async def test_a_configured_network_is_let_through_by_https_and_no_other_is() -> None:
    async with loopback(answer(204)) as server:
        https = server.url.replace("http:", "https:")
        for allowed, refusal in (("127.0.0.0/8, fd00::/8", None), ("10.0.0.0/8", "private")):
            client = open_guarded(networks(allowed), resolver=Names(["127.0.0.1"]), connect=0.2)
            async with client:
                with pytest.raises(Refused, match="https://"):
                    await client.get(server.url)
                # Nobody speaks TLS there: it got through if it got as far as that.
                with pytest.raises(Refused if refusal else httpx.TransportError, match=refusal):
                    await client.get(https)
    assert server.connections == 1


def test_networks_that_are_none_stop_the_service() -> None:
    assert networks("") == ()
    with pytest.raises(ConfigError, match="PRIVATE_NETWORKS"):
        networks("10.0.0.1/8")
