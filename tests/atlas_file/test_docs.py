"""docs/atlas-file.md names every field and every legal value, and nothing else."""

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from pydantic import BaseModel

from api.atlas_file import entries, metric_entries, okr_entries
from api.atlas_file import format as file_format
from api.atlas_file.complaints import bare_type
from api.atlas_file.entries import FileModel
from tests.atlas_file.files import Bank

PAGE = (Path(__file__).parents[2] / "docs" / "atlas-file.md").read_text()

SECTIONS: dict[str, type[FileModel]] = {
    "The file": file_format.AtlasFile,
    "The organization": file_format.OrganizationEntry,
    "Every entry": entries.NodeEntry,
    "Entries that somebody answers for": entries.AtlasNodeEntry,
    "Teams": file_format.TeamEntry,
    "Members": file_format.MemberEntry,
    "Personas": file_format.PersonaEntry,
    "Cycles": file_format.CycleEntry,
    "Goals": file_format.GoalEntry,
    "Journeys": file_format.JourneyEntry,
    "Steps": file_format.StepEntry,
    "Insights": file_format.InsightEntry,
    "Evidence": file_format.EvidenceEntry,
    "Opportunities": file_format.OpportunityEntry,
    "Priority": file_format.PriorityEntry,
    "Solutions": file_format.SolutionEntry,
    "Connections": metric_entries.ConnectionEntry,
    "Metrics": metric_entries.MetricEntry,
    "Units": metric_entries.UnitEntry,
    "Windows": metric_entries.WindowEntry,
    "Series breaks": metric_entries.SeriesBreakEntry,
    "Measures": metric_entries.MeasureEntry,
    "Sources": metric_entries.SourceEntry,
    "Objectives": okr_entries.ObjectiveEntry,
    "Owners": okr_entries.OwnerEntry,
    "Contributions": okr_entries.ContributionEntry,
    "Manual progress": okr_entries.ManualProgressEntry,
    "Curves": okr_entries.CurveEntry,
    "Points of a curve": okr_entries.CurvePointEntry,
    "Key results": okr_entries.KeyResultEntry,
    "Baselines": okr_entries.BaselineEntry,
    "By how much": okr_entries.ByHowMuchEntry,
    "Milestones": okr_entries.MilestoneEntry,
    "Ladders": okr_entries.LadderEntry,
}


def test_every_group_of_fields_has_its_section() -> None:
    assert set(_below(FileModel)) == set(SECTIONS.values())


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_names_all_fields_of_its_group(title: str) -> None:
    assert list(_rows(title)) == list(_own_fields(SECTIONS[title]))


@pytest.mark.parametrize("title", SECTIONS)
def test_a_section_names_all_legal_values(title: str) -> None:
    for name, annotation in _own_fields(SECTIONS[title]).items():
        legal = bare_type(annotation)
        if isinstance(legal, type) and issubclass(legal, Enum):
            told = set(re.findall(r"`([A-Z_0-9]+)`", _rows(title)[name]))
            assert {str(member.value) for member in legal} <= told


def test_links_inside_the_page_lead_somewhere() -> None:
    anchors = {
        heading.lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }

    assert set(re.findall(r"\(#([a-z-]+)\)", PAGE)) <= anchors


async def test_the_example_of_the_page_can_be_imported() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)

    assert await Bank().refuses(example, header="") == []


def _below(group: type[FileModel]) -> Iterator[type[FileModel]]:
    for below in group.__subclasses__():
        yield below
        yield from _below(below)


def _own_fields(group: type[FileModel]) -> dict[str, object]:
    """Give a group's fields without those of the group it extends."""
    base = group.__bases__[0]
    inherited = base.model_fields if issubclass(base, BaseModel) else {}
    return {
        name: field.annotation
        for name, field in group.model_fields.items()
        if name not in inherited
    }


def _rows(title: str) -> dict[str, str]:
    """Give the second cells of a section's table by the field in the first."""
    section = re.split(rf"^##+ {re.escape(title)}$", PAGE, flags=re.MULTILINE)[1]
    section = re.split(r"^##", section, flags=re.MULTILINE)[0]
    return dict(re.findall(r"^\| \**`(\w+)`\** \| (.+) \|$", section, re.MULTILINE))
