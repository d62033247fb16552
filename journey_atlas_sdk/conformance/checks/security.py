"""Checks 39 to 42: nobody's secret goes astray, and nobody's text becomes a command."""

import json
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, unquote

import httpx

from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.comparing import told_error
from journey_atlas_sdk.conformance.specimen import Given, ways_of
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.watching import files_of, watched
from journey_atlas_sdk.conformance.wire import Answer, Ask, FakeIsBroken, Sent, Wire
from journey_atlas_sdk.connector import Capability, Delivery, Dirty, MetricSpec, PullRequest
from journey_atlas_sdk.errors import AuthError, ConfigError, ConnectorBug, ConnectorError
from journey_atlas_sdk.hosting.pulling import Received

ELSEWHERE: Final = "elsewhere.example"

_PRIVATE_NAME: Final = "private.example"  # whose address is 10.0.0.7

NOT_PUBLIC: Final = (
    "127.0.0.1",
    "10.0.0.7",
    "169.254.169.254",
    "100.64.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "2130706433",  # 127.0.0.1 as one number
    "0x7f.1",  # the same, in hexadecimal and short
    _PRIVATE_NAME,
)

Json = str | float | None | list["Json"] | dict[str, "Json"]

CANARY: Final = """x&atlas_canary=1#/../y'; DROP TABLE facts; --\\"\""""
_CANARY_NAME: Final = "atlas_canary"
_LATER: Final = timedelta(hours=1)


async def keeps_credentials_at_home(bench: Bench) -> None:
    """39: a redirect to another origin gets no credentials."""
    bench.require_http()
    stage = bench.open(fault=_redirecting)
    try:
        await stage.pull(bench.question())
    except ConnectorBug:
        raise
    except ConnectorError:
        pass
    strange = [sent for sent in stage.wire.sent if sent.request.url.host == ELSEWHERE]
    for sent in strange:
        told = [name for name, secret in stage.secrets.items() if sent.holds(secret)]
        told += [name for name in ("Authorization", "Cookie") if name in sent.request.headers]
        if told:
            raise Mismatch(
                expected=f"a redirect to {ELSEWHERE} gets no credentials",
                seen=f"{sent.line} with {', '.join(told)}",
            )


async def _redirecting(sent: Sent, ask: Ask) -> Answer:
    if sent.request.url.host == ELSEWHERE:
        return await ask()
    there = str(sent.request.url.copy_with(host=ELSEWHERE))
    return Answer(status=302, headers=httpx.Headers({"Location": there}))


async def stays_out_of_private_networks(bench: Bench) -> None:
    """40: private, loopback and link-local hosts are refused, and so is `file:`."""
    bench.require_http()
    name, url = await _host_setting(bench)
    for host in NOT_PUBLIC:
        netloc = f"{host}:{url.port}" if url.port else host
        await _require_refused(bench, {name: str(url).replace(url.netloc.decode(), netloc, 1)})
    await _require_refused(bench, {name: "file:///etc/hostname"})


async def _host_setting(bench: Bench) -> tuple[str, httpx.URL]:
    """Give the setting that leads to the source; connections besides the lent client are found."""
    stage = bench.open()
    with watched(every_thread=True) as deeds:
        await stage.pull(bench.question())
    own = [each for each in deeds if each.startswith("asks the network")]
    if own:
        raise Mismatch(expected="requests go through `context.http` alone", seen=f"it {own[0]}")
    hosts = {sent.request.url.host for sent in stage.wire.sent}
    for name, value in bench.specimen.settings.items():
        if isinstance(value, str) and "://" in value and httpx.URL(value).host in hosts:
            return name, httpx.URL(value)
    reason = "its settings name no host"
    raise NotApplicable(reason)


async def _require_refused(bench: Bench, changed: Given) -> None:
    (url,) = changed.values()
    wanted = f"ConfigError for {url}"
    if "allow_private" in bench.specimen.connector.info.settings.model_fields:
        changed = {**changed, "allow_private": False}
    try:
        stage = bench.open(changed=changed)
        stage.route = partial(_ToTheWeb, stage.wire, httpx.URL(url).host)
        stage.resolve = _resolve
        found = await stage.pull(bench.question())
    except ConfigError:
        return
    except ConnectorError as error:
        seen = told_error(error)
        raise Mismatch(expected=wanted, seen=seen) from error
    raise Mismatch(expected=wanted, seen=f"an answer of {len(found)} observations")


class _ToTheWeb(httpx.AsyncBaseTransport):
    """Leaves the host's own transport, with its guard, in place, but where a token is got.

    That may be elsewhere, at an address which isn't the one that must be refused.
    """

    def __init__(self, wire: Wire, refused: str, guarded: httpx.AsyncBaseTransport) -> None:
        self._wire = wire
        self._refused = refused
        self._guarded = guarded

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        is_token = request.url.path == self._wire.renews and request.url.host != self._refused
        return await (self._wire if is_token else self._guarded).handle_async_request(request)

    async def aclose(self) -> None:
        await self._guarded.aclose()


async def _resolve(host: str, port: int) -> Sequence[str]:
    """Resolve without a name server: what is written as numbers is read as the system does."""
    del port
    if host == _PRIVATE_NAME:
        return ["10.0.0.7"]
    with suppress(ValueError):
        return [str(ip_address(host))]
    return [socket.inet_ntoa(socket.inet_aton(host))]


async def binds_its_parameters(bench: Bench) -> None:
    """41: what a question brings stays text, whatever it looks like."""
    spec = await bench.spec()
    questions = [bench.question(metric=CANARY)]
    if Capability.DIMENSIONS in bench.specimen.connector.info.capabilities:
        questions.append(bench.question(dimensions=(CANARY,)))
    for name in _texts(spec):
        parameters = {**bench.specimen.parameters, name: CANARY}
        questions.append(bench.question(parameters=parameters))
    stage = bench.open()
    before = files_of(stage.world.folder)
    await stage.pull(bench.question())
    usual = {sent.request.url.path for sent in stage.wire.sent}
    broken = [await _answer_or_error(stage, question) for question in questions]
    changed = [name for name, _ in before.items() ^ files_of(stage.world.folder).items()]
    if changed:
        raise Mismatch(expected="a question changes nothing", seen=f"{changed[0]} is another")
    for sent in stage.wire.sent:
        _require_bound(sent, usual)
    for error in filter(None, broken):
        raise error


def _texts(spec: MetricSpec | None) -> list[str]:
    """Name the parameters that take any text."""
    if spec is None or spec.parameters is None:
        return []
    properties: Mapping[str, Given] = spec.parameters.json_schema().get("properties", {})
    return [
        name
        for name, each in properties.items()
        if any(way.get("type") == "string" and "enum" not in way for way in ways_of(each))
    ]


async def _answer_or_error(stage: Stage, question: PullRequest) -> FakeIsBroken | None:
    """Ask, whatever becomes of it; a fake that breaks may have been asked for nonsense."""
    try:
        await stage.pull(question)
    except ConnectorBug:
        raise
    except ConnectorError:
        return None
    except FakeIsBroken as error:
        return error
    return None


def _require_bound(sent: Sent, usual: Collection[str]) -> None:
    url = sent.request.url
    wanted = "a question's text arrives as one value, escaped"
    pairs = parse_qsl(url.query.decode(), keep_blank_values=True)
    if any(_CANARY_NAME in name for name, _ in pairs) or url.fragment:
        raise Mismatch(expected=wanted, seen=f"it became a parameter of its own: {url}")
    steps = url.raw_path.partition(b"?")[0].decode().split("/")
    if url.path not in usual and CANARY not in map(unquote, steps):
        raise Mismatch(expected=wanted, seen=f"it became a path: {url}")
    values = [*(value for _, value in pairs), *_strings(sent.request.content)]
    pasted = next((value for value in values if CANARY in value and value != CANARY), None)
    if pasted:
        raise Mismatch(expected=wanted, seen=f"it was pasted into {pasted!r}")


def _strings(body: bytes) -> Iterator[str]:
    """Give every text in a JSON body, or the values of a form."""
    try:
        yield from _texts_in(json.loads(body))
    except ValueError:
        yield from (value for _, value in parse_qsl(body.decode(errors="replace")))


def _texts_in(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts_in(each)
        case dict():
            yield from _texts_in(list(value.values()))
        case _:
            return


async def takes_signed_deliveries_alone(bench: Bench) -> None:
    """42: a delivery that its source didn't sign, or that comes again, tells nothing new."""
    write = bench.specimen.delivery
    if write is None:
        reason = "it takes no deliveries"
        raise NotApplicable(reason)
    stage = bench.open()
    good = write(stage.clock.now())
    told = await stage.receive(good)
    if not told:
        raise Mismatch(expected="a signed delivery tells what changed", seen="nothing")
    changed = replace(good, body=good.body + b" ")
    await _require_unsigned(stage, changed, "a body that was changed")
    late = replace(good, received_at=good.received_at + _LATER)
    await _require_known(stage, late, told)
    wrong = {name: _with_a_slip(secret) for name, secret in stage.secrets.items()}
    stage = bench.open(changed=wrong)
    await _require_unsigned(stage, good, "a signature with another secret")


def _with_a_slip(secret: str) -> str:
    """Give another secret of the same form: it may have to be base64."""
    middle = len(secret) // 2
    other = "A" if secret[middle] != "A" else "B"
    return f"{secret[:middle]}{other}{secret[middle + 1 :]}"


async def _require_unsigned(stage: Stage, delivery: Delivery, told: str) -> None:
    try:
        found = await stage.receive(delivery)
    except AuthError:
        return
    except ConnectorError as error:
        seen = told_error(error)
        raise Mismatch(expected=f"{told} is an AuthError", seen=seen) from error
    raise Mismatch(expected=f"{told} is an AuthError", seen=f"it is taken: {found}")


async def _require_known(stage: Stage, delivery: Delivery, told: Received) -> None:
    """Require that a delivery which comes again an hour later is refused, or can be recognized."""
    try:
        again = await stage.receive(delivery)
    except AuthError:
        return
    events = [each.event_id for each in again if isinstance(each, Dirty)]
    if None in events or again != told:
        raise Mismatch(
            expected="a delivery that comes again is refused, or has the same `event_id`",
            seen=f"first {told}, then {again}",
        )


CHECKS: Final = (
    Check(39, "no credentials to another origin", Topic.SECURITY, keeps_credentials_at_home),
    Check(40, "private networks are closed", Topic.SECURITY, stays_out_of_private_networks),
    Check(41, "parameters are bound, never pasted", Topic.SECURITY, binds_its_parameters),
    Check(42, "only signed deliveries count", Topic.SECURITY, takes_signed_deliveries_alone),
)
