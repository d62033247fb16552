"""Puts together what mutations write with."""

from api.clock import real_clock
from api.context import Writing
from api.ids import new_id
from api.kept import Kept
from api.operating import Operating
from api.safe import Safe
from api.settings import Settings
from ingest.connector_rules import ConnectorRules
from ingest.given import Given
from ingest.opening import Opener
from ingest.orders import Orders
from ingest.trying import Trials


def writing_of(
    settings: Settings,
    kept: Kept,
    safe: Safe,
    *,
    opener: Opener,
    orders: Orders,
) -> Writing:
    """Make it of what an installation has."""
    rules = ConnectorRules(
        registry=opener.registry,
        sealer=safe.sealer,
        variables=settings.secret_variables,
        folder=settings.files_dir,
    )
    return Writing(
        atlases=kept.atlases,
        connectors=rules,
        trials=Trials(opener=opener, real_clock=real_clock),
        new_id=new_id,
        operating=_operating(kept, opener, orders),
    )


def _operating(kept: Kept, opener: Opener, orders: Orders) -> Operating:
    given = Given(
        registry=opener.registry,
        recorder=kept.observations,
        clock=opener.clock,
        real_clock=real_clock,
        new_id=new_id,
    )
    return Operating(orders=orders, jobs=kept.jobs, given=given, switches=kept.switches)
