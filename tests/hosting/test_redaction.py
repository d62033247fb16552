"""Secrets are blacked out of all that a person may read, in whatever shape they come back."""

import base64
import json
import logging
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import NoReturn
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_atlas_sdk import (
    Connector,
    ConnectorBug,
    ConnectorError,
    ConnectorInfo,
    Context,
    DataError,
    Observation,
    PullRequest,
    Settings,
)
from journey_atlas_sdk.hosting.lending import lend
from journey_atlas_sdk.hosting.pulling import pull
from journey_atlas_sdk.hosting.redaction import Redactor
from journey_atlas_sdk.hosting.tracing import Event, Exchange
from tests.connectors.web_server import a_reply, a_web_server
from tests.hosting.lent import ADDRESS, Lab
from tests.plugins.questions import a_question

CANARY = "c4n4ry/Wæl+sh=&\"rabbit'"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(CANARY, id="as it is"),
        pytest.param(CANARY.upper(), id="in other letters"),
        pytest.param(json.dumps({"token": CANARY}), id="in JSON"),
        pytest.param(json.dumps({"token": CANARY}, ensure_ascii=False), id="in plain JSON"),
        pytest.param(repr(CANARY), id="as Python writes it"),
        pytest.param(quote(CANARY), id="in a path"),
        pytest.param(quote(CANARY, safe=""), id="percent-encoded"),
        pytest.param(quote(CANARY, safe="").lower(), id="percent-encoded, lower case"),
        pytest.param(quote_plus(CANARY), id="in a form"),
        pytest.param(str(httpx.QueryParams(k=CANARY)), id="in httpx's query"),
        pytest.param(base64.b64encode(CANARY.encode()).decode(), id="base64"),
        pytest.param(base64.urlsafe_b64encode(CANARY.encode()).decode(), id="base64 of URLs"),
    ],
)
def test_a_secret_is_blacked_out_in_whatever_shape_it_comes_back(written: str) -> None:
    told = Redactor([CANARY]).text(f"before {written} after")

    assert written not in told
    assert "c4n4ry" not in told.lower()
    assert told.startswith("before ")
    assert told.endswith(" after")


@given(before=st.binary(max_size=4), after=st.binary(max_size=4))
def test_a_secret_inside_of_base64_is_blacked_out(before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + CANARY.encode() + after).decode()

    told = Redactor([CANARY]).text(f"Basic {encoded}")

    # At most the characters at its ends are left, which its neighbours share.
    assert len(told) < len(f"Basic {encoded}") - len(CANARY)


@pytest.mark.parametrize(
    ("secret", "part"),
    [
        pytest.param("postgresql://reader:hunt%21er2@h/x", "hunt%21er2", id="password of a URL"),
        pytest.param("postgresql://reader:hunt%21er2@h/x", "hunt!er2", id="and as it is meant"),
        pytest.param("https://h/x?api_key=hunter2&page=1", "hunter2", id="key of a URL"),
        pytest.param('{"client_email": "a@b", "private_key": "hunter2"}', "hunter2", id="key file"),
        pytest.param('{"db": [{"password": "hunter2"}]}', "hunter2", id="deep in a configuration"),
        pytest.param('{"db": {"dsn": "sql://me:hunter2@h/x"}}', "hunter2", id="a URL in one"),
        pytest.param(
            "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\n",
            "MIIEvQIBADANBgkqhkiG9w0B",
            id="a line",
        ),
        pytest.param("hunter2\n", "hunter2", id="without its line end"),
    ],
)
def test_what_in_a_secret_is_secret_by_itself_is_blacked_out_too(secret: str, part: str) -> None:
    assert part not in Redactor([secret]).text(f"it says {part}.")


@pytest.mark.parametrize("secret", ["", "abc", "{not json", "http://[::1", '{"a": "def"}'])
def test_what_is_no_secret_blacks_nothing_out(secret: str) -> None:
    assert Redactor([secret]).text("abcdef h") == "abcdef h"


# ---- nowhere, from end to end


class Everywhere(logging.Handler):
    """Keeps all that is logged, written as a log file would have it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += self.format(record)


@pytest.fixture
def logged() -> Iterator[Everywhere]:
    """Everything that any library logs, at the finest level."""
    root, handler = logging.getLogger(), Everywhere()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


SECRETS = {"token": "c4n4ry-t0ken", "key": "c4n4ry-k3y", "password": "c4n4ry-p4ss"}


def canaries(text: str) -> list[str]:
    password = base64.b64encode(b"reader:c4n4ry-p4ss").decode()
    return [each for each in ("c4n4ry", password) if each in text]


async def asks_in_all_ways(url: str, context: Context) -> None:
    """Send each secret in another place, and log about it."""
    token, key = context.secret("token"), context.secret("key")
    await context.http.get(url, headers={"X-Api-Key": token}, params={"key": key})
    await context.http.post(url, json={"k": key}, auth=("reader", context.secret("password")))
    context.log.info("asked %s with %s", url, {"token": token})
    try:
        raise ValueError(key)  # noqa: TRY301 -- to log it
    except ValueError:
        context.log.exception("it failed with %s", key)


async def test_no_secret_is_in_a_log_a_trace_or_a_representation(
    logged: Everywhere,
) -> None:
    lab, told = Lab(), list[Event]()
    lab.over_the_wire()
    lab.lending = replace(lab.lending, secrets=SECRETS, trace=told.append)
    echo = a_reply('{"you sent": "c4n4ry-t0ken", "access_token": "abc"}', X_Echo="c4n4ry-k3y")

    async with a_web_server({"/": echo}) as web, lab.context() as context:
        await asks_in_all_ways(web.url, context)
        shown = f"{context!r} {lab.lending!r} {context.http!r}"

    assert "X-Api-Key: c4n4ry-t0ken" in web.heads[0]
    assert "key=c4n4ry-k3y" in web.heads[0]
    traced = [event for event in told if isinstance(event, Exchange)]
    assert canaries(logged.text + shown + repr(told) + "".join(map(str, told))) == []
    assert "it failed with ***" in logged.text
    assert "ValueError: ***" in logged.text
    assert [one.status for one in traced] == [200, 200]
    assert traced[0].answer == '{"you sent": "***", "access_token": "***"}'
    assert traced[1].body == '{"k":"***"}'


async def test_what_other_clients_of_the_process_log_is_still_logged(logged: Everywhere) -> None:
    async with Lab().context() as context:
        await context.http.get(ADDRESS)
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport) as http:
        await http.get("https://other.example/")

    assert "other.example" in logged.text
    assert "source.example" not in logged.text


def says_it(context: Context) -> NoReturn:
    raise DataError(context.secret("token"), detail=context.secret("key"))


def breaks(context: Context) -> NoReturn:
    raise KeyError({context.secret("token"): "unexpected"})


def has_a_cause_that_says_it(context: Context) -> NoReturn:
    try:
        breaks(context)
    except KeyError as error:
        message = "The answer lacks something."
        raise DataError(message) from error


Failing = Callable[[Context], NoReturn]


@pytest.mark.parametrize("fails", [says_it, breaks, has_a_cause_that_says_it])
async def test_no_secret_is_in_an_error_that_a_plugin_raises(fails: Failing) -> None:
    class Leaking(Connector[Settings]):
        info = ConnectorInfo(key="leaking", title="Leaking", version="1")

        async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
            del request
            fails(context)
            yield  # unreachable; it makes this a generator

    await assert_nothing_leaks(Leaking(Settings()), httpx.Response(200))


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(httpx.Response(401, text="no user c4n4ry-t0ken"), id="a refusal"),
        pytest.param(httpx.Response(200, text="{'c4n4ry-t0ken"), id="no JSON"),
        pytest.param(httpx.Response(500, text="c4n4ry-k3y"), id="a failure"),
        pytest.param(
            httpx.Response(302, headers={"Location": "https://c4n4ry-t0ken.example/"}),
            id="redirect",
        ),
        pytest.param(httpx.LocalProtocolError("Illegal header c4n4ry-t0ken"), id="not sendable"),
        pytest.param(httpx.ConnectError("proxy c4n4ry-k3y refuses"), id="not there"),
    ],
)
async def test_no_secret_is_in_an_error_that_a_source_causes(
    answer: httpx.Response | Exception,
) -> None:
    class Asking(Connector[Settings]):
        info = ConnectorInfo(key="asking", title="Asking", version="1")

        async def pull(self, request: PullRequest, context: Context) -> AsyncIterator[Observation]:
            del request
            answer = await context.http.get(ADDRESS, params={"key": context.secret("key")})
            answer.json()
            for each in list[Observation]():
                yield each

    await assert_nothing_leaks(Asking(Settings()), answer)


async def assert_nothing_leaks(
    connector: Connector[Settings], answer: httpx.Response | Exception
) -> None:
    lab = Lab()
    lab.plays(answer)
    lab.lending = replace(lab.lending, secrets=SECRETS)

    async with lend(connector, lab.lending) as context:
        with pytest.raises(ConnectorError) as caught:
            await pull(connector, a_question(), context)

    error = caught.value
    told = f"{error!r} {error} {error.message} {error.detail}"
    assert canaries(told + "".join(traceback.format_exception(error))) == []


async def test_a_budget_that_is_named_by_a_secret_is_the_plugins_bug() -> None:
    class Telling(Connector[Settings]):
        info = ConnectorInfo(key="telling", title="Telling", version="1")

        def budget_key(self) -> str:
            return "account c4n4ry-t0ken"

        def pull(self, request: PullRequest, context: Context) -> list[Observation]:
            del request, context
            return []

    lending = replace(Lab().lending, secrets=SECRETS)

    with pytest.raises(ConnectorBug, match="names its budget by a secret"):
        async with lend(Telling(Settings()), lending):
            pass
