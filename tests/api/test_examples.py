"""What the product shows people to ask runs, stays within the limits, and gives what is shown."""

import json
import re
from pathlib import Path

import pytest

from api.errors import QueryError
from api.execution.documents import PARSE_FAILED, VALIDATION_FAILED
from domain.errors import NotFound
from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    file.stem: file.read_text() for file in sorted((ROOT / "examples/queries").glob("*.graphql"))
}
PAGE = ROOT / "docs/frontend/first-steps.md"

SHOWN = re.compile(r"```graphql\n(.*?)```(?:\s*```json\n(.*?)```)?", re.DOTALL)


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


async def example(api: Api, name: str, **variables: object) -> Json:
    return await api.ask(EXAMPLES[name], **variables)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_an_example_says_what_it_asks_and_is_answered(api: Api, name: str) -> None:
    data = await example(api, name)

    assert EXAMPLES[name].startswith("# ")
    assert all(data.values())


@pytest.mark.parametrize("shown", SHOWN.findall(PAGE.read_text()), ids=lambda shown: shown[0][:40])
async def test_the_first_steps_give_what_they_show(api: Api, shown: tuple[str, str]) -> None:
    document, answer = shown

    data = await api.ask(document)

    assert all(data.values())
    assert not answer or data == json.loads(answer)


async def test_the_golden_thread_leads_from_the_goal_to_solutions_with_progress(api: Api) -> None:
    goal = (await example(api, "golden-thread"))["atlas"]["goal"]

    assert goal["title"] == "Be the most trusted partner in personal financial management"
    [mortgage] = [each for each in goal["journeys"]["nodes"] if each["key"] == "MJ1"]
    [proving] = [each for each in mortgage["microJourneys"]["nodes"] if each["key"] == "INCOME"]
    opportunities = {each["key"]: each for each in proving["opportunities"]["nodes"]}
    solutions = {each["key"]: each for each in opportunities["OP2"]["solutions"]["nodes"]}
    [objective] = solutions["S1"]["objectives"]["nodes"]
    assert objective["key"] == "O4"
    assert round(objective["progress"]["value"], 4) == 0.7188
    assert [round(each["progress"]["raw"], 4) for each in objective["keyResults"]] == [
        1.2097,
        0.4375,
    ]


async def test_a_solutions_thread_leads_up_to_every_goal_it_serves(api: Api) -> None:
    thread = (await example(api, "solution-thread"))["atlas"]["solution"]["goldenThread"]

    paths = {tuple(node["key"] for node in path["nodes"]) for path in thread["paths"]}
    assert thread["isComplete"] is True
    assert ("S1", "OP2", "INCOME", "MJ1", "BG1") in paths
    assert all(path["nodes"][-1]["key"] == path["goal"]["key"] for path in thread["paths"])


async def test_the_impact_of_a_goal_counts_each_node_once(api: Api) -> None:
    impact = (await example(api, "impact"))["atlas"]["goal"]["impact"]

    journeys = [node["key"] for node in impact["journeys"]["nodes"]]
    assert {"MJ1", "MJ3", "MJ5", "INCOME"} <= set(journeys)
    assert len(journeys) == len(set(journeys)) == impact["journeys"]["totalCount"]
    assert "OP8" not in [node["key"] for node in impact["opportunities"]["nodes"]]


async def test_the_objectives_page_on_to_their_end(api: Api) -> None:
    first = (await example(api, "objectives"))["atlas"]["objectives"]
    after = first["pageInfo"]["endCursor"]

    second = (await example(api, "objectives", after=after))["atlas"]["objectives"]

    assert first["totalCount"] == len(first["nodes"]) == 9
    assert (second["nodes"], second["totalCount"]) == ([], 9)


def test_every_error_code_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z_]{8,})`", PAGE.read_text()))

    errors: list[type[QueryError]] = [QueryError, *QueryError.__subclasses__()]
    raised = {error.code for error in errors}
    assert raised | {NotFound.code, PARSE_FAILED, VALIDATION_FAILED} <= documented
