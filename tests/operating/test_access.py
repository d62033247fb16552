"""No web page of a stranger can drive the server, by whatever name it calls it."""

from collections.abc import Mapping, MutableMapping

import httpx
import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware

from api.access import Callers, OnlyCallers, callers_of, is_loopback
from api.cli import serving
from api.errors import CommandError
from api.settings import read_settings

LOCAL: Mapping[str, str] = {}
OPEN = {"ATLAS_HOST": "0.0.0.0"}  # noqa: S104 - how it is opened is the point


def refusal(environment: Mapping[str, str], **headers: str) -> str | None:
    return callers_of(read_settings(environment)).refusal(Headers(headers))


@pytest.mark.parametrize(
    "host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost", "LOCALHOST:1"]
)
def test_this_machine_is_called_by_its_own_names(host: str) -> None:
    assert refusal(LOCAL, host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("thief.test:8000", id="a name that was made to lead here"),
        pytest.param("localhost.thief.test", id="beginning like ours"),
        pytest.param("127.0.0.1.thief.test", id="beginning like our address"),
        pytest.param("localhost@thief.test", id="with a user"),
        pytest.param("", id="none"),
        pytest.param("192.168.0.7", id="an address of this machine in a network"),
        pytest.param("[::1", id="nonsense"),
    ],
)
def test_any_other_name_is_refused_on_loopback(host: str) -> None:
    message = refusal(LOCAL, host=host)

    assert message is not None
    assert "ATLAS_HOSTS" in message


def test_names_can_be_added() -> None:
    named = {"ATLAS_HOSTS": "atlas.example.com"}

    assert refusal(named, host="Atlas.Example.com") is None
    assert refusal(named, host="localhost") is None
    assert refusal({**OPEN, **named}, host="other.example.com") is not None
    assert refusal(OPEN, host="other.example.com") is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        pytest.param("localhost:8000", "http://localhost:8000", id="its own page"),
        pytest.param("localhost", "http://localhost", id="at port 80"),
        pytest.param("localhost", "https://localhost", id="behind TLS of somebody else's"),
        pytest.param("127.0.0.1:8000", "https://app.example.com", id="a page that was named"),
        pytest.param("[::1]:8000", "http://[::1]:8000", id="by its IPv6 address"),
    ],
)
def test_pages_of_its_own_and_those_that_were_named_may_ask(host: str, origin: str) -> None:
    named = {"ATLAS_ORIGINS": "https://app.example.com, https://other.example.com"}

    assert refusal(named, host=host, origin=origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "http://thief.test",
        "http://localhost:9000",
        "http://127.0.0.1:8000",
        "https://app.example.com.thief.test",
        "null",
        "",
        "http://localhost:port",
    ],
)
def test_pages_of_others_may_not(origin: str) -> None:
    message = refusal(
        {"ATLAS_ORIGINS": "https://app.example.com"}, host="localhost:8000", origin=origin
    )

    assert message is not None
    assert "ATLAS_ORIGINS" in message


def an_app() -> Starlette:
    callers = Callers(frozenset({"localhost"}), frozenset())
    return Starlette(middleware=[Middleware(OnlyCallers, callers=callers)])


async def test_a_refused_request_is_told_why() -> None:
    transport = httpx.ASGITransport(an_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://thief.test") as client:
        response = await client.get("/graphql")

    assert response.status_code == 403
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "FORBIDDEN"}


async def test_a_refused_websocket_is_not_accepted() -> None:
    sent: list[MutableMapping[str, object]] = []

    async def receive() -> MutableMapping[str, object]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, object]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/graphql", "headers": [(b"host", b"thief.test")]}
    await an_app()(scope, receive, send)

    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - as above
        ("::", False),
        ("10.0.0.1", False),
        ("atlas", False),
    ],
)
def test_loopback_is_told_from_the_rest(address: str, *, local: bool) -> None:
    assert is_loopback(address) is local


def test_it_refuses_to_let_anybody_write_from_beyond_this_machine() -> None:
    settings = read_settings({**OPEN, "ATLAS_PORT": "0"})

    with pytest.raises(CommandError, match="ATLAS_ACCESS_CONTROL=external"):
        serving.listen(settings)


@pytest.mark.parametrize(
    "said",
    [{"ATLAS_ACCESS_CONTROL": "external"}, {"ATLAS_MUTATIONS": "false"}],
    ids=["guarded by somebody", "only reading"],
)
def test_it_listens_beyond_this_machine_where_somebody_answers_for_that(
    said: Mapping[str, str],
) -> None:
    with serving.listen(read_settings({**OPEN, **said, "ATLAS_PORT": "0"})) as listener:
        assert listener.getsockname()[1] > 0
