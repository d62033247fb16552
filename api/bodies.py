"""Bodies of HTTP messages: read as far as they are allowed to go, whatever their length says."""

import asyncio

from starlette.requests import ClientDisconnect, Request

BAD_REQUEST = 400
TIMED_OUT = 408
TOO_LARGE = 413


class BodyRefused(Exception):
    """A body that isn't taken: `status` and `message` say why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def read_body(http: Request, *, most_bytes: int, seconds: float) -> bytes:
    """Read a body; BodyRefused where it is too large, too slow, or breaks off."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in http.stream():
                body += chunk
                if len(body) > most_bytes:
                    message = f"The body is larger than {most_bytes} bytes."
                    raise BodyRefused(TOO_LARGE, message)
    except TimeoutError as error:
        message = f"The body didn't arrive within {seconds:g} seconds."
        raise BodyRefused(TIMED_OUT, message) from error
    except ClientDisconnect as error:
        message = "The client left before its body was read."
        raise BodyRefused(BAD_REQUEST, message) from error
    return bytes(body)
