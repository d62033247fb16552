"""A trace tells each request, each wait with its reason, and each failure."""

from dataclasses import replace

import httpx
import pytest

from journey_atlas_sdk import (
    Connector,
    ConnectorBug,
    ConnectorInfo,
    Context,
    Limit,
    Observation,
    PullRequest,
    Settings,
)
from journey_atlas_sdk.hosting.lending import lend
from journey_atlas_sdk.hosting.pulling import pull
from journey_atlas_sdk.hosting.tracing import Event, Wait
from tests.hosting.lent import ADDRESS, Lab
from tests.plugins.questions import a_question

ANSWER = httpx.Response(200, text="12345")
BUSY = httpx.Response(503)
LIMITED = httpx.Response(429, headers={"Retry-After": "4"})
OK = f"GET {ADDRESS}: 200 in 0.000 s, 5 bytes, 1 from the budget idle/acme.survey"


def a_traced_lab(*answers: httpx.Response | Exception) -> tuple[Lab, list[Event]]:
    """Make a lab whose source answers so, and the list that its trace is told to."""
    lab, events = Lab(), list[Event]()
    lab.plays(*answers)
    lab.lending = replace(lab.lending, trace=events.append)
    return lab, events


async def test_an_answer_is_told_with_its_time_its_size_and_its_budget() -> None:
    lab, events = a_traced_lab(ANSWER)

    await lab.get()

    assert [str(event) for event in events] == [OK]


@pytest.mark.parametrize(
    ("first", "told", "wait"),
    [
        (LIMITED, "429", "waits 4.000 s: the source asks for it after 429"),
        (BUSY, "503", "waits 1.000 s: tries again after 503"),
        (
            httpx.ReadTimeout("late"),
            "source.example did not answer in time.",
            "waits 1.000 s: tries again after no whole answer",
        ),
    ],
    ids=["asked to wait", "failed", "not answered"],
)
async def test_each_try_is_told_and_the_wait_between_them(
    first: httpx.Response | Exception, told: str, wait: str
) -> None:
    lab, events = a_traced_lab(first, ANSWER)

    await lab.get()

    tried, waited, answered = map(str, events)
    assert tried.startswith(f"GET {ADDRESS}: {told} in 0.000 s")
    assert (waited, answered) == (wait, OK)


async def test_a_wait_for_the_sources_own_limits_is_told() -> None:
    lab, events = a_traced_lab(ANSWER)

    async with lab.context(Limit(count=1, seconds=10)) as context:
        await context.http.get(ADDRESS)
        await context.http.get(ADDRESS)

    first, waited, second = events
    assert (str(first), str(second)) == (OK, OK)
    assert isinstance(waited, Wait)
    assert waited.seconds >= 10
    assert waited.reason == "the limits of idle/acme.survey leave no room before"


async def test_a_failure_is_told_with_the_line_that_raised_it_and_without_secrets() -> None:
    class Broken(Connector[Settings]):
        info = ConnectorInfo(key="broken", title="Broken", version="1")

        def pull(self, request: PullRequest, context: Context) -> list[Observation]:
            raise KeyError(request.metric, context.secret("token"))

    lab, events = a_traced_lab()
    lab.lending = replace(lab.lending, secrets={"token": "c4n4ry"})
    connector = Broken(Settings())

    async with lend(connector, lab.lending) as context:
        with pytest.raises(ConnectorBug):
            await pull(connector, a_question(), context)

    (failure,) = map(str, events)
    assert failure.startswith("fails (CONNECTOR_BUG): The connector 'broken' failed: KeyError.\n")
    assert 'raise KeyError(request.metric, context.secret("token"))' in failure
    assert "c4n4ry" not in failure


async def test_an_answer_that_was_not_asked_for_is_told_too() -> None:
    class Elsewhere(Connector[Settings]):
        info = ConnectorInfo(key="elsewhere", title="Elsewhere", version="1")

        def pull(self, request: PullRequest, context: Context) -> list[Observation]:
            del context
            return [replace(request, metric="other").observation(request.window, None)]

    lab, events = a_traced_lab()
    connector = Elsewhere(Settings())

    async with lend(connector, lab.lending) as context:
        with pytest.raises(ConnectorBug):
            await pull(connector, a_question(), context)

    (failure,) = map(str, events)
    assert failure.startswith("fails (CONNECTOR_BUG): An observation is not trust, which was asked")
