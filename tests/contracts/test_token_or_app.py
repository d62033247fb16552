"""Settings that name a person's own token, or an app that the person agreed to."""

from dataclasses import replace

import pytest

from journey_atlas_sdk import ConfigError
from journey_atlas_sdk.oauth import TokenOrAppSettings
from tests.hosting.lent import ADDRESS, Lab
from tests.hosting.login import TOKENS, Login

APP = {"client_id": "app", "client_secret": "s3cret", "refresh_token": "first"}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({}, id="nobody"),
        pytest.param({"client_id": "app", "client_secret": "s3cret"}, id="half an app"),
        pytest.param({"token": "mine", "refresh_token": "first"}, id="a token and half an app"),
        pytest.param({**APP, "token": "mine"}, id="both"),
    ],
)
def test_either_a_token_or_an_app_is_named(given: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="Give either `token`"):
        TokenOrAppSettings.read(given)


async def test_a_persons_own_token_is_sent_as_it_is() -> None:
    lab, login = Lab(), Login()
    login.left["mine"] = 1
    lab.plays(login)
    lab.lending = replace(lab.lending, secrets={"token": "mine"})
    settings = TokenOrAppSettings.read({"token": "mine"})

    async with lab.context() as context:
        await context.http.get(ADDRESS, auth=settings.auth(context, token_url=TOKENS))

    assert [login.asked_with, login.forms] == [["mine"], []]


async def test_an_app_exchanges_its_refresh_token_for_one() -> None:
    lab, login = Lab(), Login(rotates=True)
    lab.plays(login)
    lab.lending = replace(lab.lending, secrets=APP)
    settings = TokenOrAppSettings.read(APP)

    async with lab.context() as context:
        await context.http.get(ADDRESS, auth=settings.auth(context, token_url=TOKENS))

    assert login.exchanged == ["first"]
    assert [login.forms[0][name] for name in ("client_id", "client_secret")] == ["app", "s3cret"]
