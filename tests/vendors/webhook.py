"""A system that posts its observations: it signs as docs/connectors/webhook.md tells."""

import base64
import hmac
import json
from datetime import datetime
from typing import Any, Final

SECRET: Final = "whsec_" + base64.b64encode(b"webhook-canary-55d0-of-32-bytes!").decode()
OTHER_SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def signed(
    content: Any,  # noqa: ANN401 -- Any: JSON, or the bytes as they are
    *,
    at: datetime | str,
    secret: str = SECRET,
    event: str = "msg_1",
) -> tuple[bytes, dict[str, str]]:
    """Give a delivery's body and headers; `at` may be a text that is no time."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    stamp = at if isinstance(at, str) else str(int(at.timestamp()))
    digest = hmac.digest(key, f"{event}.{stamp}.".encode() + body, "sha256")
    signature = f"v1,{base64.b64encode(digest).decode()}"
    return body, {
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }
