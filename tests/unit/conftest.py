"""Unit tests need nothing running: a connection to anywhere but this machine is a failure."""

import socket
from ipaddress import ip_address
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `socket.connect` refuse every address that is not a loopback address."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            assert is_loopback(address[0]), f"a unit test tried to connect to {address[0]}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def is_loopback(host: str) -> bool:
    """Whether the address stays on this machine; a name does not count as one."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
