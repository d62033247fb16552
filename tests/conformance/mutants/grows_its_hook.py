"""Mutant 4: its hook gives one more of the same at each call."""

from dataclasses import replace
from typing import ClassVar

from journey_atlas_sdk import ConnectorInfo, hookimpl
from tests.conformance.honest import survey_fake
from tests.conformance.honest.survey import Survey
from tests.conformance.mutants.made import info

_brought: list[type[Survey]] = []


class GrowsItsHook(Survey):
    info: ClassVar[ConnectorInfo] = info(4)


@hookimpl
def atlas_connectors() -> list[type[Survey]]:
    _brought.append(GrowsItsHook)
    return _brought


specimen = replace(survey_fake.specimen, connector=GrowsItsHook)
