"""Each vendor's fake can be asked over a real connection, as the product would ask it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from journey_atlas_sdk import Grain, Pending, PullRequest, Window
from journey_atlas_sdk.conformance.specimen import secrets_of
from journey_atlas_sdk.hosting import pulling
from journey_atlas_sdk.hosting.budget import MemoryBudgets
from journey_atlas_sdk.hosting.clock import RealClock
from journey_atlas_sdk.hosting.lending import Lending, lend
from plugins.discovery import load_plugins
from tests.vendors.demos import VENDORS, demo_of
from tests.vendors.serving import served

CONNECTORS = load_plugins(None, distributions=[]).connectors


@pytest.mark.parametrize("key", VENDORS)
async def test_a_demo_answers_its_connector(key: str) -> None:
    now = datetime.now(UTC)
    demo, kind = demo_of(key, now), CONNECTORS[key].connector
    async with served(demo.app) as url:
        given = demo.settings_at(url)
        connector = kind(kind.info.settings.read(given))
        lending = Lending(
            connection=key, budgets=MemoryBudgets(RealClock()), secrets=secrets_of(kind, given)
        )

        async with lend(connector, lending) as context:
            await pulling.check(connector, context)
        async with lend(connector, lending) as context:
            [spec, *_] = await pulling.discover(connector, context)
        question = _question(spec.key, now)
        found: pulling.Pulled | None = None
        while found is None or isinstance(found, Pending):  # which a test needn't wait for
            question = replace(question, resume=found.resume if found else None)
            async with lend(connector, lending) as context:
                found = await pulling.pull(connector, question, context)

    assert [one.value for one in found if one.value is None] == []
    assert found


def _question(metric: str, now: datetime) -> PullRequest:
    return PullRequest(
        metric=metric,
        window=Window(now - timedelta(days=70), now),
        grain=Grain.MONTH,
        time_zone=ZoneInfo("Europe/Oslo"),
    )
