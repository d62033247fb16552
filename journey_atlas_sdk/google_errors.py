"""How Google's services say no: the reason in the answer, named by what happens next.

    answer = await context.http.get(url, auth=auth, extensions=terms(expect=REFUSALS))
    require_answer(answer, "BigQuery")

Imported by its own name.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final

import httpx
from pydantic import AliasPath, BaseModel, Field

from journey_atlas_sdk.errors import (
    AccessDenied,
    ConfigError,
    ConnectorError,
    QuotaExhausted,
    RateLimited,
)
from journey_atlas_sdk.exact_json import read_model
from journey_atlas_sdk.texts import says

REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
"""Statuses that are more than one thing, or whose words help who set the source up."""

_BY_REASON: Final[Mapping[str, type[ConnectorError]]] = {
    "accessDenied": AccessDenied,
    "quotaExceeded": QuotaExhausted,
    "rateLimitExceeded": RateLimited,
    "userRateLimitExceeded": RateLimited,
    "jobRateLimitExceeded": RateLimited,
}


class _Refusal(BaseModel):
    message: Annotated[str, Field(validation_alias=AliasPath("error", "message"))]
    reason: Annotated[str, Field(validation_alias=AliasPath("error", "errors", 0, "reason"))] = ""


def require_answer(response: httpx.Response, service: str) -> None:
    """Raise the error that a refusal stands for, with the service's own words."""
    if response.status_code not in REFUSALS:
        return
    refusal = read_model(response.content, _Refusal)
    kind = _BY_REASON.get(refusal.reason)
    if kind is None and response.status_code == HTTPStatus.FORBIDDEN:
        response.raise_for_status()  # the host knows limits by their headers, too
    raise (kind or ConfigError)(says(service, refusal.message))
