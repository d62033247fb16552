"""What is kept of an installation: each store of its database, made once."""

from dataclasses import dataclass

from api.run_store import StoredRuns
from storage.atlases import StoredAtlases
from storage.cache import AtlasCache
from storage.engine import Engine
from storage.jobs.stored import StoredJobs
from storage.observations import StoredObservations
from storage.run_pages import StoredRunPages
from storage.schedules import StoredSchedules
from storage.switches import StoredSwitches
from storage.tidying import StoredTidying


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """All of it but the secrets, which are in an `api.safe.Safe`."""

    atlases: StoredAtlases
    cache: AtlasCache
    jobs: StoredJobs
    schedules: StoredSchedules
    tidying: StoredTidying
    observations: StoredObservations
    switches: StoredSwitches
    runs: StoredRuns


def kept_by(engine: Engine, *, max_nodes: int, hears_hints: bool) -> Kept:
    """Make it; `hears_hints`: a connection of its own can listen to the database."""
    atlases, switches = StoredAtlases(engine), StoredSwitches(engine)
    jobs = StoredJobs(engine, hears_hints=hears_hints)
    return Kept(
        atlases=atlases,
        cache=AtlasCache(atlases, max_nodes=max_nodes),
        jobs=jobs,
        schedules=StoredSchedules(engine),
        tidying=StoredTidying(engine),
        observations=StoredObservations(engine),
        switches=switches,
        runs=StoredRuns(pages=StoredRunPages(engine), ledger=jobs, switches=switches),
    )
