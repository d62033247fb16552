"""What the conformance kit can't know."""

import httpx
import pytest
from journey_atlas_sdk import DataError, QuotaExhausted
from journey_atlas_sdk.testing import FakeContext, client_over

from acme_metrics import AcmeMetrics, AcmeMetricsSettings

SETTINGS = {"token": "token-of-the-fake"}


@pytest.mark.parametrize(("error", "named"), [("QUOTA", QuotaExhausted), ("OTHER", DataError)])
async def test_an_error_with_the_status_200_is_named(error: str, named: type[Exception]) -> None:
    connector = AcmeMetrics(AcmeMetricsSettings.read(SETTINGS))
    http = client_over(lambda _: httpx.Response(200, json={"error": error}))

    with pytest.raises(named):
        await connector.check(FakeContext(http=http, secrets=SETTINGS))
