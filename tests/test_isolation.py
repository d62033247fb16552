"""What the suite's own guards let through and what they refuse."""

import os
import socket

import pytest

from tests.sockets import NetworkForbidden


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)], ids=["IPv4", "IPv6"])
def test_no_test_leaves_the_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    with socket.socket(family) as connection, pytest.raises(NetworkForbidden, match=address[0]):
        connection.connect(address)


def test_no_strangers_name_is_looked_up() -> None:
    with pytest.raises(NetworkForbidden, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_the_machine_itself_can_be_reached() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as connection,
    ):
        assert connection.getpeername() == server.getsockname()


def test_the_developers_own_settings_are_out_of_sight() -> None:
    visible = [name for name in os.environ if name.startswith(("ATLAS_", "DATABASE_URL"))]

    assert visible == []
