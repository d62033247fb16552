"""Whether a delivery is its source's own: signed by it, and not an old one sent again.

Both checks take the bytes as they came over the wire; reading them first would be too early.
Imported by its own name, by connectors that `receive`.
"""

import base64
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from journey_atlas_sdk.errors import AuthError, ConfigError


def require_signed(
    signed: bytes,
    given: Iterable[str],
    *,
    key: bytes,
    digest: Literal["sha1", "sha256", "sha512"] = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
) -> None:
    """Raise AuthError unless one of the given signatures is the HMAC of these bytes.

    Several may be given while a source changes its key. How long a comparison takes tells nothing
    of the right one. ConfigError for an empty key, with which anybody could sign.
    """
    if not key:
        message = "The key that deliveries are signed with is empty."
        raise ConfigError(message)
    own = hmac.digest(key, signed, digest)
    written = own.hex().encode() if encoding == "hex" else base64.b64encode(own)
    if not any(hmac.compare_digest(written, each.encode("utf-8", "replace")) for each in given):
        message = "The delivery isn't signed with this connection's secret."
        raise AuthError(message)


def require_recent(
    sent_at: datetime, received_at: datetime, *, within: timedelta = timedelta(minutes=5)
) -> None:
    """Raise AuthError where a delivery was signed too long ago, or in the future.

    `sent_at` must be among the signed bytes: else whoever sends an old one again dates it anew.
    """
    if abs(received_at - sent_at) > within:
        message = f"The delivery's time isn't within {within.total_seconds():g} seconds of now."
        raise AuthError(message)
