"""The example of each connector's page is one that works: imported whole, its settings legal."""

import json
import re
import urllib.request
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.webhook import Webhook, WebhookSettings
from domain.okr import KeyResult
from domain.source import Connection, MetricSource
from journey_atlas_sdk import Delivery
from journey_atlas_sdk.testing import FakeContext
from plugins.discovery import load_plugins
from tests.atlas_file.files import Bank
from tests.vendors.webhook import SECRET

FOLDER = Path(__file__).parents[2] / "docs" / "connectors"
CONNECTORS = load_plugins(None, distributions=[]).connectors
PAGES = {path.name: path.read_text() for path in sorted(FOLDER.glob("*.md"))}
HEADINGS = [
    *("What you need", "From credentials to a key result", "What it measures"),
    *("Facts and settings", "Limits", "What is not known", "What goes wrong"),
]
"""Of each page, in this order; what is a source's own stands before its facts."""
OF_SOURCES = sorted(set(PAGES) - {"README.md", "scores.md", "rehearsal.md"})
EXAMPLES = {
    name: "\n".join(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    for name, page in PAGES.items()
}


@pytest.mark.parametrize("name", [name for name, example in EXAMPLES.items() if example])
async def test_the_example_of_a_page_can_be_imported_and_its_settings_are_legal(name: str) -> None:
    bank = Bank()

    assert await bank.refuses(EXAMPLES[name]) == []
    for connection in bank.atlas.nodes.values():
        if isinstance(connection, Connection):
            info = CONNECTORS[connection.connector].info
            info.settings.read(_with_secrets(connection.settings))
            assert info.documentation == f"docs/connectors/{name}"


def test_every_built_in_connector_has_a_page_with_an_example() -> None:
    told = {(found.info.documentation or "").rpartition("/")[2] for found in CONNECTORS.values()}

    assert [page for page in sorted(told) if not EXAMPLES.get(page)] == []


@pytest.mark.parametrize("name", OF_SOURCES)
def test_a_page_has_the_headings_of_all_pages_in_their_order(name: str) -> None:
    headings = re.findall(r"^## (.+)$", PAGES[name], re.MULTILINE)

    assert headings[:3] + headings[-4:] == HEADINGS


@pytest.mark.parametrize("name", OF_SOURCES)
def test_a_page_says_how_it_was_verified_after_its_first_paragraph(name: str) -> None:
    _, _, after, *_ = PAGES[name].split("\n\n")

    assert after.startswith("**Verified** against ")


@pytest.mark.parametrize("name", OF_SOURCES)
async def test_the_example_of_a_page_ends_in_a_key_result_that_its_connection_feeds(
    name: str,
) -> None:
    bank = Bank()

    await bank.refuses(EXAMPLES[name])

    nodes = bank.atlas.nodes.values()
    fed = {node.metric for node in nodes if isinstance(node, MetricSource)}
    assert [node.metric in fed for node in nodes if isinstance(node, KeyResult)] == [True]


async def test_the_program_that_delivers_to_a_webhook_is_understood(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    [program] = re.findall(r"```python\n(.*?)```", PAGES["webhook.md"], re.DOTALL)
    [row] = re.findall(r"```json\n(.*?)```", PAGES["webhook.md"], re.DOTALL)
    network = Network()
    monkeypatch.setenv("TILL_SECRET", SECRET)
    monkeypatch.setattr(urllib.request, "urlopen", network.open)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 -- the page's own program

    names["deliver"]("https://atlas.example/hook", [json.loads(row)])

    [request] = network.sent
    body, headers = request.data, {name.lower(): told for name, told in request.header_items()}
    assert isinstance(body, bytes)
    delivery = Delivery(body=body, headers=headers, received_at=datetime.now(UTC))
    connector = Webhook(WebhookSettings.read({"secret": SECRET}))
    (found,) = await connector.receive(delivery, FakeContext(secrets={"secret": SECRET}))
    assert found.value == Decimal("214.5")


class Network:
    """Keeps what a program sends instead of sending it."""

    status = 202

    def __init__(self) -> None:
        self.sent: list[urllib.request.Request] = []

    def open(self, request: urllib.request.Request) -> "Network":
        self.sent.append(request)
        return self


def _with_secrets(settings: Any) -> Any:  # noqa: ANN401 -- Any: JSON
    """Put something in the place of each `{env: NAME}`."""
    match settings:
        case {"env": str(name), **others} if not others:
            return f"the value of {name}"
        case {}:
            return {key: _with_secrets(value) for key, value in settings.items()}
        case _:
            return settings
