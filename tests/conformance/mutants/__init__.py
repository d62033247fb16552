"""Connectors that lie, each in one way that exactly one check must find.

loading, values, periods, paging, failing, asking, guarding, recording: small changes to the honest
connectors, by the number of the check. Two lie while they are loaded, so they have modules of their
own: reads_the_environment, grows_its_hook.
"""

from collections.abc import Mapping

from journey_atlas_sdk import hookimpl
from journey_atlas_sdk.conformance import Specimen
from journey_atlas_sdk.conformance.specimen import AnyConnector
from tests.conformance.mutants import (
    asking,
    failing,
    grows_its_hook,
    guarding,
    loading,
    paging,
    pending,
    periods,
    reads_the_environment,
    recording,
    renewing,
    values,
)

MUTANTS: Mapping[int, Specimen] = {
    1: reads_the_environment.specimen,
    4: grows_its_hook.specimen,
    **loading.MUTANTS,
    **asking.MUTANTS,
    **values.MUTANTS,
    **periods.MUTANTS,
    **paging.MUTANTS,
    **failing.MUTANTS,
    **pending.MUTANTS,
    **renewing.MUTANTS,
    **guarding.MUTANTS,
    **recording.MUTANTS,
}


@hookimpl
def atlas_connectors() -> list[type[AnyConnector]]:
    """Bring all of them."""
    return [specimen.connector for specimen in MUTANTS.values()]
