"""The matrix of coverage as a client asks for it."""

from api.types.coverage import ROWS_AT_MOST
from domain.journey import JourneyLevel
from domain.links import Relation
from tests.api.asking import Json, an_api, codes
from tests.builders import a_journey, a_link, a_step, an_atlas

ATLAS = an_atlas(
    a_journey("MJ1"),
    a_journey("MJ2"),
    a_journey("INCOME", level=JourneyLevel.MICRO),
    a_step("upload"),
    links=[
        a_link("MJ1", Relation.HAS_MICRO_JOURNEY, "INCOME"),
        a_link("INCOME", Relation.HAS_STEP, "upload"),
    ],
)
MATRIX = """{ atlas { coverage%s {
  rows { journey { key } share cells { aspect own beneath isCovered } }
  totals { aspect covered share }
} } }"""


async def matrix(arguments: str = "") -> Json:
    return (await an_api(ATLAS).ask(MATRIX % arguments))["atlas"]["coverage"]


async def test_a_journey_has_what_its_micro_journeys_have() -> None:
    found = await matrix("(level: MACRO)")

    steps = {
        row["journey"]["key"]: next(cell for cell in row["cells"] if cell["aspect"] == "STEP")
        for row in found["rows"]
    }
    assert steps == {
        "MJ1": {"aspect": "STEP", "own": 0, "beneath": 1, "isCovered": True},
        "MJ2": {"aspect": "STEP", "own": 0, "beneath": 0, "isCovered": False},
    }
    [total] = [each for each in found["totals"] if each["aspect"] == "STEP"]
    assert total == {"aspect": "STEP", "covered": 1, "share": 0.5}  # one of two
    assert [row["share"] for row in found["rows"]] == [1 / 12, 0]  # of twelve aspects


async def test_named_journeys_stand_in_the_order_asked() -> None:
    found = await matrix('(journeys: ["MJ2", "INCOME", "MJ2"])')

    assert [row["journey"]["key"] for row in found["rows"]] == ["MJ2", "INCOME"]


async def test_a_journey_that_is_not_there_is_named() -> None:
    errors = await an_api(ATLAS).errors(MATRIX % '(journeys: ["MJ9"])')

    assert codes(errors) == ["NOT_FOUND"]
    assert "'MJ9'" in errors[0]["message"]


async def test_a_matrix_that_nobody_reads_is_refused_whole() -> None:
    journeys = [a_journey(f"J{number}") for number in range(ROWS_AT_MOST + 1)]
    asked = "{ atlas { coverage { totals { covered } } } }"

    errors = await an_api(an_atlas(*journeys)).errors(asked)
    allowed = await an_api(an_atlas(*journeys[1:])).ask(asked)

    assert codes(errors) == ["BAD_USER_INPUT"]
    assert f"at most {ROWS_AT_MOST}" in errors[0]["message"]
    assert len(allowed["atlas"]["coverage"]["totals"]) == 12
