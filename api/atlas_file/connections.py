"""Whether a file's connections have the settings that their connectors ask for."""

from collections.abc import Callable, Iterator

from api.atlas_file.problems import Path
from domain.actions.drafts import AtlasDraft
from domain.actions.import_atlas import ImportPlan
from domain.errors import InvalidRecord
from domain.node import Kind
from domain.source import Connection
from ingest.settings import resolve
from journey_atlas_sdk import ConfigError
from plugins.registry import Registry

STAND_IN = "a secret"
"""What stands for a secret whose value nobody asks for yet."""

CheckConnection = Callable[[Connection], str | None]
"""Say what is wrong with a connection's settings; None: nothing, or nobody here can tell."""


def settings_check(registry: Registry) -> CheckConnection:
    """Check settings by the connectors that are there; of another one nothing is said.

    Its plugin may be installed later. A secret's variable or file needs no value yet.
    """

    def check(connection: Connection) -> str | None:
        known = registry.connectors.get(connection.connector)
        if known is None:
            return None
        try:
            resolved = resolve(connection, known.info, lambda _name, _reference: STAND_IN)
            known.info.settings.read(resolved.settings)
        except ConfigError as error:
            return str(error)
        return None

    return check


def connection_problems(
    draft: AtlasDraft, plan: ImportPlan, check: CheckConnection
) -> Iterator[InvalidRecord]:
    """Judge the connections of a draft as they will be; those with other problems wait."""
    paths = {d.key: d.path for d in reversed(draft.nodes) if d.kind is Kind.CONNECTION}
    for record in plan.records.values():
        if isinstance(record, Connection) and record.key in paths:
            complaint = check(record)
            if complaint is not None:
                path: Path = (*paths[record.key], "settings")
                yield InvalidRecord(f"{record.connector}: {complaint}", path=path)
