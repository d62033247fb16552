"""Which media type a client sends and which it wants back (RFC 9110, GraphQL over HTTP)."""

from collections.abc import Iterator, Sequence
from email.message import Message

JSON = "application/json"
GRAPHQL_RESPONSE = "application/graphql-response+json"
HTML = "text/html"
EVENT_STREAM = "text/event-stream"

OFFERED = (JSON, GRAPHQL_RESPONSE)
"""What answers can be written in; the first where the client doesn't mind."""


def wanted(accept: str | None, offered: Sequence[str] = OFFERED) -> str | None:
    """Give the offered media type that the client likes best; None where it accepts none.

    The most specific range of the header decides each type's quality. Of equal ones the type that
    the header names first wins, then the one offered first, so `*/*` and a missing header give
    JSON.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = list(_ranges(accept))
    rated = [
        (rating, media_type) for media_type in offered if (rating := _rate(media_type, ranges))
    ]
    return max(rated, key=lambda each: each[0])[1] if rated else None


def content_type(header: str | None) -> tuple[str, str]:
    """Give a body's media type and charset in lower case; UTF-8 where none is said."""
    message = Message()
    message["content-type"] = header or ""
    charset = message.get_content_charset("utf-8")
    return (header or "").split(";")[0].strip().lower(), charset


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        yield media_range, _quality(parameters)


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _rate(media_type: str, ranges: list[tuple[str, float]]) -> tuple[float, int, int] | None:
    """Rate a type by quality, exactness and place in the header; None: not accepted."""
    main = media_type.partition("/")[0]
    for exactness, media_range in ((2, media_type), (1, f"{main}/*"), (0, "*/*")):
        for place, (named, quality) in enumerate(ranges):
            if named == media_range:
                return (quality, exactness, -place) if quality > 0 else None
    return None
