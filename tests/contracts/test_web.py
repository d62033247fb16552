"""Settings of a source over HTTP, and what it refuses."""

import httpx
import pytest

from journey_atlas_sdk import ConfigError, Settings
from journey_atlas_sdk.texts import says
from journey_atlas_sdk.web import NumericId, refusal


class Site(Settings):
    number: NumericId


@pytest.mark.parametrize("written", [12, "12"])
def test_an_id_may_be_written_as_a_number_or_a_text(written: object) -> None:
    assert Site.read({"number": written}).number == "12"


@pytest.mark.parametrize("written", ["1&a=b", "", "1.5", -1])
def test_what_is_no_id_is_refused(written: object) -> None:
    with pytest.raises(ConfigError, match="number: "):
        Site.read({"number": written})


def test_a_source_that_says_nothing_is_told_to_say_nothing() -> None:
    assert says("Claims", " \n") == "Claims says: nothing"


def test_a_refused_question_is_told_in_the_sources_words() -> None:
    request = httpx.Request("GET", "https://source.test/query?token=secret")
    response = httpx.Response(400, text="no such event" + "." * 1_000, request=request)

    told = refusal(response).message

    assert told.startswith("source.test says: no such event...")
    assert len(told) < 400
