"""Who asks, where a token has to be fetched first: httpx.Auth of OAuth 2 and service accounts.

    auth = ClientCredentials(context, token_url=…, client=Client("id", context.secret("secret")))
    await context.http.get(url, auth=auth)

Each fetches a token when it first needs one, anew shortly before it ends, and once where a request
is refused with 401, which is then sent once more. The host keeps the token in memory, so that the
next calls begin with it. Make one for a call. Imported by its own name.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Final, Literal, Self

import httpx
import jwt
from pydantic import BaseModel, Field, ValidationError, model_validator

from journey_atlas_sdk.auth import Bearer
from journey_atlas_sdk.context import Context
from journey_atlas_sdk.errors import AuthError, ConfigError, DataError
from journey_atlas_sdk.settings import Secret, Settings
from journey_atlas_sdk.terms import terms

ASSERTION_LASTS: Final = timedelta(hours=1)

_BY_JWT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_REFUSALS: Final = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
)


class _Grant(BaseModel):
    """What a token's source gives; `expires_in` is in seconds, None where it doesn't say."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: float | None = None
    refresh_token: str | None = Field(default=None, repr=False)

    @property
    def lasts(self) -> timedelta | None:
        """How long the token is good for; None where its source doesn't say."""
        return None if self.expires_in is None else timedelta(seconds=self.expires_in)


class _Refusal(BaseModel):
    error: str = Field(max_length=100)


@dataclass(frozen=True, slots=True)
class Client:
    """An application as a token's source knows it; `in_header`: it tells itself as Basic does."""

    id: str
    secret: str = field(repr=False)
    in_header: bool = False


class FetchedToken(httpx.Auth, ABC):
    """Sends `Authorization: Bearer …` with a token that it fetches."""

    def __init__(self, context: Context, token_url: str) -> None:
        """Take what to fetch a token with; nothing is asked yet."""
        self._context = context
        self._token_url = token_url

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a request with the token; where it is refused (401), once more with a new one."""
        token = await self._token()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            token = await self._token(refused=token)
            request.headers["Authorization"] = f"Bearer {token}"
            yield request

    @abstractmethod
    async def _fetch(self, now: datetime) -> _Grant:
        """Fetch a token, at a moment by which services go."""

    @abstractmethod
    def _asks_as(self) -> Sequence[str]:
        """Give all that a token depends on, beside its kind and its source."""

    async def _token(self, *, refused: str | None = None) -> str:
        """Give the token, another one than that which was refused."""

        async def fetch(now: datetime) -> tuple[str, timedelta | None]:
            grant = await self._fetch(now)
            return grant.access_token, grant.lasts

        origin = (type(self).__name__, self._token_url, *self._asks_as())
        return await self._context.access_token(origin, fetch, refused=refused)

    async def _ask(self, form: Mapping[str, str], client: Client | None = None) -> _Grant:
        """Ask the token's source; AuthError, with its own word for why, where it refuses."""
        basic = httpx.BasicAuth(client.id, client.secret) if client and client.in_header else None
        own = {"client_id": client.id, "client_secret": client.secret} if client else {}
        answer = await self._context.http.post(
            self._token_url,
            data={**form, **({} if basic else own)},
            auth=basic or httpx.Auth(),  # which adds nothing
            headers={"Accept": "application/json"},
            # A refresh token may be spent though its answer was lost.
            extensions=terms(expect=_REFUSALS, repeatable="refresh_token" not in form),
        )
        if answer.status_code in _REFUSALS:
            message = f"{answer.url.host} gives no token: {_reason(answer)}."
            raise AuthError(message)
        try:
            return _Grant.model_validate_json(answer.content)
        except ValidationError:  # which would repeat what is secret
            message = f"{answer.url.host} answers with what is no token."
            raise DataError(message) from None


def _reason(answer: httpx.Response) -> str:
    try:
        return _Refusal.model_validate_json(answer.content).error
    except ValidationError:
        return f"status {answer.status_code}"


class ClientCredentials(FetchedToken):
    """OAuth 2 of an application that asks as itself."""

    def __init__(
        self, context: Context, *, token_url: str, client: Client, scope: str | None = None
    ) -> None:
        """Take the application, and the scopes it asks for, with spaces between."""
        super().__init__(context, token_url)
        self._client = client
        self._scope = {} if scope is None else {"scope": scope}

    async def _fetch(self, now: datetime) -> _Grant:
        del now
        return await self._ask({"grant_type": "client_credentials", **self._scope}, self._client)

    def _asks_as(self) -> Sequence[str]:
        return (self._client.id, self._client.secret, *self._scope.values())


class RefreshToken(FetchedToken):
    """OAuth 2 for a person who once agreed: a refresh token, kept in a Secret setting.

    A source that gives a new one with each access token takes the old one no more. The host keeps
    the new one before it is used, and exchanges one at a time, also across its workers.
    """

    def __init__(self, context: Context, *, token_url: str, client: Client, setting: str) -> None:
        """Take the application, and the name of the Secret setting that holds the refresh token."""
        super().__init__(context, token_url)
        self._client = client
        self._setting = setting

    async def _fetch(self, now: datetime) -> _Grant:
        del now
        grants: list[_Grant] = []

        async def exchange(refresh_token: str) -> str:
            form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            grant = await self._ask(form, self._client)
            grants.append(grant)
            return grant.refresh_token or refresh_token

        await self._context.renew_secret(self._setting, exchange)
        return grants[0]

    def _asks_as(self) -> Sequence[str]:
        return (self._client.id, self._client.secret, self._context.secret(self._setting))


class TokenOrAppSettings(Settings):
    """Who asks: a person's own token, or an app that a person agreed to; a base of settings."""

    token: Secret | None = Field(default=None, description="A personal access token.")
    client_id: str | None = Field(default=None, description="Of an app, instead of a token.")
    client_secret: Secret | None = Field(default=None, description="Of that app.")
    refresh_token: Secret | None = Field(
        default=None, description="What the app was given; where it is good once, the next is kept."
    )

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        app = (self.client_id, self.client_secret, self.refresh_token)
        if any(app) != all(app) or all(app) == bool(self.token):
            message = "Give either `token`, or `client_id`, `client_secret` and `refresh_token`."
            raise ValueError(message)
        return self

    def auth(self, context: Context, *, token_url: str) -> httpx.Auth:
        """Tell the source who asks; an app fetches its tokens at `token_url`."""
        if self.client_id is None:
            return Bearer(context.secret("token"))
        client = Client(self.client_id, context.secret("client_secret"))
        return RefreshToken(context, token_url=token_url, client=client, setting="refresh_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key in PEM; `key_id` tells the other side which, None where it has but one."""

    pem: str = field(repr=False)
    algorithm: Literal["RS256", "ES256"] = "RS256"
    key_id: str | None = None

    def sign(self, claims: Mapping[str, str], *, now: datetime, lasts: timedelta) -> str:
        """Sign claims as a JSON Web Token, good from now on; ConfigError for a broken key."""
        times = {"iat": int(now.timestamp()), "exp": int((now + lasts).timestamp())}
        headers = None if self.key_id is None else {"kid": self.key_id}
        try:
            return jwt.encode({**claims, **times}, self.pem, self.algorithm, headers)
        except (jwt.InvalidKeyError, ValueError, TypeError):  # whose messages may hold the key
            message = f"The private key is no PEM that signs with {self.algorithm}."
            raise ConfigError(message) from None


class ServiceAccount(FetchedToken):
    """An account without a person: a signed statement of who it is, exchanged for a token."""

    def __init__(
        self, context: Context, *, token_url: str, key: SigningKey, claims: Mapping[str, str]
    ) -> None:
        """Take its key and what it states, as `iss` and `scope`; `aud` is the token's source."""
        super().__init__(context, token_url)
        self._key = key
        self._claims = {"aud": token_url, **claims}

    async def _fetch(self, now: datetime) -> _Grant:
        assertion = self._key.sign(self._claims, now=now, lasts=ASSERTION_LASTS)
        return await self._ask({"grant_type": _BY_JWT, "assertion": assertion})

    def _asks_as(self) -> Sequence[str]:
        return (self._key.pem, *map("=".join, sorted(self._claims.items())))


GoogleKey = Annotated[
    Secret, Field(description="The key file of a Google service account: its JSON, whole.")
]
"""The type of a setting `key`."""


class _KeyFile(BaseModel):
    client_email: str
    private_key: str
    private_key_id: str | None = None
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address


def google(context: Context, key_file: str, *scopes: str) -> ServiceAccount:
    """Ask Google as a service account, by its key file's content; ConfigError if it is none."""
    try:
        key = _KeyFile.model_validate(json.loads(key_file))
    except ValueError:  # ValidationError is one; both would repeat the key
        message = "The key is no key file of a Google service account: it is JSON, copied whole."
        raise ConfigError(message) from None
    return ServiceAccount(
        context,
        token_url=key.token_uri,
        key=SigningKey(pem=key.private_key, key_id=key.private_key_id),
        claims={"iss": key.client_email, "scope": " ".join(scopes)},
    )
