"""Puts together what mutations write with."""

from api.clock import real_clock
from api.context import Writing
from api.ids import new_id
from api.safe import Safe
from api.settings import Settings
from domain.actions.changes import Changeable
from ingest.connector_rules import ConnectorRules
from ingest.opening import Opener
from ingest.trying import Trials


def writing_of(settings: Settings, atlases: Changeable, safe: Safe, opener: Opener) -> Writing:
    """Make it of what an installation has."""
    rules = ConnectorRules(
        registry=opener.registry, sealer=safe.sealer, variables=settings.secret_variables
    )
    trials = Trials(opener=opener, real_clock=real_clock)
    return Writing(atlases=atlases, connectors=rules, trials=trials, new_id=new_id)
