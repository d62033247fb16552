"""A tap whose records are things that happened, run as the program that it is."""

import json
from pathlib import Path
from typing import Final

from connectors.singer import Singer
from journey_atlas_sdk import AccessDenied, AuthError, ConfigError, Grain
from journey_atlas_sdk.conformance import (
    Fact,
    Given,
    Golden,
    Keeps,
    Known,
    Refused,
    Specimen,
    World,
    count,
    fact,
    mean,
    net_promoter_score,
    share,
    total,
    unique,
)
from tests.programs import install
from tests.vendors import singer_tap as tap

_STREAM: Final = {"stream": "answers", "time": "at", "dimensions": {"channel": "channel"}}


def answers(world: World) -> Given:
    """Install the tap, and write the facts where it looks for them."""
    install(world.folder, "tap-answers", Path(tap.__file__).read_text(encoding="utf-8"))
    file = world.folder / "answers.jsonl"
    with file.open("w", encoding="utf-8") as lines:
        for each in world.facts:
            lines.write(json.dumps(record(each)) + "\n")
    return {"config": {"facts": str(file)}}


def record(each: Fact) -> dict[str, str | int | None]:
    return {
        "id": each.number,
        "at": each.at.isoformat(),
        "who": each.who,
        "score": each.value or None,
        "channel": each.dimensions.get("channel"),
    }


specimen = Specimen(
    connector=Singer,
    golden=Golden(
        metric="mean",
        grain=Grain.DAY,
        known=(
            Known("2026-10-25", "6.5", sample_size=4, numerator="26", denominator="4"),
            Known("2026-10-26", "9", sample_size=1, numerator="9", denominator="1"),
        ),
        facts=(
            fact("2026-10-25T00:00", "7", number=1),
            fact("2026-10-25T02:30+02:00", "9", number=2),
            fact("2026-10-25T02:30+01:00", "0", number=3),
            fact("2026-10-25T23:59:59", "10", number=4),
            fact("2026-10-26T00:00", "9", number=5),
        ),
    ),
    lay=answers,
    settings={
        "tap": "tap-answers",
        "secret_config": json.dumps({"api_key": tap.KEY}),
        "metrics": {
            "mean": {**_STREAM, "measure": "MEAN", "column": "score"},
            "answers": {**_STREAM, "measure": "COUNT"},
            "sum": {**_STREAM, "measure": "SUM", "column": "score"},
            "people": {**_STREAM, "measure": "UNIQUE", "column": "who"},
            "sevens": {**_STREAM, "measure": "RATIO", "part": {"score": 7}},
            "nps": {**_STREAM, "measure": "NPS", "column": "score"},
        },
    },
    keeps=Keeps.EVENTS,
    measures={
        "mean": mean,
        "answers": count,
        "sum": total,
        "people": unique,
        "sevens": share(lambda score: score == 7),
        "nps": net_promoter_score,
    },
    dimensions={"channel": ("app", "branch")},
    wrong_secret=Refused({"secret_config": '{"api_key": "another key"}'}, AuthError),
    narrow=Refused({"secret_config": json.dumps({"api_key": tap.GUEST})}, AccessDenied),
    wrong_host=Refused({"tap": "tap-nowhere"}, ConfigError),
)
