"""CSV files in S3, against moto's server on the loopback, which checks signatures and rights."""

import gzip
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.s3 import S3, S3Settings
from journey_atlas_sdk import (
    AccessDenied,
    AuthError,
    ConfigError,
    ConnectorError,
    DataError,
    Observation,
    UnknownMetric,
)
from journey_atlas_sdk.testing import FakeContext, client_over, pull_all
from tests.plugins.questions import a_question
from tests.vendors.s3 import REGION, Key, Store, a_store

TRUST = "period_start,value,n\n2026-08-01,64.0,1190\n2026-09-01,65.1,1204\n"
MANY = "metric,period_start,value,channel\nnps,2026-10-01,31,\ntrust,2026-10-01,66.4,app\n"


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with a_store() as started:
        yield started


class Bench:
    """A connector in front of the store, with a bucket of its own."""

    def __init__(self, store: Store, http: httpx.AsyncClient) -> None:
        self.store = store
        self.http = http
        self.bucket = store.new_bucket()

    def put(self, key: str, body: str | bytes) -> None:
        self.store.put(self.bucket, key, body)

    def connector(self, *, by: Key | None = None, **settings: object) -> S3:
        key = by or self.store.reader
        given = {
            "bucket": self.bucket,
            "endpoint": self.store.url,
            "region": REGION,
            "access_key_id": key.id,
            "secret_access_key": key.secret,
            "allow_private": True,
            **({} if "key" in settings else {"prefix": ""}),
            **settings,
        }
        return S3(S3Settings.read(given))

    def context(self, by: Key | None = None) -> FakeContext:
        key = by or self.store.reader
        return FakeContext(http=self.http, secrets={"secret_access_key": key.secret})

    async def pull(
        self, metric: str = "trust", *, by: Key | None = None, **settings: object
    ) -> list[Observation]:
        connector = self.connector(by=by, **settings)
        return await pull_all(connector, a_question(metric), self.context(by))


@pytest.fixture
async def bench(store: Store) -> AsyncIterator[Bench]:
    async with client_over(httpx.AsyncHTTPTransport()) as http:
        yield Bench(store, http)


def values(found: list[Observation]) -> list[Decimal | None]:
    return [one.value for one in found]


ALL = [Decimal("64.0"), Decimal("65.1")]


async def test_a_file_is_read_like_one_on_the_disk(bench: Bench) -> None:
    bench.put("export/trust.csv", TRUST)

    found = await bench.pull(key="export/trust.csv")

    assert values(found) == ALL
    assert [one.sample_size for one in found] == [1190, 1204]
    assert found[0].source_ref == "trust.csv:2"


@pytest.mark.parametrize(
    ("key", "body"),
    [
        pytest.param("a b/ø+&=?#%20/trust.csv", TRUST, id="odd letters"),
        pytest.param("trust.CSV.gz", gzip.compress(TRUST.encode()), id="gzip"),
    ],
)
async def test_any_key_can_be_signed(bench: Bench, key: str, body: str | bytes) -> None:
    bench.put(key, body)

    assert values(await bench.pull(key=key)) == ALL
    assert values(await bench.pull(prefix=key[:3])) == ALL


async def test_a_prefix_is_a_folder_and_the_file_of_the_metrics_name_is_read_alone(
    bench: Bench,
) -> None:
    bench.put("export/trust.csv", TRUST)
    bench.put("export/broken.csv", "no table")
    bench.put("export/notes.txt", "not read")
    bench.put("elsewhere/nps.csv", MANY)

    assert values(await bench.pull(prefix="export/")) == ALL
    with pytest.raises(DataError, match=r"broken\.csv"):
        await bench.pull("csat", prefix="export/")
    with pytest.raises(UnknownMetric, match=r"It has: nps, trust\."):
        await bench.pull("csat", prefix="elsewhere/")


async def test_many_files_are_searched_for_a_metric_that_none_is_named_after(
    bench: Bench,
) -> None:
    bench.put("many.csv", MANY)
    bench.put("other.csv", TRUST)

    assert values(await bench.pull("nps")) == [31]


async def test_discover_lists_the_metrics_with_the_columns_that_break_them_down(
    bench: Bench,
) -> None:
    bench.put("effort.csv", TRUST)
    bench.put("many.csv", MANY)

    found = await bench.connector().discover(bench.context())

    assert [(spec.key, spec.dimensions) for spec in found] == [
        ("effort", ()),
        ("nps", ("channel",)),
        ("trust", ("channel",)),
    ]


async def test_check_lists_the_files_and_reads_one(bench: Bench) -> None:
    bench.put("a.csv", TRUST)
    bench.put("b.csv", "not looked at")

    await bench.connector().check(bench.context())


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        pytest.param({"prefix": "none/"}, ConfigError, r"0 files \*\.csv begin", id="no file"),
        pytest.param({"key": "none.csv"}, ConfigError, "NoSuchKey", id="no such file"),
        pytest.param({"bucket": "nowhere"}, ConfigError, "NoSuchBucket", id="no such bucket"),
        pytest.param({"access_key_id": "A" * 20}, AuthError, "InvalidAccessKeyId", id="no user"),
    ],
)
async def test_what_the_store_refuses_is_named(
    bench: Bench, wrong: dict[str, Any], error: type[ConnectorError], message: str
) -> None:
    with pytest.raises(error, match=message):
        await bench.connector(**wrong).check(bench.context())


async def test_a_wrong_secret_and_missing_rights_are_told_apart(bench: Bench) -> None:
    bench.put("trust.csv", TRUST)
    guessed = Key(bench.store.reader.id, "guessed/secret/canary")

    with pytest.raises(AuthError, match="SignatureDoesNotMatch"):
        await bench.pull(by=guessed)
    with pytest.raises(AccessDenied, match="refuses with AccessDenied"):
        await bench.pull(by=bench.store.stranger)


async def test_too_many_objects_are_refused_and_not_cut_short(bench: Bench) -> None:
    listing = (
        "<ListBucketResult><IsTruncated>true</IsTruncated>"
        "<Contents><Key>trust.csv</Key></Contents></ListBucketResult>"
    )
    async with client_over(lambda _: httpx.Response(200, text=listing)) as http:
        with pytest.raises(ConfigError, match="more than 1000 objects"):
            await bench.connector().check(
                FakeContext(http=http, secrets={"secret_access_key": "secret"})
            )


@pytest.mark.parametrize("body", ["", "<html>", "{}"])
async def test_what_is_no_listing_is_refused(bench: Bench, body: str) -> None:
    async with client_over(lambda _: httpx.Response(200, text=body)) as http:
        with pytest.raises((DataError, ConfigError)):
            await bench.connector().check(
                FakeContext(http=http, secrets={"secret_access_key": "secret"})
            )


async def test_amazons_own_address_has_the_bucket_in_its_host() -> None:
    given = {"bucket": "atlas.exports", "key": "a", "access_key_id": "A", "secret_access_key": "s"}

    settings = S3Settings.read({**given, "region": "eu-north-1"})

    assert settings.address == "https://atlas.exports.s3.eu-north-1.amazonaws.com"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({}, "either `key` or `prefix`", id="no place"),
        pytest.param({"key": "a", "prefix": "b"}, "either `key` or `prefix`", id="both"),
        pytest.param({"key": "a", "bucket": "evil.example/x"}, "bucket: ", id="no bucket"),
        pytest.param({"key": "a", "region": "x.evil.example/"}, "region: ", id="no region"),
        pytest.param({"key": "a", "endpoint": "file:///etc"}, "endpoint: ", id="no address"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    good = {"bucket": "atlas-exports", "access_key_id": "A", "secret_access_key": "s"}

    with pytest.raises(ConfigError, match=message):
        S3Settings.read({**good, **settings})
