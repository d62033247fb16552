"""How a mutant is made of an honest connector: another key, and one lie."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from journey_atlas_sdk import ConnectorInfo
from journey_atlas_sdk.conformance import Specimen
from tests.conformance.honest.survey import Survey
from tests.conformance.honest.survey_fake import specimen


def info(number: int, **other: Any) -> ConnectorInfo:  # noqa: ANN401 -- the info's fields, each of its own type
    """Describe the mutant of a check as the survey connector, but for its key."""
    return replace(Survey.info, key=f"survey-{number}", **other)


def surveys(*mutants: type[Survey]) -> Mapping[int, Specimen]:
    """Give specimens by the number in each mutant's key; all else is the honest one's."""
    return {
        int(mutant.info.key.rpartition("-")[2]): replace(specimen, connector=mutant)
        for mutant in mutants
    }
