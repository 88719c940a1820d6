"""A private IPv4 address does not get past the guard inside of another address, or spelled oddly.

`tests/unit/test_addresses.py` lists known spellings; here every one is made from every address.
"""

import ipaddress
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import BadRequest, Unavailable
from shared.http import addresses
from shared.http.addresses import check, public

pytestmark = pytest.mark.anyio

PRIVATE = st.one_of(
    *(
        st.ip_addresses(network=net)
        for net in (
            "10.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
        )
    ),
    st.just(ipaddress.ip_address("100.100.100.200")),
)


def embedded(ip: ipaddress.IPv4Address) -> dict[str, str]:
    """IPv6 addresses that lead a machine with the right gateway to this IPv4 address."""
    n, flipped = int(ip), int(ip) ^ 0xFFFFFFFF
    places = {
        "IPv4-mapped": 0xFFFF << 32 | n,
        "IPv4-compatible": n,
        "IPv4-translated": 0xFFFF << 48 | n,
        "NAT64": 0x64FF9B << 96 | n,
        "local NAT64": 0x64FF9B0001 << 80 | n,
        "6to4": 0x2002 << 112 | n << 80 | 1,
        "Teredo's server": 0x20010000 << 96 | n << 64,
        "Teredo's client": 0x20010000 << 96 | flipped,
        "ISATAP on the link": 0xFE80 << 112 | 0x5EFE << 32 | n,
        "site-local": 0xFEC0 << 112 | n,
        "unique local": 0xFD00 << 112 | n,
    }
    return {name: str(ipaddress.IPv6Address(value)) for name, value in places.items()}


def spelled(ip: ipaddress.IPv4Address) -> list[str]:
    """Host names that some resolver takes for this address."""
    a, b, c, d = ip.packed
    n = int(ip)
    return [
        str(n),
        hex(n),
        oct(n).replace("0o", "0"),
        f"{a}.{n & 0xFFFFFF}",
        f"{a}.{b}.{n & 0xFFFF}",
        ".".join(hex(it) for it in (a, b, c, d)),
        ".".join(f"0{it:o}" for it in (a, b, c, d)),
        f"{ip}.",
        str(ip).translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
        str(ip).replace(".", "\u3002"),
        f"[::ffff:{ip}]",
    ]


@given(PRIVATE)
@settings(max_examples=60, deadline=None, database=None)
def test_no_address_that_carries_a_private_one_is_public(ip: ipaddress.IPv4Address) -> None:
    assert not public(str(ip))
    assert not [name for name, address in embedded(ip).items() if public(address)]


@given(PRIVATE)
@settings(max_examples=20, deadline=None, database=None)
async def test_no_spelling_of_a_private_address_is_connected_to(ip: ipaddress.IPv4Address) -> None:
    for host in spelled(ip):
        with pytest.raises((BadRequest, Unavailable)):
            await check(f"https://{host}/")


async def astray(ip: ipaddress.IPv4Address, place: int) -> list[str]:
    """What would be connected to when one answer of a name server is that address, in any wrapping."""
    taken = []
    for address in (str(ip), *embedded(ip).values()):
        found = ["93.184.215.14", "1.1.1.1", "8.8.8.8", "2606:4700::1111"]
        found.insert(place, address)

        async def resolver(_host: str, _port: int, found: Sequence[str] = found) -> Sequence[str]:
            return found

        with suppress(BadRequest):
            taken.append((await check("https://rebind.example/", resolver=resolver)).address)
    return taken


@given(PRIVATE, st.integers(0, 4))
@settings(max_examples=40, deadline=None, database=None)
async def test_one_private_answer_of_a_name_server_is_one_too_many(
    ip: ipaddress.IPv4Address, place: int
) -> None:
    assert not await astray(ip, place)


@pytest.mark.parametrize("without", ["lists", "every answer"])
async def test_without_a_part_of_the_guard_some_get_through(
    without: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The teeth of the tests above: Python calls some wrappings global, and the first answer lies."""
    if without == "lists":
        monkeypatch.setattr(addresses, "_DENIED", ())
        monkeypatch.setattr(addresses, "_UNICAST", ipaddress.ip_network("::/0"))
    else:
        monkeypatch.setattr(addresses, "all", any, raising=False)
    assert await astray(ipaddress.IPv4Address("127.0.0.1"), place=1)
