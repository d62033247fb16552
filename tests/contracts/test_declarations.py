"""What a connector may say of itself, how its settings are checked, what a question asks for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from journey_atlas_sdk import (
    ConfigError,
    ConnectorInfo,
    Grain,
    Limit,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    RateLimited,
    Secret,
    Settings,
    Unit,
    UnitKind,
    UnknownMetric,
    Window,
)
from tests.plugins.questions import a_question, days

CANARY = "canary-5f0c"


class SurveySettings(Settings):
    account: str
    api_key: Secret
    spare_key: Secret | None = None


class OpenToken(Settings):
    access_token: str


class OpenPassword(Settings):
    db_password: str | None = None


def an_info(**given: object) -> ConnectorInfo:
    values: dict[str, Any] = {"key": "survey", "title": "Survey", "version": "1.0", **given}
    return ConnectorInfo(**values)  # Any: wrong values are the point


def test_an_info_needs_no_more_than_a_key_a_title_and_a_version() -> None:
    info = an_info()

    assert info.default_max_age == timedelta(hours=1)
    assert info.min_interval == timedelta(minutes=1)
    assert info.contract == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"key": "My Survey"}, "lower case", id="key with capitals"),
        pytest.param({"key": ""}, "lower case", id="no key"),
        pytest.param({"title": ""}, "needs a title", id="no title"),
        pytest.param({"version": ""}, "and a version", id="no version"),
        pytest.param({"min_interval": timedelta(-1)}, "negative", id="negative interval"),
        pytest.param({"default_max_age": timedelta(-1)}, "negative", id="negative age"),
        pytest.param({"timeout": timedelta(0)}, "above 0", id="no time"),
        pytest.param(
            {"metrics": (MetricSpec(key="a", title="A"), MetricSpec(key="a", title="B"))},
            "twice",
            id="one metric twice",
        ),
        pytest.param({"settings": OpenToken}, "looks secret", id="open token"),
        pytest.param({"settings": OpenPassword}, "looks secret", id="open optional password"),
    ],
)
def test_an_info_that_nobody_could_use_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        an_info(**wrong)


def test_secrets_are_write_only_in_the_schema_and_unknown_keys_refused() -> None:
    schema = an_info(settings=SurveySettings).settings_schema

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["api_key"]["writeOnly"] is True
    assert schema["properties"]["spare_key"]["anyOf"][0]["writeOnly"] is True
    assert schema["required"] == ["account", "api_key"]
    assert schema["additionalProperties"] is False


def test_good_settings_are_read_and_show_no_secret() -> None:
    settings = SurveySettings.read({"account": "norrhavn", "api_key": CANARY})

    assert settings.api_key.get_secret_value() == CANARY
    assert CANARY not in repr(settings)
    assert CANARY not in settings.model_dump_json()


def test_bad_settings_are_refused_all_at_once_by_name_and_without_values() -> None:
    with pytest.raises(ConfigError) as caught:
        SurveySettings.read({"api_key": [CANARY], "colour": CANARY})

    for name in ("account", "api_key", "colour"):
        assert f"{name}: " in caught.value.message
    assert CANARY not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_settings_cannot_be_changed() -> None:
    settings = SurveySettings.read({"account": "norrhavn", "api_key": CANARY})

    with pytest.raises(ValidationError):
        settings.account = "other"


@pytest.mark.parametrize(
    ("kind", "extra"),
    [
        pytest.param(UnitKind.MONEY, {}, id="money without a currency"),
        pytest.param(UnitKind.MONEY, {"currency": "kr"}, id="no ISO 4217"),
        pytest.param(UnitKind.MONEY, {"currency": "nok"}, id="lower case"),
        pytest.param(UnitKind.COUNT, {"currency": "NOK"}, id="a count of kroner"),
        pytest.param(UnitKind.RATE, {}, id="a rate per nothing"),
        pytest.param(UnitKind.RATE, {"per": 0}, id="a rate per zero"),
        pytest.param(UnitKind.PERCENT, {"per": 100}, id="percent per hundred"),
    ],
)
def test_a_unit_that_means_nothing_is_refused(kind: UnitKind, extra: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"unit has|currency is|rate is"):
        Unit(kind=kind, **extra)  # Any: wrong values are the point


def test_money_has_a_currency_and_a_rate_its_size() -> None:
    assert Unit(kind=UnitKind.MONEY, currency="NOK").currency == "NOK"
    assert Unit(kind=UnitKind.RATE, per=10_000).per == 10_000


def a_spec(**given: object) -> MetricSpec:
    values: dict[str, Any] = {"key": "trust", "title": "Trust", **given}
    return MetricSpec(**values)  # Any: wrong values are the point


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"key": ""}, id="no key"),
        pytest.param({"minimum": Decimal(2), "maximum": Decimal(1)}, id="crossed bounds"),
        pytest.param({"restates_for": timedelta(-1)}, id="restates before the end"),
    ],
)
def test_a_metric_spec_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"needs a key|above its maximum|negative"):
        a_spec(**wrong)


@pytest.mark.parametrize("name", ["count", "seconds", "weight"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Limit(**{"count": 60, "seconds": 60, name: 0})


def test_an_unknown_metric_names_the_ones_there_are() -> None:
    error = UnknownMetric("trsut", known=["nps", "trust"])

    assert error.message == "The source has no metric 'trsut'. It has: nps, trust."


def test_a_rate_limit_says_how_long_to_wait_or_that_nobody_knows() -> None:
    assert RateLimited(retry_after=timedelta(seconds=4)).retry_after == timedelta(seconds=4)
    assert RateLimited().retry_after is None


NOVEMBER = days("2026-11-01", "2026-12-01")


@pytest.mark.parametrize(
    ("now", "state"),
    [
        pytest.param("2026-11-30T22:59:59Z", ObservationState.PROVISIONAL, id="it runs in Oslo"),
        pytest.param("2026-12-01T22:59:59Z", ObservationState.PROVISIONAL, id="over for 23:59:59"),
        pytest.param("2026-12-01T23:00:00Z", ObservationState.FINAL, id="over for a day"),
    ],
)
def test_a_value_is_final_once_its_source_restates_it_no_more(
    now: str, state: ObservationState
) -> None:
    spec = MetricSpec(key="nps", title="NPS", restates_for=timedelta(days=1))

    assert spec.state(NOVEMBER, datetime.fromisoformat(now)) is state


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        pytest.param(
            a_question("nps", grain=Grain.HOUR), "comes by DAY, MONTH, not by HOUR", id="grain"
        ),
        pytest.param(
            a_question("nps", dimensions=("channel", "age")),
            "broken down by age; by channel",
            id="dimension",
        ),
        pytest.param(a_question("nps", parameters={"top": 3}), "top: Extra inputs", id="parameter"),
    ],
)
def test_what_a_metric_has_no_answer_to_is_named(asked: PullRequest, message: str) -> None:
    spec = MetricSpec(
        key="nps",
        title="NPS",
        grains=frozenset({Grain.MONTH, Grain.DAY}),
        dimensions=("channel",),
    )

    spec.require_answers(a_question("nps", dimensions=("channel",)))
    with pytest.raises(ConfigError, match=message):
        spec.require_answers(asked)


def test_a_question_makes_the_observation_of_a_period() -> None:
    made = a_question("trust").observation(NOVEMBER, Decimal(65), sample_size=12)

    assert made == Observation(
        metric="trust", start=NOVEMBER.start, end=NOVEMBER.end, value=Decimal(65), sample_size=12
    )


def test_a_question_is_about_the_whole_periods_that_have_begun() -> None:
    window = Window(days("2026-08-15", "2026-08-16").start, days("2026-12-31", "2027-01-01").end)
    now = datetime(2026, 11, 22, tzinfo=UTC)

    found = a_question(window=window).periods(now)

    assert found == [  # August began before the window, December hasn't begun
        days("2026-09-01", "2026-10-01"),
        days("2026-10-01", "2026-11-01"),
        NOVEMBER,
    ]


def test_a_question_finds_what_is_listed_for_its_metric_or_names_what_there_is() -> None:
    assert a_question("nps").chosen({"nps": "0 to 10"}) == "0 to 10"
    with pytest.raises(UnknownMetric, match=r"no metric 'csat'\. It has: ces, nps\."):
        a_question("csat").chosen({"nps": 1, "ces": 2})


def test_a_total_is_about_its_window() -> None:
    question = a_question(window=NOVEMBER, grain=Grain.TOTAL)

    assert question.periods(NOVEMBER.end) == [NOVEMBER]
    assert question.periods(NOVEMBER.start) == []
