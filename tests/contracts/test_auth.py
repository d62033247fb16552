"""Who asks: where a key is sent, and what can't be one."""

import httpx
import pytest

from journey_atlas_sdk import ConfigError
from journey_atlas_sdk.auth import ApiKey, Bearer
from tests.hosting.lent import ADDRESS, Lab


async def sent_with(auth: httpx.Auth) -> httpx.Request:
    lab = Lab()
    async with lab.context() as context:
        await context.http.get(ADDRESS, params={"page": "2"}, auth=auth)
    return lab.source.requests[0]


async def test_a_bearer_token_is_sent_without_its_line_end() -> None:
    assert (await sent_with(Bearer("t0ken\n"))).headers["Authorization"] == "Bearer t0ken"


async def test_a_key_goes_into_the_header_or_the_query_that_it_is_given_for() -> None:
    in_header = await sent_with(ApiKey("k3y", header="X-Api-Key"))
    in_query = await sent_with(ApiKey("k3y&", query="api_key"))

    assert in_header.headers["X-Api-Key"] == "k3y"
    assert str(in_header.url) == f"{ADDRESS}?page=2"
    assert str(in_query.url) == f"{ADDRESS}?page=2&api_key=k3y%26"


def test_a_key_has_one_place() -> None:
    with pytest.raises(ValueError, match="either into a header or into the query"):
        ApiKey("k3y", header="X-Api-Key", query="api_key")


@pytest.mark.parametrize("key", ["hunter\n2", "hunter\N{NO-BREAK SPACE}2", "hunter\x002"])
def test_what_cannot_be_sent_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ConfigError, match="can't be sent") as caught:
        Bearer(key)

    assert "hunter" not in str(caught.value)
