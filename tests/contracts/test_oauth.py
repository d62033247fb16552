"""Tokens that are fetched: when, how often, and what is kept of them."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from journey_atlas_sdk import AuthError, ConfigError, DataError, TransientError
from journey_atlas_sdk.hosting.tokens import MOST_KEPT, Tokens
from journey_atlas_sdk.oauth import (
    Client,
    ClientCredentials,
    RefreshToken,
    ServiceAccount,
    SigningKey,
    google,
)
from journey_atlas_sdk.testing import VirtualClock
from tests.hosting.lent import ADDRESS, Lab
from tests.hosting.login import CLIENT, TOKENS, Login


@pytest.fixture
def lab() -> Lab:
    lab = Lab()
    lab.lending = replace(lab.lending, secrets={"refresh_token": "first"})
    return lab


async def ask(lab: Lab, auth: httpx.Auth | None = None, *, times: int = 1) -> None:
    """Ask in one call, as an application of its own unless another way is given."""
    async with lab.context() as context:
        how = auth or ClientCredentials(context, token_url=TOKENS, client=CLIENT, scope="a b")
        for _ in range(times):
            await context.http.get(ADDRESS, auth=how)


async def refresh(lab: Lab, *, times: int = 1) -> None:
    """Ask for the person whose refresh token stands in the settings, in a process that begins."""
    lab.lending = replace(lab.lending, tokens=Tokens())
    async with lab.context() as context:
        how = RefreshToken(context, token_url=TOKENS, client=CLIENT, setting="refresh_token")
        for _ in range(times):
            await context.http.get(ADDRESS, auth=how)


async def test_one_token_serves_a_whole_call(lab: Lab) -> None:
    login = Login()
    lab.plays(login)

    await ask(lab, times=3)

    assert login.asked_with == ["t1", "t1", "t1"]
    assert login.forms == [
        {
            "grant_type": "client_credentials",
            "scope": "a b",
            "client_id": "app",
            "client_secret": "s3cret",
        }
    ]


async def test_a_client_may_tell_itself_in_a_header(lab: Lab) -> None:
    login = Login()
    lab.plays(login)

    async with lab.context() as context:
        client = replace(CLIENT, in_header=True)
        how = ClientCredentials(context, token_url=TOKENS, client=client)
        await context.http.get(ADDRESS, auth=how)

    assert login.forms == [{"grant_type": "client_credentials"}]
    assert login.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"app:s3cret").decode()


async def test_a_token_that_runs_out_is_renewed_before_it_is_refused(lab: Lab) -> None:
    login = Login(lasts=100)
    lab.plays(login)

    async with lab.context(seconds=1000) as context:
        how = ClientCredentials(context, token_url=TOKENS, client=CLIENT)
        for _ in range(3):
            await context.http.get(ADDRESS, auth=how)
            lab.clock.moment += timedelta(seconds=40)

    assert login.asked_with == ["t1", "t1", "t2"]  # at 0, 40 and 80 s; 70 s are the 100 less 30


async def test_a_token_refused_in_mid_pull_is_renewed_once_and_the_request_sent_again(
    lab: Lab,
) -> None:
    login = Login(uses=2)
    lab.plays(login)

    await ask(lab, times=3)

    assert login.asked_with == ["t1", "t1", "t1", "t2"]


async def test_a_new_token_that_is_refused_too_is_an_auth_error(lab: Lab) -> None:
    login = Login(uses=0)
    lab.plays(login)

    with pytest.raises(AuthError, match=r"source\.example answered with the status 401"):
        await ask(lab)

    assert login.asked_with == ["t1", "t2"]


async def test_requests_at_once_share_one_token(lab: Lab) -> None:
    login = Login()
    lab.plays(login)

    async with lab.context() as context:
        how = ClientCredentials(context, token_url=TOKENS, client=CLIENT)
        await asyncio.gather(*(context.http.get(ADDRESS, auth=how) for _ in range(5)))

    assert login.asked_with == ["t1"] * 5


async def test_calls_share_a_token_at_once_and_one_after_another(lab: Lab) -> None:
    login = Login()
    lab.plays(login)

    await asyncio.gather(*(ask(lab) for _ in range(4)))
    await ask(lab)

    assert login.asked_with == ["t1"] * 5
    assert "t1" not in f"{lab.lending} {vars(lab.lending.tokens)}"


async def test_a_token_that_ended_between_two_calls_is_renewed_though_the_product_stands_still(
    lab: Lab,
) -> None:
    login = Login(lasts=100)
    lab.plays(login)
    moment = lab.clock.moment
    lab.lending = replace(lab.lending, present=lambda: moment)

    for _ in range(3):
        await ask(lab)
        lab.clock.moment += timedelta(seconds=40)

    assert login.asked_with == ["t1", "t1", "t2"]  # as above


async def test_a_token_that_was_refused_is_used_no_more(lab: Lab) -> None:
    login = Login(uses=2)
    lab.plays(login)

    for _ in range(4):
        await ask(lab)

    assert login.asked_with == ["t1", "t1", "t1", "t2", "t2"]


async def test_whoever_is_not_let_in_begins_with_another_token(lab: Lab) -> None:
    login = Login(lasts=None)
    lab.plays(login)
    await ask(lab)

    async with lab.context() as context:
        await context.settle(AuthError("The answer says so, with the status 200."))
    await ask(lab)

    assert login.asked_with == ["t1", "t2"]


async def test_another_secret_another_scope_or_another_connection_gets_another_token(
    lab: Lab,
) -> None:
    login = Login()
    lab.plays(login)
    clients = (CLIENT, Client("app", "another"), CLIENT)

    for client, scope in zip(clients, ("a", "a", "b"), strict=True):
        async with lab.context() as context:
            how = ClientCredentials(context, token_url=TOKENS, client=client, scope=scope)
            await context.http.get(ADDRESS, auth=how)
    await ask(lab)
    lab.lending = replace(lab.lending, connection="acme.another")
    await ask(lab)

    assert login.asked_with == ["t1", "t2", "t3", "t4", "t5"]


async def test_of_many_tokens_of_a_connection_the_oldest_goes() -> None:
    tokens, fetched = Tokens(), list[str]()

    async def get(origin: str) -> None:
        async def fetch(now: datetime) -> tuple[str, None]:
            del now
            fetched.append(origin)
            return origin, None

        await tokens.get("here", [origin], fetch, clock=VirtualClock())

    for number in (*range(MOST_KEPT + 1), MOST_KEPT, 0):
        await get(f"{number}")

    assert fetched == [f"{number}" for number in (*range(MOST_KEPT + 1), 0)]


async def test_a_refresh_token_that_can_be_used_once_is_kept_by_the_host(lab: Lab) -> None:
    login = Login(rotates=True)
    lab.plays(login)

    await refresh(lab)
    await refresh(lab, times=2)

    assert login.exchanged == ["first", "next1"]
    assert login.asked_with == ["t1", "t2", "t2"]


async def test_a_refresh_token_that_stays_is_used_again(lab: Lab) -> None:
    login = Login()
    lab.plays(login)

    await refresh(lab)
    await refresh(lab)

    assert login.exchanged == ["first", "first"]


async def test_calls_at_once_exchange_a_refresh_token_one_after_another(lab: Lab) -> None:
    login = Login(rotates=True)
    lab.plays(login)

    await asyncio.gather(*(refresh(lab) for _ in range(4)))

    assert login.exchanged == ["first", "next1", "next2", "next3"]


async def test_a_refresh_token_that_the_settings_change_is_taken_from_there(lab: Lab) -> None:
    login = Login(rotates=True)
    lab.plays(login)
    await refresh(lab)
    login.good = "agreed anew"
    lab.lending = replace(lab.lending, secrets={"refresh_token": "agreed anew"})

    await refresh(lab)

    assert login.exchanged[-1] == "agreed anew"


async def test_a_refresh_that_failed_leaves_the_token_as_it_was(lab: Lab) -> None:
    login = Login(rotates=True)
    lab.plays(login)
    login.refusal = httpx.Response(500)
    with pytest.raises(TransientError):
        await refresh(lab)
    assert len(login.forms) == 1  # the token may be spent: it isn't sent once more unasked
    login.refusal = None

    await refresh(lab)

    assert login.exchanged[-1] == "first"


@pytest.mark.parametrize(
    ("refusal", "error", "told"),
    [
        pytest.param(
            httpx.Response(400, json={"error": "invalid_grant", "error_description": "s3cret"}),
            AuthError,
            "login.example gives no token: invalid_grant.",
            id="a reason",
        ),
        pytest.param(
            httpx.Response(401, text="s3cret"),
            AuthError,
            "login.example gives no token: status 401.",
            id="a status",
        ),
        pytest.param(
            httpx.Response(200, json={"access_token": ["s3cret"]}),
            DataError,
            "login.example answers with what is no token.",
            id="no token",
        ),
    ],
)
async def test_a_refused_token_is_named_without_repeating_a_secret(
    lab: Lab, refusal: httpx.Response, error: type[AuthError | DataError], told: str
) -> None:
    login = Login()
    login.refusal = refusal
    lab.plays(login)

    with pytest.raises(error) as caught:
        await ask(lab)

    assert caught.value.message == told
    assert "s3cret" not in f"{caught.value.detail} {CLIENT}"


# ---- service accounts


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


async def test_a_service_account_signs_who_it_is(lab: Lab) -> None:
    login = Login()
    lab.plays(login)
    key = SigningKey(pem=pem(EC), algorithm="ES256", key_id="k1")

    async with lab.context() as context:
        claims = {"iss": "svc", "scope": "read"}
        how = ServiceAccount(context, token_url=TOKENS, key=key, claims=claims)
        await context.http.get(ADDRESS, auth=how)

    (form,) = login.forms
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert jwt.get_unverified_header(form["assertion"])["kid"] == "k1"
    now = int(lab.clock.now().timestamp())
    checked = jwt.decode(
        form["assertion"],
        EC.public_key(),
        ["ES256"],
        audience=TOKENS,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert checked == {
        "aud": TOKENS,
        "iss": "svc",
        "scope": "read",
        "iat": now,
        "exp": now + 3600,
    }


async def test_what_is_signed_goes_by_the_real_time_where_the_products_clock_stands_still(
    lab: Lab,
) -> None:
    login = Login()
    lab.plays(login)
    standing = lab.clock.now() - timedelta(days=3)
    lab.lending = replace(lab.lending, present=lambda: standing)

    async with lab.context() as context:
        key = SigningKey(pem=pem(EC), algorithm="ES256")
        how = ServiceAccount(context, token_url=TOKENS, key=key, claims={"iss": "svc"})
        await context.http.get(ADDRESS, auth=how)

    signed = jwt.decode(login.forms[0]["assertion"], options={"verify_signature": False})
    assert signed["iat"] == int(lab.clock.now().timestamp())


async def test_google_is_asked_by_the_content_of_a_key_file(lab: Lab) -> None:
    login = Login()
    lab.plays(login)
    file = {"client_email": "svc@x", "private_key": pem(RSA), "token_uri": TOKENS}

    async with lab.context() as context:
        await context.http.get(ADDRESS, auth=google(context, json.dumps(file), "a", "b"))

    claims = jwt.decode(login.forms[0]["assertion"], options={"verify_signature": False})
    assert (claims["iss"], claims["scope"], claims["aud"]) == ("svc@x", "a b", TOKENS)
    assert jwt.get_unverified_header(login.forms[0]["assertion"])["alg"] == "RS256"


@pytest.mark.parametrize("written", ["", "{", "[]", '{"client_email": "s3cret"}'])
async def test_what_is_no_key_file_is_refused_without_repeating_it(lab: Lab, written: str) -> None:
    async with lab.context() as context:
        with pytest.raises(ConfigError, match="no key file") as caught:
            google(context, written)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("key", ["s3cret", pem(EC)], ids=["no key", "of another kind"])
async def test_a_key_that_cannot_sign_is_refused_without_repeating_it(lab: Lab, key: str) -> None:
    async with lab.context() as context:
        how = ServiceAccount(context, token_url=TOKENS, key=SigningKey(pem=key), claims={})
        with pytest.raises(ConfigError, match="no PEM that signs with RS256") as caught:
            await context.http.get(ADDRESS, auth=how)

    assert "s3cret" not in f"{caught.value} {SigningKey(pem=key)}"
