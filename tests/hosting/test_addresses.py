"""Which addresses a connector may reach, however they are written and whatever a name says."""

from collections.abc import Iterable, Sequence

import httpcore
import httpx
import pytest

from journey_atlas_sdk import ConfigError, TransientError
from journey_atlas_sdk.hosting.addresses import AddressGuard, GuardedNetwork, GuardedTransport
from tests.connectors.web_server import a_reply, a_web_server
from tests.hosting.lent import Lab


class Resolver:
    """A name server that gives each of its answers in turn, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


WEB = "93.184.216.34"
PRIVATE = [
    pytest.param("127.0.0.1", id="loopback"),
    pytest.param("127.9.9.9", id="loopback too"),
    pytest.param("::1", id="loopback of IPv6"),
    pytest.param("10.0.0.5", id="10/8"),
    pytest.param("172.16.0.1", id="172.16/12"),
    pytest.param("192.168.1.1", id="192.168/16"),
    pytest.param("100.64.0.1", id="100.64/10"),
    pytest.param("198.18.0.1", id="of benchmarks"),
    pytest.param("0.1.2.3", id="this network"),
    pytest.param("240.0.0.1", id="reserved"),
    pytest.param("fd00::1", id="private of IPv6"),
    pytest.param("::ffff:10.0.0.5", id="IPv4-mapped"),
    pytest.param("::10.0.0.5", id="IPv4-compatible"),
    pytest.param("64:ff9b::10.0.0.5", id="through NAT64"),
    pytest.param("2002:a00:5::", id="through 6to4"),  # 0a00:0005 is 10.0.0.5
    pytest.param("::ffff:0:10.0.0.5", id="IPv4-translated"),
    pytest.param("64:ff9b:1::1", id="through a network's own NAT64"),
    pytest.param("fec0::1", id="site-local of IPv6"),
    pytest.param("5f00::1", id="a segment of a network"),
]
NEVER = [
    pytest.param("0.0.0.0", id="no address"),  # noqa: S104 -- refused, not listened on
    pytest.param("::", id="no address of IPv6"),
    pytest.param("169.254.169.254", id="metadata"),
    pytest.param("169.254.0.7", id="link-local"),
    pytest.param("fe80::1%eth0", id="link-local of IPv6"),
    pytest.param("fd00:ec2::254", id="metadata of IPv6"),
    pytest.param("::ffff:169.254.169.254", id="metadata, mapped"),
    pytest.param("64:ff9b::a9fe:a9fe", id="metadata, through NAT64"),
    pytest.param("::ffff:0:169.254.169.254", id="metadata, translated"),
    pytest.param("100.100.100.200", id="metadata in 100.64/10"),
    pytest.param("168.63.129.16", id="metadata on the web"),
    pytest.param("224.0.0.1", id="multicast"),
    pytest.param("ff02::1", id="multicast of IPv6"),
]


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_reached_only_where_it_is_allowed(address: str) -> None:
    resolve = Resolver([WEB, address])

    with pytest.raises(ConfigError, match=r"files\.example is in a private network"):
        await AddressGuard(resolve=resolve).addresses("files.example", 443)

    allowed = AddressGuard(allow_private=True, resolve=resolve)
    assert await allowed.addresses("files.example", 443) == [WEB, address]


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("allow_private", [False, True])
async def test_an_address_at_which_no_source_can_be_is_never_reached(
    address: str, *, allow_private: bool
) -> None:
    guard = AddressGuard(allow_private=allow_private, resolve=Resolver([address]))

    with pytest.raises(ConfigError, match="an address at which no source can be"):
        await guard.addresses("files.example", 443)


@pytest.mark.parametrize("address", [WEB, "2606:2800:21f:cb07::1", "::ffff:93.184.216.34"])
async def test_the_web_is_reached(address: str) -> None:
    assert await AddressGuard(resolve=Resolver([address])).addresses("h", 443) == [address]


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("2130706433", id="decimal"),
        pytest.param("0177.0.0.1", id="octal"),
        pytest.param("0x7f.0x0.0x0.0x1", id="hexadecimal"),
        pytest.param("0x7f000001", id="hexadecimal, whole"),
        pytest.param("127.1", id="short"),
        pytest.param("localhost", id="name"),
        pytest.param("[::ffff:127.0.0.1]", id="IPv4-mapped"),
        pytest.param("[::ffff:7f00:1]", id="IPv4-mapped, hexadecimal"),
    ],
)
async def test_this_machine_is_refused_however_it_is_written(
    lab: Lab, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the resolver of the machine reads these forms, and no socket opens
    async with lab.context() as context:
        with pytest.raises(ConfigError, match="in a private network"):
            await context.require_public(host.strip("[]"), 80)
        with pytest.raises(ConfigError, match=r"in a private network|Invalid IPv4 address"):
            await context.http.get(f"http://{host}/")


@pytest.fixture
def lab() -> Lab:
    """A lab over real connections, which are not allowed to be private."""
    lab = Lab()
    lab.over_the_wire(allow_private=False)
    return lab


class Network(httpcore.AsyncMockBackend):
    """Notes where a connection goes to."""

    def __init__(self) -> None:
        super().__init__([b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
        self.hosts: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.hosts.append(host)
        return await super().connect_tcp(host, port, timeout, local_address, socket_options)


async def test_the_connection_goes_to_the_very_address_that_was_looked_at() -> None:
    resolve, network = Resolver([WEB], ["10.0.0.5"]), Network()

    await GuardedNetwork(AddressGuard(resolve=resolve), network).connect_tcp("files.example", 443)

    assert (resolve.asked, network.hosts) == (["files.example"], [WEB])


async def test_every_connection_is_looked_at_and_keeps_its_name() -> None:
    resolve = Resolver(["127.0.0.1"], ["169.254.169.254"])
    transport = GuardedTransport(AddressGuard(allow_private=True, resolve=resolve))
    async with a_web_server({"/": a_reply("here")}) as web:
        url = web.url.replace("127.0.0.1", "files.example")
        async with httpx.AsyncClient(transport=transport) as http:
            found = await http.get(url)
            with pytest.raises(ConfigError):
                await http.get(url)  # a new connection: it is looked at anew

    assert found.text == "here"
    assert resolve.asked == ["files.example"] * 2
    assert "host: files.example" in web.heads[0].lower()


async def test_a_name_that_turns_private_between_two_connections_is_refused(lab: Lab) -> None:
    lab.resolves(Resolver([WEB], ["10.0.0.5"]))

    async with lab.context() as context:
        assert await context.require_public("files.example", 443) == [WEB]
        with pytest.raises(ConfigError, match="in a private network"):
            await context.http.get("https://files.example/")


async def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer() -> None:
    resolve = Resolver(["::1", "127.0.0.1"])
    transport = GuardedTransport(AddressGuard(allow_private=True, resolve=resolve))
    async with a_web_server({"/": a_reply("here")}) as web:
        url = web.url.replace("127.0.0.1", "files.example")
        async with httpx.AsyncClient(transport=transport) as http:
            assert (await http.get(url)).text == "here"


async def test_a_name_that_cannot_be_resolved_is_worth_another_try(lab: Lab) -> None:
    async def fails(host: str, port: int) -> Sequence[str]:
        del host, port
        message = "no such name"
        raise OSError(message)

    lab.resolves(fails)

    async with lab.context(seconds=300) as context:
        with pytest.raises(TransientError, match=r"files\.example can't be reached"):
            await context.http.get("https://files.example/")
        with pytest.raises(TransientError, match=r"files\.example can't be resolved"):
            await context.require_public("files.example", 443)


async def test_settings_that_allow_private_networks_are_enough(lab: Lab) -> None:
    async with a_web_server({"/": a_reply("here")}) as web, lab.context() as context:
        with pytest.raises(ConfigError, match="set `allow_private`"):
            await context.http.get(web.url)
        async with lab.context(allow_private=True) as allowed:
            assert (await allowed.http.get(web.url)).text == "here"
