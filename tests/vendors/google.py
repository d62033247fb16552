"""Google's way in for service accounts, and the form in which its services refuse.

A signed statement is exchanged for an access token that lasts an hour; it must be signed with the
account's key, be for the address that it is sent to, and name a scope.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.demo.vendors.fake import Refused

ACCOUNT: Final = "atlas@bank-data.iam.gserviceaccount.com"
NARROW: Final = "guest@bank-data.iam.gserviceaccount.com"
"""An account that Google knows, and that may see nothing."""

TOKEN_URI: Final = "https://oauth2.googleapis.com/token"  # noqa: S105 -- an address
LASTS: Final = timedelta(hours=1)

_BY_JWT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
}


@cache
def key_of(account: str) -> rsa.RSAPrivateKey:
    """Give an account's key, which lives as long as the tests do."""
    del account
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def key_file(
    account: str = ACCOUNT, *, signed_as: str | None = None, token_uri: str = TOKEN_URI
) -> str:
    """Give a key file; `signed_as`: the account whose key stands in it, if it is another's."""
    pem = key_of(signed_as or account).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {
            "type": "service_account",
            "client_email": account,
            "private_key": pem.decode(),
            "private_key_id": "a1b2c3",
            "token_uri": token_uri,
        }
    )


@dataclass(slots=True, kw_only=True)
class Login:
    """Where tokens come from, and who asks with one; `scopes` are those that a service takes."""

    now: Callable[[], datetime]
    scopes: frozenset[str]
    issued: dict[str, tuple[str, set[str], datetime]] = field(
        default_factory=dict[str, tuple[str, set[str], datetime]]
    )

    @property
    def route(self) -> Route:
        """Give the way to a token."""
        return Route("/token", self._token, methods=["POST"])

    def admit(self, request: Request) -> str:
        """Give the account that asks; refuse a token that isn't good, or for other services."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        account, scopes, ends_at = self.issued.get(token, ("", set(), self.now()))
        if kind != "Bearer" or self.now() >= ends_at:
            raise refused(401, None, "Request had invalid authentication credentials.")
        if not scopes & self.scopes:
            raise refused(403, None, "Insufficient authentication scopes.")
        return account

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        [assertion] = form.get("assertion", [""])
        if form.get("grant_type") != [_BY_JWT]:
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        try:
            claims = self._claims(assertion, str(request.url))
        except jwt.InvalidTokenError:
            return JSONResponse({"error": "invalid_grant"}, 400)
        token = f"ya29.canary-{len(self.issued):06}"
        self.issued[token] = (claims["iss"], set(claims["scope"].split()), self.now() + LASTS)
        told = {"access_token": token, "expires_in": 3_599, "token_type": "Bearer"}
        return JSONResponse(told)

    def _claims(self, assertion: str, address: str) -> dict[str, str]:
        """Read a statement, by the service's own clock."""
        account = jwt.decode(assertion, options={"verify_signature": False}).get("iss", "")
        if account not in (ACCOUNT, NARROW):
            raise jwt.InvalidIssuerError(account)
        claims = jwt.decode(
            assertion,
            key_of(account).public_key(),
            ["RS256"],
            audience=address,
            options={"verify_exp": False, "verify_iat": False, "require": ["iat", "exp", "scope"]},
        )
        lasts = timedelta(seconds=claims["exp"] - claims["iat"])
        if lasts > LASTS or abs(self.now().timestamp() - claims["iat"]) > 300:
            raise jwt.ExpiredSignatureError(account)
        return claims


def refused(status: int, reason: str | None, message: str) -> Refused:
    """Give the refusal of a service of Google's; `reason` None: newer ones tell none."""
    told: dict[str, object] = {"code": status, "message": message, "status": _STATUSES[status]}
    if reason is not None:
        told["errors"] = [{"message": message, "domain": "global", "reason": reason}]
    return Refused(JSONResponse({"error": told}, status))
