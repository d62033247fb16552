"""CSV over HTTP against a real server on the loopback: what arrives whole, and what is refused."""

import gzip
import itertools
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.csv_http import CsvHttp, CsvHttpSettings
from journey_atlas_sdk import (
    ConfigError,
    ConnectorError,
    DataError,
    MetricSpec,
    Observation,
    Pending,
    PullRequest,
    TransientError,
    Unit,
    UnitKind,
    UnknownMetric,
)
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.lending import Lending, lend
from journey_atlas_sdk.hosting.pulling import pull
from journey_atlas_sdk.testing import VirtualClock
from tests.connectors.web_server import Reply, WebServer, a_reply, a_web_server, chunked
from tests.plugins.questions import a_question

TRUST = """\
period_start,value,n
2026-08-01,64.0,1190
2026-09-01,65.1,1204
2026-10-01,66.4,1180
"""
PACKED = gzip.compress(TRUST.encode())
MANY = "metric,period_start,value,channel\nnps,2026-10-01,31,\ntrust,2026-10-01,66.4,app\n"


Given = Mapping[str, object]
NONE: Given = {}


def a_connector(url: str, **settings: object) -> CsvHttp:
    return CsvHttp(CsvHttpSettings.read({"url": url, "allow_private": True, **settings}))


def lending() -> Lending:
    """Lend as the product does; waits take no time, and it is 22 November 2026."""
    clock = VirtualClock()
    return Lending(
        connection="test",
        budgets=MemoryBudgets(clock),
        clock=clock,
        secrets={"token": "t0ken", "password": "hunter2"},
    )


async def pulled(
    url: str, question: PullRequest | None = None, settings: Given = NONE
) -> Sequence[Observation]:
    """Pull the metric `trust` as the product does."""
    connector = a_connector(url, **settings)
    async with lend(connector, lending()) as context:
        found = await pull(connector, question or a_question(), context)
    assert not isinstance(found, Pending)
    return found


async def pulled_reply(reply: Reply, **settings: object) -> Sequence[Observation]:
    """Pull from a server that answers as told."""
    async with a_web_server({"/trust.csv": reply}) as web:
        return await pulled(f"{web.url}/trust.csv", settings=settings)


def values(found: Sequence[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


ALL = [Decimal("64.0"), Decimal("65.1"), Decimal("66.4")]


async def test_a_file_is_read_like_one_on_the_disk() -> None:
    found = await pulled_reply(a_reply(TRUST))

    assert values(found) == ALL
    assert found[2] == Observation(
        metric="trust",
        start=datetime(2026, 9, 30, 22, tzinfo=UTC),  # 1 October in Oslo, summer time
        end=datetime(2026, 10, 31, 23, tzinfo=UTC),  # 1 November, winter time
        value=Decimal("66.4"),
        sample_size=1180,
        source_ref="trust.csv:4",
    )


@pytest.mark.parametrize(
    ("reply", "settings"),
    [
        pytest.param(a_reply(PACKED, Content_Encoding="gzip"), {}, id="gzip"),
        pytest.param(a_reply(PACKED, Content_Type="application/gzip"), {}, id="a file *.gz"),
        pytest.param(
            a_reply(gzip.compress(TRUST[:30].encode()) + gzip.compress(TRUST[30:].encode())),
            {},
            id="gzip in two members",
        ),
        pytest.param(chunked(TRUST[:30].encode(), TRUST[30:].encode()), {}, id="chunks"),
        pytest.param(chunked(PACKED[:30], PACKED[30:]), {}, id="chunks of gzip"),
        pytest.param(a_reply("\ufeff" + TRUST.replace(",", ";")), {}, id="BOM and semicolons"),
        pytest.param(
            a_reply(TRUST.replace(",", ";").replace(".", ",")), {"decimal": ","}, id="commas"
        ),
    ],
)
async def test_the_same_file_reads_the_same_however_it_comes(
    reply: Reply, settings: dict[str, object]
) -> None:
    assert values(await pulled_reply(reply, **settings)) == ALL


async def test_a_file_may_hold_many_metrics() -> None:
    async with a_web_server({"/export": a_reply(MANY)}) as web:
        url = f"{web.url}/export?format=csv"

        assert values(await pulled(url, a_question("nps"))) == [Decimal(31)]
        with pytest.raises(UnknownMetric, match=r"no metric 'csat'\. It has: nps, trust\."):
            await pulled(url, a_question("csat"))

    assert web.paths == ["/export?format=csv"] * 2


async def test_a_file_without_a_column_metric_is_named_by_its_address() -> None:
    async with a_web_server({"/a/trust.csv.gz": a_reply(PACKED)}) as web:
        url = f"{web.url}/a/trust.csv.gz"

        assert values(await pulled(url)) == ALL
        with pytest.raises(UnknownMetric, match=r"It has: trust\."):
            await pulled(url, a_question("nps"))


async def test_an_address_may_have_a_place_for_the_metric() -> None:
    settings = {"metrics": ["trust", "effort/ease ø"]}
    async with a_web_server({"/effort%2Fease%20%C3%B8.csv": a_reply(TRUST)}) as web:
        url = f"{web.url}/{{metric}}.csv"

        assert values(await pulled(url, a_question("effort/ease ø"), settings)) == ALL
        with pytest.raises(UnknownMetric, match="It has: effort/ease ø, trust"):
            await pulled(url, a_question("../secret"), settings)

    assert len(web.heads) == 1


async def test_rows_are_broken_down_and_windows_kept_as_in_any_file() -> None:
    async with a_web_server({"/many.csv": a_reply(MANY)}) as web:
        question = a_question(dimensions=("channel",))

        (seen,) = await pulled(f"{web.url}/many.csv", question)

    assert (seen.dimensions, seen.value) == ((("channel", "app"),), Decimal("66.4"))


# ---- whole or not at all


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(a_reply(TRUST, length=len(TRUST) + 9), TransientError, id="short"),
        pytest.param(chunked(TRUST[:60].encode(), is_whole=False), TransientError, id="chunks"),
        pytest.param(
            a_reply(PACKED[:-12], Content_Encoding="gzip"), TransientError, id="gzip without end"
        ),
        pytest.param(
            a_reply(PACKED[:-8] + bytes(8), Content_Encoding="gzip"), DataError, id="wrong gzip"
        ),
        pytest.param(a_reply(PACKED + b"rest"), DataError, id="something after the gzip"),
        pytest.param(a_reply(TRUST, Content_Encoding="br"), DataError, id="brotli"),
        pytest.param(a_reply(""), DataError, id="nothing"),
        pytest.param(a_reply("", "204 No Content"), DataError, id="204"),
        pytest.param(a_reply(TRUST[:30], "206 Partial Content"), DataError, id="206"),
        pytest.param(a_reply("<!doctype html><title>Log in"), DataError, id="a page"),
        pytest.param(Reply([b"SSH-2.0-OpenSSH\r\n"]), TransientError, id="no HTTP"),
        pytest.param(Reply([]), TransientError, id="hung up"),
        pytest.param(
            a_reply(status="302 Found", Location="http://[::1"), TransientError, id="lost redirect"
        ),
    ],
)
async def test_what_is_no_whole_file_is_an_error_and_never_a_short_series(
    reply: Reply, error: type[ConnectorError]
) -> None:
    with pytest.raises(error):
        await pulled_reply(reply)


async def test_a_body_that_drips_is_given_up() -> None:
    drops = chunked(*[b"period_start,value\n"] * 100, pause=0.1)
    started = time.monotonic()

    with pytest.raises(TransientError, match="did not answer in full within 1 seconds"):
        await pulled_reply(drops, timeout_seconds=1)

    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("reply", "most"),
    [
        pytest.param(a_reply(TRUST), len(TRUST) - 1, id="plain"),
        # Nine million bytes that become less than ten thousand.
        pytest.param(a_reply(gzip.compress(b"\n" * 9_000_000)), 10_000, id="a gzip bomb"),
        pytest.param(
            Reply(
                itertools.chain(
                    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
                    itertools.repeat(b"5\r\n\n\n\n\n\n\r\n"),
                )
            ),
            10_000,
            id="without end",
        ),
    ],
)
async def test_what_is_too_long_is_refused(reply: Reply, most: int) -> None:
    with pytest.raises(DataError, match=f"has more than {most:,} bytes"):
        await pulled_reply(reply, max_bytes=most)


async def test_a_file_that_just_fits_is_read() -> None:
    assert values(await pulled_reply(a_reply(TRUST), max_bytes=len(TRUST))) == ALL
    assert values(await pulled_reply(a_reply(PACKED), max_bytes=len(TRUST) + 20)) == ALL


# ---- redirects, addresses, identity


async def test_a_redirect_inside_the_origin_is_followed() -> None:
    replies = {
        "/trust.csv": a_reply(status="302 Found", Location="/files/v2.csv?at=1"),
        "/files/v2.csv": a_reply(TRUST),
    }
    async with a_web_server(replies) as web:
        found = await pulled(f"{web.url}/trust.csv", settings={"token": "set"})

    assert values(found) == ALL  # the metric is named by the address in the settings
    assert web.paths == ["/trust.csv", "/files/v2.csv?at=1"]
    assert all("authorization: bearer t0ken" in head.lower() for head in web.heads)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/trust.csv",
        "http://localhost/trust.csv",
        "http://[::1]/trust.csv",
    ],
)
async def test_a_private_host_is_refused_unless_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match="in a private network: set `allow_private`"):
        await pulled(url, settings={"allow_private": False})


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"token": "set"}, "Bearer t0ken", id="token"),
        pytest.param(
            {"username": "reader", "password": "set"},
            "Basic cmVhZGVyOmh1bnRlcjI=",  # base64 of reader:hunter2
            id="user",
        ),
    ],
)
async def test_the_server_is_told_who_asks(settings: dict[str, object], header: str | None) -> None:
    async with a_web_server({"/trust.csv": a_reply(TRUST)}) as web:
        await pulled(f"{web.url}/trust.csv", settings=settings)

    lines = dict(line.lower().split(": ", 1) for line in web.heads[0].split("\r\n")[1:] if line)
    assert lines.get("authorization") == (header and header.lower())


async def test_an_errors_message_has_no_secret_of_the_address() -> None:
    async with a_web_server({}) as web:
        with pytest.raises(ConfigError) as caught:
            await pulled(f"{web.url}/trust.csv?signature=abc")

    assert "abc" not in f"{caught.value.message} {caught.value.detail}"


# ---- check, discover, settings


async def test_check_fetches_one_file_and_reads_its_header() -> None:
    replies: Mapping[str, Reply] = {"/trust.csv": a_reply(TRUST), "/page": a_reply("<html>")}

    async def checked(web: WebServer, path: str, **settings: object) -> None:
        connector = a_connector(f"{web.url}{path}", **settings)
        async with lend(connector, lending()) as context:
            await connector.check(context)

    async with a_web_server(replies) as web:
        await checked(web, "/trust.csv")
        await checked(web, "/{metric}.csv", metrics=["trust", "nps"])
        assert web.paths == ["/trust.csv", "/trust.csv"]
        with pytest.raises(DataError, match=r"^page: the header needs"):
            await checked(web, "/page")


async def test_discover_lists_the_metrics_of_the_file_or_of_the_settings() -> None:
    units = {"nps": {"kind": "SCORE"}}

    def told(spec: MetricSpec) -> tuple[str, Unit | None, tuple[str, ...]]:
        return spec.key, spec.unit, spec.dimensions

    async with a_web_server({"/many.csv": a_reply(MANY)}) as web:
        one = a_connector(f"{web.url}/many.csv", units=units)
        several = a_connector(f"{web.url}/{{metric}}.csv", units=units, metrics=["trust", "nps"])

        async with lend(one, lending()) as context:
            found = await one.discover(context)
            listed = await several.discover(context)

        assert [told(spec) for spec in found] == [
            ("nps", Unit(kind=UnitKind.SCORE), ("channel",)),
            ("trust", None, ("channel",)),
        ]
        assert [told(spec) for spec in listed] == [
            ("nps", Unit(kind=UnitKind.SCORE), ()),
            ("trust", None, ()),
        ]

    assert len(web.heads) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({"url": "file:///etc/passwd"}, "begins with http", id="file"),
        pytest.param({"url": "ftp://files.example/a.csv"}, "begins with http", id="ftp"),
        pytest.param({"url": "http:///a.csv"}, "begins with http", id="no host"),
        pytest.param({"url": "http://u:hunter2@h/a.csv"}, "Leave user, password", id="user"),
        pytest.param(
            {"url": "http://{metric}.example/", "metrics": ["trust"]}, "not in its host", id="host"
        ),
        pytest.param({"url": "http://h/{metric}.csv"}, "`metrics` are named exactly", id="no list"),
        pytest.param({"metrics": ["trust"]}, "`metrics` are named exactly", id="no place"),
        pytest.param({"timeout_seconds": 101}, "timeout_seconds: ", id="too long"),
        pytest.param({"decimal": ",", "thousands": ","}, "are both ','", id="marks"),
        pytest.param({"username": "reader"}, "come together", id="no password"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CsvHttpSettings.read({"url": "https://files.example/trust.csv", **settings})
