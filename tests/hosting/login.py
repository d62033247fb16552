"""A source that gives tokens and answers whoever has one: refresh tokens that serve once, too."""

from collections.abc import Mapping
from urllib.parse import parse_qs

import httpx

from journey_atlas_sdk.oauth import Client

TOKENS = "https://login.example/token"
CLIENT = Client("app", "s3cret")

Form = Mapping[str, str]


class Login:
    """A source and its token endpoint: each token is good for `uses` requests."""

    def __init__(
        self, *, uses: int = 100, lasts: float | None = 3600, rotates: bool = False
    ) -> None:
        self.uses, self.lasts, self.rotates = uses, lasts, rotates
        self.refusal: httpx.Response | None = None
        self.forms: list[Form] = []
        self.headers: list[httpx.Headers] = []
        self.asked_with: list[str] = []
        self.left: dict[str, int] = {}
        self.good = "first"

    @property
    def exchanged(self) -> list[str]:
        """The refresh tokens that were exchanged, in order."""
        return [form["refresh_token"] for form in self.forms]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as a source or as the one who gives its tokens."""
        return self._grant(request) if str(request.url) == TOKENS else self._answer(request)

    def _grant(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.forms.append(form)
        self.headers.append(request.headers)
        if self.refusal is not None:
            return self.refusal
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != self.good:
            return httpx.Response(400, json={"error": "invalid_grant"})
        grant: dict[str, object] = {"access_token": f"t{len(self.forms)}", "token_type": "bearer"}
        self.left[f"t{len(self.forms)}"] = self.uses
        if self.lasts is not None:
            grant["expires_in"] = self.lasts
        if self.rotates:
            self.good = grant["refresh_token"] = f"next{len(self.forms)}"
        return httpx.Response(200, json=grant)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        self.asked_with.append(token)
        left = self.left.get(token, 0)
        self.left[token] = left - 1
        return httpx.Response(200 if left > 0 else 401)
