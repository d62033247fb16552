"""The sample atlas: brought into the demo's own database, and its values pulled, at every start."""

from pathlib import Path

from api.atlas_file.importing import import_atlas_file
from api.clock import real_clock
from api.ids import new_id
from domain.actions.changes import Atlases
from domain.atlas import Atlas
from domain.source import Connection, MetricSource, SourceState

ORGANIZATION = "norrhavn"
LONGEST_WAIT_SECONDS = 20
"""How long the demo's first start waits at most until its sources have answered or failed."""

LOOK_SECONDS = 0.1
"""How often it looks whether they have."""

_SLOW = "slow"
"""The connection that takes longer than anybody waits; it is asked behind the first answers."""

_PLACES = ("examples/norrhavn", "journey_atlas_sample")
"""Where the sample lies beside our packages: in a clone, and in an installation."""


def sample_file() -> Path:
    """Give the path of the sample atlas."""
    root = Path(__file__).resolve().parents[2]
    found = (root / place / "atlas.yaml" for place in _PLACES)
    return next(path for path in found if path.exists())


def awaited(atlas: Atlas) -> bool:
    """Tell whether a source never answered that a start waits for."""
    return any(
        source.state is SourceState.NEVER_SYNCED
        and atlas.get(source.connection, Connection).key != _SLOW
        for source in atlas.all(MetricSource)
    )


async def import_sample(atlases: Atlases) -> None:
    """Bring the sample atlas in; what is there already stays as it is."""
    await import_atlas_file(sample_file(), atlases, now=real_clock(), new_id=new_id)
