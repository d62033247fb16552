"""A secret that is given wrongly comes back in no error, and none appears in a log."""

import logging

import pytest

from tests.api.asking import Api, Json
from tests.operating.world import CANARY, CREATE, FRAGMENTS, a_world

INSIDE = (
    'mutation { createConnection(input: { connector: "surveys", title: "t", %s }) { revision } }'
)

WRONG_VARIABLES = [
    pytest.param({"secrets": [{"source": {"value": CANARY}}]}, id="no name"),
    pytest.param({"secrets": [{"name": "token", "source": CANARY}]}, id="the value as source"),
    pytest.param({"secrets": [{"name": "token", "source": {"valeu": CANARY}}]}, id="misspelt"),
    pytest.param({"secrets": [{"name": "token", "source": {"value": [CANARY]}}]}, id="a list"),
    pytest.param({"secrets": [{"name": "token", "source": {"value": {"a": CANARY}}}]}, id="deep"),
    pytest.param(
        {"secrets": [{"name": "token", "source": {"value": CANARY, "env": "A"}}]}, id="two of one"
    ),
    pytest.param({"secrets": [{"name": [CANARY], "source": {"value": "x"}}]}, id="as the name"),
    pytest.param({"secrets": CANARY}, id="instead of all"),
    pytest.param({"token": CANARY}, id="at the wrong place"),
    pytest.param({"title": {"secret": CANARY}}, id="in the title"),
    pytest.param({"settings": {"url": "u", "token": CANARY}}, id="among the settings"),
    pytest.param({"settings": {"url": "u", "page_size": CANARY}}, id="as another setting"),
]
WRONG_TEXTS = [
    pytest.param(f'secrets: [{{source: {{value: "{CANARY}"}}}}]', id="no name"),
    pytest.param(f'secrets: [{{name: "token", source: "{CANARY}"}}]', id="the value as source"),
    pytest.param(f'secrets: [{{name: "token", source: {{valeu: "{CANARY}"}}}}]', id="misspelt"),
    pytest.param(f'secrets: [{{name: "token", source: {{value: ["{CANARY}"]}}}}]', id="a list"),
    pytest.param(f"secrets: [{{name: {CANARY.replace('-', '_')}, source: {{}}}}]", id="a word"),
    pytest.param(f'secrets: "{CANARY}"', id="instead of all"),
    pytest.param(f'token: "{CANARY}"', id="at the wrong place"),
    pytest.param(f'secrets: [{{name: "token", source: {{value "{CANARY}"}}}}]', id="no colon"),
    pytest.param(f'secrets: [{{name: "token", "{CANARY}"}}]', id="no field"),
]


@pytest.fixture
def api() -> Api:
    return a_world()[1]


def words_of(canary: str) -> tuple[str, ...]:
    return canary, canary.replace("-", "_")


@pytest.mark.parametrize("given", WRONG_VARIABLES)
async def test_a_secret_in_a_wrong_variable_is_not_repeated(
    api: Api, given: Json, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    document = CREATE + FRAGMENTS["All"] + FRAGMENTS["Told"]

    response = await api.post(document, input={"connector": "surveys", "title": "t", **given})

    assert "rror" in response.text
    assert not [word for word in words_of(CANARY) if word in response.text + caplog.text]


@pytest.mark.parametrize("given", WRONG_TEXTS)
async def test_a_secret_in_a_wrong_document_is_not_repeated(
    api: Api, given: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    response = await api.post(INSIDE.replace("%s", given))

    assert "errors" in response.json()
    assert not [word for word in words_of(CANARY) if word in response.text + caplog.text]


async def test_a_query_is_still_told_what_it_gave(api: Api) -> None:
    errors = await api.errors('{ atlas(asOf: "tomorrow") { asOf } }')

    assert "tomorrow" in errors[0]["message"]
