"""Addresses that users supply lead to the internet, or nowhere."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.errors import BadRequest, HubError, ItemGone, RateLimited, Refused, Unavailable
from shared.http import addresses
from shared.http.addresses import Checked, check, download, fetch, public
from tests.fakes.loopback import Asked, answer, loopback

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"


def answers(*found: str) -> addresses.Resolver:
    """A name server that says the same for every name."""

    async def resolver(_host: str, _port: int) -> Sequence[str]:
        return found

    return resolver


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.8",
        "192.0.0.170",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.215.14",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::7f00:1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
        "",
    ],
)
def test_no_special_address_is_public(address: str) -> None:
    assert not public(address)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1"])
def test_a_plain_address_is_public(address: str) -> None:
    assert public(address)


@pytest.fixture
async def canary(anyio_backend: str) -> AsyncIterator[list[int]]:
    """A listener on this machine that nobody may reach; gives its port and counts its connections."""
    connections: list[int] = []

    async def on_connection(_reader: Any, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        writer.close()

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    seen = [port]
    yield seen
    listener.close()
    await listener.wait_closed()
    assert connections == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fec0::1]",
        "[fe80::1%25lo]",
        "１２７.０.０.１",  # noqa: RUF001 - full-width digits
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "user@127.0.0.1",
        "user:password@127.0.0.1",
        "example.com@127.0.0.1",
        "example.com\\@127.0.0.1",
        "@127.0.0.1",
        "192.0.0.8",
        "169.254.169.254",
        "",
    ],
)
async def test_no_spelling_of_this_machine_is_connected_to(canary: list[int], host: str) -> None:
    port = canary[0]
    with pytest.raises((BadRequest, Unavailable)):
        await check(f"https://{host}:{port}/", ports=(443, port))
    with pytest.raises((Refused, Unavailable)):
        await fetch(f"https://{host}:{port}/", ports=(443, port))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "https://",
        "https:///path",
        "https://example.com:22/",
        "https://example.com:70000/",
        "https://example.com:x/",
        "https://user@example.com/",
        "https://:@example.com/",
        "https://exa mple.com/",
        "https://example.com\r\nx: y/",
        "https://" + "a" * 70 + ".com/",
        "https://a..b/",
        "",
    ],
)
async def test_only_https_on_an_allowed_port_without_credentials(url: str) -> None:
    with pytest.raises((BadRequest, Unavailable)):
        await check(url, resolver=answers(PUBLIC) if ".." not in url else addresses.resolve)


@pytest.mark.parametrize("found", [(PUBLIC, "127.0.0.1"), ("10.0.0.1", PUBLIC), ("::1",)])
async def test_every_address_of_a_name_has_to_be_public(found: tuple[str, ...]) -> None:
    with pytest.raises(BadRequest, match="private"):
        await check("https://example.com/", resolver=answers(*found))


async def test_a_name_without_an_address_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await check("https://example.com/", resolver=answers())


async def test_what_was_checked_is_what_is_asked_for() -> None:
    it = await check("https://Example.com:8443/a?b=c", ports=(8443,), resolver=answers(PUBLIC))
    assert it == Checked("https://example.com:8443/a?b=c", "example.com", PUBLIC)


async def test_a_name_that_changes_its_mind_is_asked_once_and_connected_where_it_was_checked(
    canary: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, questions = canary[0], []

    async def rebinding(host: str, _port: int) -> Sequence[str]:
        questions.append(host)
        return [PUBLIC] if len(questions) == 1 else ["127.0.0.1"]

    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=b"feed")

    async def without_network(target: Checked, *, largest: int) -> bytes:
        return await download(target, largest=largest, transport=httpx.MockTransport(respond))

    monkeypatch.setattr(addresses, "download", without_network)
    url = f"https://rebind.example:{port}/feed.ics"
    assert await fetch(url, ports=(port,), resolver=rebinding) == b"feed"
    assert questions == ["rebind.example"]
    assert (seen[0].url.host, seen[0].url.port) == (PUBLIC, port)
    assert seen[0].headers["host"] == f"rebind.example:{port}"
    assert seen[0].extensions["sni_hostname"] == "rebind.example"
    with pytest.raises(Refused):
        await fetch(url, ports=(port,), resolver=rebinding)
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, Refused),
        (302, Refused),
        (401, Refused),
        (404, ItemGone),
        (429, RateLimited),
        (500, Unavailable),
    ],
)
async def test_a_download_follows_no_redirect_and_names_its_failure(
    status: int, error: type[HubError]
) -> None:
    def respond(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers={"location": "https://127.0.0.1/"})

    with pytest.raises(error) as caught:
        await download(
            Checked("https://example.com/", "example.com", PUBLIC),
            transport=httpx.MockTransport(respond),
        )
    assert type(caught.value) is error


async def test_a_download_is_limited_in_size_and_time() -> None:
    async def hang(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with loopback(answer(200, b"x" * 1000), hang) as server:
        here = Checked(server.url, "127.0.0.1", "127.0.0.1")
        with pytest.raises(Refused, match="larger"):
            await download(here, largest=999)
        with pytest.raises(Unavailable):
            await download(here, seconds=0.2)


async def test_tls_has_to_prove_the_name_and_not_the_address(tmp_path: Path) -> None:
    key, certificate = certificate_for("feed.example", tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    named: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: named.append(name)
    hosts: list[str] = []

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        hosts.extend(line for line in head.lower().split("\r\n") if line.startswith("host: "))
        writer.write(answer(200, b"feed"))
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(on_connection, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    trust = ssl.create_default_context(cafile=str(certificate))
    url = f"https://feed.example:{port}/a"
    assert await download(Checked(url, "feed.example", "127.0.0.1"), verify=trust) == b"feed"
    assert named == ["feed.example"]
    assert hosts == [f"host: feed.example:{port}"]
    with pytest.raises(Unavailable):
        await download(Checked(url, "other.example", "127.0.0.1"), verify=trust)
    listener.close()
    await listener.wait_closed()


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    """Write a key and a certificate that trusts itself; returns both paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file
