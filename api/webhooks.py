"""The endpoint `/webhooks/{organization}/{connection}`: what sources send by themselves.

`docs/operators/webhooks.md` tells whoever sets a source up what each answer means.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.bodies import BodyRefused, read_body
from domain.atlas import Atlas
from domain.errors import DomainError, NotFound
from domain.source import Connection
from ingest.push import Push
from journey_atlas_sdk import AuthError, Capability, ConnectorError, DataError, Delivery
from journey_atlas_sdk.texts import is_text
from plugins.registry import Registry
from storage.deliveries import Taken
from storage.errors import StorageError

MOST_BYTES: Final = 1024 * 1024
BODY_SECONDS: Final = 10.0

ACCEPTED: Final = 202
REFUSED: Final = 400
NOT_OURS: Final = 401
NOT_THERE: Final = 404
LATER: Final = 503

NOBODY_HERE: Final = "Nothing takes deliveries here."

AtlasNamed = Callable[[str], Awaitable[Atlas]]
"""Gives an organization's present Atlas by its key; NotFound where there is none."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """What deliveries are taken with. `now` is real time."""

    atlas_named: AtlasNamed
    registry: Registry
    push: Push
    now: Callable[[], datetime]

    def route(self) -> Route:
        """Make the route that takes deliveries by POST."""
        path = "/webhooks/{organization}/{connection:path}"
        return Route(path, self.answer, methods=["POST"])

    async def answer(self, http: Request) -> Response:
        """Take a delivery; who sent it is told no more than what to do."""
        where = f"{http.path_params['organization']}/{http.path_params['connection']}"
        try:
            taken = await self._take(http)
        except BodyRefused as refused:
            return _told(refused.status, refused.message)
        except NotFound as error:
            return _told(NOT_THERE, error.message)
        except ConnectorError as error:
            _log.warning("A delivery to %s isn't taken (%s): %s", where, error.code, error.message)
            return _told(*_refusal(error))
        except (DomainError, StorageError) as error:
            _log.warning("A delivery to %s can't be taken now: %s", where, error)
            return _told(LATER, "It can't be taken now: send it again later.")
        return _answer(ACCEPTED, _as_json(taken))

    async def _take(self, http: Request) -> Taken:
        organization, key = http.path_params["organization"], http.path_params["connection"]
        if not is_text(organization):
            raise NotFound(NOBODY_HERE)
        connection = self._receiver(atlas := await self.atlas_named(organization), key)
        delivery = Delivery(
            body=await read_body(http, most_bytes=MOST_BYTES, seconds=BODY_SECONDS),
            headers=dict(http.headers),
            received_at=self.now(),
        )
        return await self.push.take(atlas, connection, delivery)

    def _receiver(self, atlas: Atlas, key: str) -> Connection:
        """Give a visible connection that takes deliveries; NotFound tells nothing of any other."""
        connection = atlas.find(key, Connection)
        found = connection and self.registry.connectors.get(connection.connector)
        if (
            connection is None
            or connection.archived_at is not None
            or not found
            or Capability.PUSH not in found.info.capabilities
        ):
            raise NotFound(NOBODY_HERE)
        return connection


def _refusal(error: ConnectorError) -> tuple[int, str]:
    """Tell the sender what to do: its delivery is wrong, or it is to be sent again."""
    match error:
        case AuthError():
            return NOT_OURS, "The delivery isn't signed as this connection wants it."
        case DataError():
            return REFUSED, error.message
        case _:
            return LATER, "It can't be taken now: send it again later."


def _as_json(taken: Taken) -> Mapping[str, Any]:  # Any: JSON
    return {
        "new": taken.recorded.new,
        "revised": taken.recorded.revised,
        "unchanged": taken.recorded.unchanged,
        "pulls": taken.jobs,
        "known": taken.known,
    }


def _told(status: int, message: str) -> Response:
    return _answer(status, {"error": message})


def _answer(status: int, content: Mapping[str, Any]) -> Response:  # Any: JSON
    headers = {"x-content-type-options": "nosniff"}
    if status == LATER:
        headers["retry-after"] = "60"
    return Response(
        orjson.dumps(content), status_code=status, headers=headers, media_type="application/json"
    )
