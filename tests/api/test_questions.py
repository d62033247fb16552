"""The questions that filters and orders answer, asked of the sample bank."""

import json
import re
from pathlib import Path

import pytest

from tests.api.asking import Api, Json, an_api
from tests.api.norrhavn import norrhavn

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples/queries"
SHOWN = re.findall(
    r"```graphql\n(.*?)```\s*```json\n(.*?)```",
    (ROOT / "docs/frontend/filters.md").read_text(),
    re.DOTALL,
)


@pytest.fixture
def api() -> Api:
    bank = norrhavn()
    return an_api(bank.atlas, bank.observations, registry=bank.registry)


async def asked(api: Api, name: str, **variables: object) -> Json:
    data = await api.ask((EXAMPLES / f"{name}.graphql").read_text(), **variables)
    return data["atlas"]


@pytest.mark.parametrize(("document", "answer"), SHOWN, ids=["values", "links", "orders", "search"])
async def test_the_page_on_filters_gives_what_it_shows(
    api: Api, document: str, answer: str
) -> None:
    assert await api.ask(document) == json.loads(answer)


async def test_a_teams_key_results_at_risk_come_worst_gap_first(api: Api) -> None:
    found = (await asked(api, "at-risk"))["keyResults"]

    assert found["totalCount"] == 7
    # 325 of 365 days are over: 0.8904 expected of those that go by the year, minus progress.
    assert [
        (node["key"], node["status"]["code"], round(node["status"]["gap"], 4))
        for node in found["nodes"]
    ] == [
        ("O2-KR3", "OFF_TRACK", 0.8904),  # - 0
        ("O1-KR2", "OFF_TRACK", 0.5404),  # - 0.35
        ("O1-KR1", "OFF_TRACK", 0.2904),  # - 0.6
        ("O11-KR2", "OFF_TRACK", 0.2795),  # a quarter's: 52/92 = 0.5652 - 0.2857
        ("O2-KR2", "AT_RISK", 0.2237),  # - 0.6667
        ("O2-KR1", "AT_RISK", 0.1904),  # - 0.7
        ("O1-KR3", "AT_RISK", 0.1404),  # - 0.75
    ]


async def test_another_team_has_its_own(api: Api) -> None:
    found = (await asked(api, "at-risk", team="identity-documents"))["keyResults"]

    assert [node["key"] for node in found["nodes"]] == ["O4-KR2"]


async def test_stale_metrics_say_why_and_what_they_feed(api: Api) -> None:
    found = (await asked(api, "stale-metrics"))["metrics"]

    metrics = {node["key"]: node for node in found["nodes"]}
    assert found["totalCount"] == len(metrics)
    assert metrics["MT-LEAVE"]["freshness"]["isStale"] is True
    assert [each["key"] for each in metrics["MT-LEAVE"]["keyResults"]["nodes"]] == ["O11-KR1"]
    [churn] = metrics["MT-CHURN"]["sources"]
    assert (churn["state"], churn["error"]["code"]) == ("FAILING", "TRANSIENT_ERROR")
    assert [each["key"] for each in metrics["MT-CHURN"]["keyResults"]["nodes"]] == ["O7-KR1"]
    # MT-CES fails as well, but feeds no key result; MT-TRUST is a month's, and not yet due.
    assert not {"MT-CES", "MT-TRUST"} & set(metrics)


async def test_the_worst_pains_that_nobody_works_on(api: Api) -> None:
    found = (await asked(api, "pains"))["insights"]

    assert found == {
        "totalCount": 3,
        "nodes": [
            {
                "key": "I4",
                "title": "No status for five days, so people call",
                "importance": 4,
                "journeys": {"nodes": [{"key": "MJ1", "title": "Securing a mortgage"}]},
                "opportunities": {"nodes": [{"key": "OP4", "status": "PRIORITISED"}]},
            },
            {
                "key": "I9",
                "title": "The dispute form asks for a code that nobody can find",
                "importance": 4,
                "journeys": {"nodes": [{"key": "DISPUTE", "title": "Disputing a card charge"}]},
                "opportunities": {"nodes": [{"key": "OP6", "status": "PRIORITISED"}]},
            },
            {
                "key": "I11",
                "title": "Two identity checks in one week",
                "importance": 3,
                "journeys": {"nodes": [{"key": "IDENTITY", "title": "Proving who I am"}]},
                "opportunities": {"nodes": [{"key": "OP5", "status": "IDENTIFIED"}]},
            },
        ],
    }


async def test_nothing_is_overdue_while_no_check_ins_are_kept(api: Api) -> None:
    found = await asked(api, "overdue")

    assert found == {
        "member": {"title": "Ingrid Solberg"},
        "objectives": {"totalCount": 0, "nodes": []},
        "keyResults": {"totalCount": 0, "nodes": []},
    }


async def test_what_to_do_next_pages_on_by_value_to_customers(api: Api) -> None:
    first = (await asked(api, "backlog", first=2))["opportunities"]
    after = first["pageInfo"]["endCursor"]

    rest = (await asked(api, "backlog", after=after))["opportunities"]

    pages = [[node["key"] for node in page["nodes"]] for page in (first, rest)]
    # Worth 80, 70, 65, 60 and 55 to customers.
    assert pages == [["OP4", "OP6"], ["OP8", "OP5", "OP7"]]
    assert (first["totalCount"], rest["pageInfo"]["hasNextPage"]) == (5, False)
    insights = first["nodes"][0]["insights"]["nodes"]
    assert [(each["key"], each["importance"]) for each in insights] == [("I4", 4), ("I10", 4)]
