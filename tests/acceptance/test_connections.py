"""The page on connections, run as it stands: a form, a source, and a key result that moves."""

import json
import re
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.acceptance.product import ROOT, Json, Server, serving

PAGE = (ROOT / "docs/frontend/connections.md").read_text()
EXAMPLES = ROOT / "examples/mutations"
BLOCK = re.compile(r"```graphql\n(.*?)```(?:\n\n```json\n(.*?)\n```)?", re.DOTALL)
NAME = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)
SHOWN = {NAME.findall(document)[0]: (document, given) for document, given in BLOCK.findall(PAGE)}

TOKEN, NEXT_TOKEN, SIGNING = "the-token", "the-next-token", "d2hhdCBub2JvZHkga25vd3MgZXhjZXB0IHVz"
SECRETS = (TOKEN, NEXT_TOKEN, SIGNING)
WEEKS = {
    "weeks": [
        {"start": "2026-11-02", "left": 0.162, "n": 1388},
        {"start": "2026-11-09", "left": 0.155, "n": 1402},
    ]
}


class Funnel(BaseHTTPRequestHandler):
    """A source that knows two weeks, and tells them to whoever has the token."""

    def do_GET(self) -> None:
        """Answer."""
        is_known = self.headers.get("authorization") == f"Bearer {TOKEN}"
        body = json.dumps(WEEKS if is_known else {}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Keep quiet."""


@contextmanager
def a_funnel() -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Funnel)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Reader:
    """Who follows the page: asks what it shows, and puts ids where it has names for them."""

    server: Server
    source: str
    names: dict[str, str] = field(default_factory=dict[str, str])
    answers: list[str] = field(default_factory=list[str])

    def shown(self, name: str) -> tuple[str, Json]:
        """Give an operation of the page and its variables."""
        document, given = SHOWN[name]
        for placeholder, meant in self.names.items():
            given = given.replace(placeholder, meant)
        private = f'"{self.source}", "allow_private": true'
        return document, json.loads(given.replace('"https://funnel.example"', private) or "{}")

    def does(self, name: str) -> Json:
        """Ask an operation of the page, of which nothing may be refused."""
        document, variables = self.shown(name)
        data = self.server.data(document, **variables)
        self.answers.append(json.dumps(data))
        assert '"userErrors": [{' not in self.answers[-1], data
        [answer] = data.values()
        return answer

    def knows(self, **names: Json) -> None:
        self.names |= {name.upper(): str(meant) for name, meant in names.items()}

    @property
    def progress(self) -> float:
        progress: float = self.does("KeyResult")["keyResult"]["progress"]["value"]
        return round(progress, 2)

    def id_of_the_metric(self) -> str:
        data = self.server.data('{ atlas { metric(key: "MT-LEAVE") { id } } }')
        return str(data["atlas"]["metric"]["id"])


@dataclass
class Told:
    """What a listener was told of one sync, over a WebSocket and as server-sent events."""

    socket: list[Json]
    stream: list[Json]


@dataclass
class Story:
    """What the page's operations answered, in its order, and what the server wrote meanwhile."""

    form: Json
    check: Json
    offered: Json
    preview: Json
    progress: tuple[float, float]
    told: Told
    runs: Json
    backfill: Json
    cancelled: Json
    changed: Json
    archived: Json
    recorded: Json
    said: list[str]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    home = tmp_path_factory.mktemp("connections")
    home.chmod(0o755)
    with a_funnel() as source, serving(home, "--demo") as server:
        return told_by(Reader(server, source))


def told_by(reader: Reader) -> Story:
    """Follow the page to its end."""
    forms, check = reader.does("ConnectorForms"), reader.does("TestConnection")
    made = reader.does("CreateConnection")["connection"]
    reader.knows(connection=made["id"], version=made["version"], metric=reader.id_of_the_metric())
    offered, preview = reader.does("DiscoverMetrics"), reader.does("PreviewMetric")
    before = reader.progress
    reader.does("BindMetric")
    told = sync_told(reader)
    after, runs = reader.progress, reader.does("ConnectionRuns")
    [backfill] = reader.does("StartBackfill")["jobs"]
    reader.knows(job=backfill["id"])
    cancelled = reader.does("CancelBackfill")["job"]
    changed = reader.does("UpdateConnection")["connection"]
    reader.knows(version=changed["version"])
    archived = reader.does("ArchiveConnection")["connection"]
    reader.knows(source=a_source_that_takes_deliveries(reader))
    return Story(
        form=next(each for each in forms if each["key"] == "json-http"),
        check=check["check"],
        offered=offered["metrics"]["nodes"],
        preview=preview["preview"]["observations"],
        progress=(before, after),
        told=told,
        runs=runs,
        backfill=backfill,
        cancelled=cancelled,
        changed=changed,
        archived=archived,
        recorded=reader.does("RecordObservations")["recorded"],
        said=[*reader.answers, *reader.server.said],
    )


def test_every_operation_of_the_page_is_an_example_and_every_example_is_on_it() -> None:
    files = {file.read_text() for file in EXAMPLES.glob("*.graphql")}

    assert files == {document for document, _ in SHOWN.values() if document.startswith("# ")}


def test_a_form_leads_to_metrics_that_can_be_looked_at(story: Story) -> None:
    token = story.form["settingsSchema"]["properties"]["token"]

    assert {"writeOnly": True} in [{"writeOnly": way.get("writeOnly")} for way in token["anyOf"]]
    assert story.check == {"ok": True, "error": None}
    assert [(each["key"], each["unit"]) for each in story.offered] == [("left", "RATIO")]
    assert [float(each["value"]) for each in story.preview] == [16.2, 15.5]


def test_the_key_result_moved_when_its_metric_was_read(story: Story) -> None:
    assert story.progress == (0.64, 0.93)  # (22 - 17.5) / (22 - 15), (22 - 15.5) / (22 - 15)
    assert (story.runs["state"], story.runs["lastError"]) == ("OK", None)
    newest = story.runs["syncRuns"]["nodes"][0]
    assert (newest["source"]["key"], newest["newCount"]) == ("MT-LEAVE:funnel", 2)


@pytest.mark.parametrize("way", ["socket", "stream"])
def test_whoever_listened_was_told_until_it_had_ended(story: Story, way: str) -> None:
    last = getattr(story.told, way)[-1]["syncRunProgressed"]

    assert (last["syncRun"]["state"], last["syncRun"]["newCount"]) == ("OK", 2)
    assert last["revision"] > 0


def test_a_backfill_is_ordered_and_ended(story: Story) -> None:
    assert story.cancelled["id"] == story.backfill["id"]


def test_a_connection_is_changed_and_put_away(story: Story) -> None:
    assert story.changed["title"] == "Funnel of the pre-approval"
    assert story.archived["archivedAt"]


def test_values_of_ones_own_are_recorded(story: Story) -> None:
    assert story.recorded == {"new": 2, "revised": 0, "unchanged": 0}


def test_no_secret_was_told_in_an_answer_or_a_log(story: Story) -> None:
    assert len(story.said) > 20
    assert not [said for said in story.said if any(secret in said for secret in SECRETS)]


def sync_told(reader: Reader) -> Told:
    """Order a sync while a WebSocket and an event stream listen; give what each was told."""
    document, variables = reader.shown("SyncProgress")
    asked = {"query": document, "variables": variables}
    address = reader.server.url.replace("http://", "ws://")
    headers = {"accept": "text/event-stream"}
    with (
        connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket,
        httpx.stream(
            "POST", reader.server.url, json=asked, headers=headers, timeout=30
        ) as response,
    ):
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(30))["type"] == "connection_ack"
        socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": asked}))
        reader.does("SyncNow")
        return Told(
            socket=until_over(json.loads(socket.recv(30))["payload"]["data"] for _ in range(100)),
            stream=until_over(
                json.loads(line.removeprefix("data: "))["data"]
                for line in response.iter_lines()
                if line.startswith("data: {")
            ),
        )


def until_over(events: Iterator[Json]) -> list[Json]:
    """Take events until the run that they tell of has ended."""
    heard: list[Json] = []
    for event in events:
        heard.append(event)
        if event["syncRunProgressed"]["syncRun"]["state"] not in ("RUNNING", "WAITING"):
            break
    return heard


def a_source_that_takes_deliveries(reader: Reader) -> str:
    """Bind the metric to a webhook's connection; give the source's id."""
    create, bind = SHOWN["CreateConnection"][0], SHOWN["BindMetric"][0]
    secret = {"name": "secret", "source": {"value": SIGNING}}
    given: Json = {"connector": "webhook", "title": "Till", "settings": {}, "secrets": [secret]}
    made = reader.server.data(create, input=given)["createConnection"]
    bound = {
        "metric": reader.names["METRIC"],
        "connection": made["connection"]["id"],
        "remoteMetric": "left",
        "grain": "WEEK",
        "precedence": -2,
    }
    return str(reader.server.data(bind, input=bound)["bindMetric"]["source"]["id"])
