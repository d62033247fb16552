"""The page on connections, run as it stands: a form, a source, and a key result that moves."""

import json
import re
import subprocess
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ingest.sealing import new_key
from storage.embedded import acquire
from storage.embedded.binaries import find_binaries
from storage.embedded.cluster import SUPERUSER
from tests.acceptance.processes import Process, running
from tests.acceptance.product import ROOT, Json, Server, Settings, atlas, serving, working

PAGE = (ROOT / "docs/frontend/connections.md").read_text()
EXAMPLES = ROOT / "examples/mutations"
BLOCK = re.compile(r"```graphql\n(.*?)```(?:\n\n```json\n(.*?)\n```)?", re.DOTALL)
NAME = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)
SHOWN = {NAME.findall(document)[0]: (document, given) for document, given in BLOCK.findall(PAGE)}

TOKEN, NEXT_TOKEN, SIGNING = "the-token", "the-next-token", "d2hhdCBub2JvZHkga25vd3MgZXhjZXB0IHVz"
KEY = new_key()
SECRETS = (TOKEN, NEXT_TOKEN, SIGNING, KEY)
SETTINGS: Settings = {"ATLAS_SECRET_KEY": KEY, "ATLAS_WORKER": "false"}
WEEKS = {
    "weeks": [
        {"start": "2026-11-02", "left": 0.162, "n": 1388},
        {"start": "2026-11-09", "left": 0.155, "n": 1402},
    ]
}


class Funnel(BaseHTTPRequestHandler):
    """A source that knows two weeks, and tells them to whoever has the token.

    While one waits for it, it looks at what runs on the machine.
    """

    def do_GET(self) -> None:
        """Answer."""
        is_known = self.headers.get("authorization") == f"Bearer {TOKEN}"
        if is_known:
            self.server.looks.extend(running())  # type: ignore[attr-defined]  # of its maker
        body = json.dumps(WEEKS if is_known else {}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Keep quiet."""


@contextmanager
def a_funnel(looks: list[Process]) -> Generator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Funnel)
    server.looks = looks  # type: ignore[attr-defined]  # handlers know their server alone
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
    ran: list[Process] = field(default_factory=list[Process])
    dump: str = ""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    home = tmp_path_factory.mktemp("connections")
    home.chmod(0o755)
    looks: list[Process] = []
    with (
        a_funnel(looks) as source,
        serving(home, "--demo", settings=SETTINGS) as server,
        acquire(home / "atlas" / "postgresql") as lease,
        working(home, {**SETTINGS, "DATABASE_URL": lease.url("atlas_demo")}),
    ):
        told = told_by(Reader(server, source), home)
        return replace(told, ran=looks, dump=dumped(lease.socket))


def dumped(socket: Path) -> str:
    """Give what `pg_dump` writes of the whole database."""
    program = find_binaries().program("pg_dump")
    command = (program, "-h", str(socket), "-U", SUPERUSER, "atlas_demo")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def told_by(reader: Reader, home: Path) -> Story:
    """Follow the page to its end."""
    forms, check = reader.does("ConnectorForms"), reader.does("TestConnection")
    made = reader.does("CreateConnection")["connection"]
    reader.knows(connection=made["id"], version=made["version"], metric=reader.id_of_the_metric())
    offered, preview = reader.does("DiscoverMetrics"), reader.does("PreviewMetric")
    before = reader.progress
    reader.does("BindMetric")
    told = sync_told(reader)
    after, runs = reader.progress, reader.does("ConnectionRuns")
    synced = atlas(home, "sync", "funnel", "--demo", "--since", "2026-11-01", settings=SETTINGS)
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
        said=[*reader.answers, *reader.server.said, synced.stdout, synced.stderr],
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


@pytest.mark.parametrize("program", ["api serve", "api worker", "api sync"])
def test_no_secret_is_in_the_list_of_processes_while_a_source_is_asked(
    story: Story, program: str
) -> None:
    assert any(program in process.words for process in story.ran)
    assert not [each.words for each in story.ran if any(word in each.words for word in SECRETS)]


def test_what_the_product_starts_is_given_no_secret(story: Story) -> None:
    ours = [process for process in story.ran if KEY in process.environment]
    started = [process for process in story.ran if "postgres" in process.words.split(" ")[0]]

    assert ours
    assert all("-m api " in process.words for process in ours)
    assert any(process.environment for process in started)
    assert not [
        each.words for each in story.ran if any(word in each.environment for word in SECRETS[:-1])
    ]


def test_no_secret_can_be_read_in_a_dump_of_the_database(story: Story) -> None:
    shapes = [shape for each in SECRETS for shape in (each, each.encode().hex())]

    assert "COPY public.connection_secrets" in story.dump
    assert "Funnel of the pre-approval" in story.dump
    assert not [shape for shape in shapes if shape in story.dump]


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
