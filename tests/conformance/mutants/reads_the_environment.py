"""Mutant 1: what it does depends on where it is imported."""

import os
from dataclasses import replace
from typing import ClassVar

from journey_atlas_sdk import ConnectorInfo
from tests.conformance.honest import survey_fake
from tests.conformance.honest.survey import Survey
from tests.conformance.mutants.made import info

CAMPAIGN = os.environ.get("SURVEY_CAMPAIGN", "all")


class ReadsTheEnvironment(Survey):
    info: ClassVar[ConnectorInfo] = info(1)


specimen = replace(survey_fake.specimen, connector=ReadsTheEnvironment)
