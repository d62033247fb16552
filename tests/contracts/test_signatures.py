"""Whether a delivery is its source's own."""

from datetime import UTC, datetime, timedelta

import pytest

from journey_atlas_sdk import AuthError, ConfigError
from journey_atlas_sdk.signatures import require_recent, require_signed

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
# RFC 4231, test case 2
KEY, BODY = b"Jefe", b"what do ya want for nothing?"
SHA256 = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_the_signature_of_these_very_bytes_passes() -> None:
    require_signed(BODY, [SHA256], key=KEY)
    require_signed(BODY, ["old one", SHA256], key=KEY)
    # RFC 2202, test case 2: effcdf6ae5eb2fa2d27416d5f184df9c259a7c79
    require_signed(
        BODY, ["7/zfauXrL6LSdBbV8YTfnCWafHk="], key=KEY, digest="sha1", encoding="base64"
    )


@pytest.mark.parametrize(
    ("body", "given", "key"),
    [
        pytest.param(BODY + b" ", [SHA256], KEY, id="another body"),
        pytest.param(BODY, [SHA256], b"jefe", id="another key"),
        pytest.param(BODY, [SHA256[:-1]], KEY, id="a part"),
        pytest.param(BODY, [""], KEY, id="an empty one"),
        pytest.param(BODY, [], KEY, id="none"),
        pytest.param(BODY, ["\udcff"], KEY, id="no text"),
    ],
)
def test_any_other_signature_is_refused(body: bytes, given: list[str], key: bytes) -> None:
    with pytest.raises(AuthError, match="isn't signed with this connection's secret"):
        require_signed(body, given, key=key)


def test_an_empty_key_signs_nothing() -> None:
    with pytest.raises(ConfigError, match="is empty"):
        require_signed(BODY, [SHA256], key=b"")


@pytest.mark.parametrize("minutes", [0, 5, -5])
def test_a_delivery_of_these_minutes_passes(minutes: int) -> None:
    require_recent(NOON - timedelta(minutes=minutes), NOON)


@pytest.mark.parametrize("seconds", [301, -301])
def test_a_delivery_sent_again_later_or_dated_ahead_is_refused(seconds: int) -> None:
    with pytest.raises(AuthError, match="isn't within 300 seconds of now"):
        require_recent(NOON - timedelta(seconds=seconds), NOON)
