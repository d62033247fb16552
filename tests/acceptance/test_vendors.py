"""A source of each kind, connected through the API alone: from the form to a moved key result."""

import json
import time
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest

from tests.acceptance.product import ROOT, Json, Server, serving
from tests.vendors.demos import demo_of
from tests.vendors.serving import served_beside

NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""Where the demo's clock stands."""

LONGEST_SECONDS: Final = 40
EXAMPLES: Final = ROOT / "examples" / "mutations"
FORMS: Final = "{ connectors { key settingsSchema } }"
METRIC: Final = "query ($key: String!) { atlas { metric(key: $key) { id } } }"
KEY_RESULT: Final = """
    query ($key: String!) {
      atlas { keyResult(key: $key) { value { value } progress { raw } } }
    }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From a vendor's metric to a metric of the sample, and the key result that it moves."""

    vendor: str
    remote: str
    metric: str
    key_result: str
    grain: str


WAYS: Final = (
    Way(vendor="typeform", remote="nps", metric="MT-TRUST", key_result="O1-KR1", grain="MONTH"),
    Way(vendor="ga4", remote="buyers", metric="MT-LEAVE", key_result="O11-KR1", grain="WEEK"),
    Way(
        vendor="bigquery",
        remote="settled-at-once",
        metric="MT-CSAT",
        key_result="O1-KR2",
        grain="MONTH",
    ),
    Way(vendor="jira", remote="cycle-time", metric="MT-E2E", key_result="O2-KR1", grain="MONTH"),
    Way(
        vendor="hubspot",
        remote="time-to-solve",
        metric="MT-E2E",
        key_result="O2-KR1",
        grain="MONTH",
    ),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    home = tmp_path_factory.mktemp("vendors")
    home.chmod(0o755)
    with serving(home, "--demo") as server:
        yield server


@pytest.mark.parametrize("way", WAYS, ids=[way.vendor for way in WAYS])
def test_a_vendor_is_connected_and_a_key_result_moves(server: Server, way: Way) -> None:
    demo = demo_of(way.vendor, NOW)
    with served_beside(demo.app) as url:
        given = filled_in(server, way.vendor, demo.settings_at(url))
        check = asked(server, "test-connection", given)["check"]
        connection = asked(server, "create-connection", {**given, "title": way.vendor})[
            "connection"
        ]
        found = asked(server, "discover-metrics", {"connection": connection["id"]})["metrics"]
        before = key_result(server, way)
        asked(server, "bind-metric", bound(server, way, connection["id"]))
        asked(server, "sync-now", {"of": {"connection": connection["id"]}})
        after = moved(server, way, before)
        runs = runs_of(server, connection["id"])

    assert check == {"ok": True, "error": None}
    assert way.remote in [each["key"] for each in found["nodes"]]
    assert after["progress"] != before["progress"]
    assert sum(each["newCount"] for each in runs) > 0
    assert [each["error"] for each in runs if each["error"]] == []
    assert not [secret for secret in given["secrets"] if told(secret, connection)]


def filled_in(server: Server, vendor: str, settings: Json) -> Json:
    """Fill the connector's form in, as a screen does: what is `writeOnly` goes into the secrets."""
    forms = {each["key"]: each["settingsSchema"] for each in server.data(FORMS)["connectors"]}
    fields = forms[vendor]["properties"]
    secret = {name for name in settings if is_secret(fields[name])}
    return {
        "connector": vendor,
        "settings": {name: value for name, value in settings.items() if name not in secret},
        "secrets": [{"name": name, "source": {"value": settings[name]}} for name in sorted(secret)],
    }


def is_secret(field: Json) -> bool:
    return any(way.get("writeOnly", False) for way in (field, *field.get("anyOf", ())))


def asked(server: Server, example: str, given: Json) -> Json:
    """Ask an example's mutation, of which nothing may be refused."""
    document = (EXAMPLES / f"{example}.graphql").read_text(encoding="utf-8")
    [payload] = server.data(document, input=given).values()
    assert payload["userErrors"] == []
    return payload


def bound(server: Server, way: Way, connection: str) -> Json:
    metric = server.data(METRIC, key=way.metric)["atlas"]["metric"]["id"]
    return {
        "metric": metric,
        "connection": connection,
        "remoteMetric": way.remote,
        "grain": way.grain,
        "precedence": -1 - WAYS.index(way),
    }


def key_result(server: Server, way: Way) -> Json:
    answer = server.data(KEY_RESULT, key=way.key_result)["atlas"]["keyResult"]
    return {"value": answer["value"]["value"], "progress": answer["progress"]["raw"]}


def moved(server: Server, way: Way, before: Json) -> Json:
    """Wait until the key result has another value; the newest periods are read first."""
    ends = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < ends:
        now = key_result(server, way)
        if now["value"] != before["value"]:
            return now
        time.sleep(0.2)
    pytest.fail(f"{way.key_result} stands where it stood: {before}")


def runs_of(server: Server, connection: str) -> Json:
    document = (EXAMPLES / "connection-runs.graphql").read_text(encoding="utf-8")
    return server.data(document, connection=connection)["node"]["syncRuns"]["nodes"]


def told(secret: Json, answer: Json) -> bool:
    return secret["source"]["value"] in json.dumps(answer)
