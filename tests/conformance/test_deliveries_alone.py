"""The kit and a connector whose source delivers by itself: it must say so where it is asked."""

from collections.abc import Iterable
from dataclasses import replace

from connectors.webhook import Webhook
from journey_atlas_sdk import Context, Observation, PullRequest
from journey_atlas_sdk.conformance.catalogue import CHECKS
from journey_atlas_sdk.conformance.running import run_one
from journey_atlas_sdk.conformance.verdict import Verdict
from tests.specimens.webhook_specimen import specimen

GOLDEN = next(check for check in CHECKS if check.number == 9)


class Silent(Webhook):
    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        del request, context
        return []


def test_what_asks_for_values_is_not_applicable_where_the_connector_says_why() -> None:
    result = run_one(GOLDEN, specimen)

    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "delivers by itself" in result.reason


def test_one_that_answers_with_nothing_instead_fails() -> None:
    result = run_one(GOLDEN, replace(specimen, connector=Silent))

    assert result.verdict is Verdict.FAILED
    assert "ConfigError" in result.expected
