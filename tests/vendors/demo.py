"""What demos of vendors' fakes share: a history that reaches a year back from their beginning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.types import ASGIApp

DAYS: Final = 365
OSLO: Final = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A fake with something in it, and a connection's settings but `url` and `allow_private`."""

    app: ASGIApp
    settings: Mapping[str, Any]  # Any: JSON
    """Texts may name the fake's address as `{url}`: a token, say, is fetched there too."""

    def settings_at(self, url: str) -> dict[str, Any]:  # Any: JSON
        """Give all settings of a connection to the fake, which is served at an address."""
        told = {
            name: given.replace("{url}", url) if isinstance(given, str) else given
            for name, given in self.settings.items()
        }
        return {**told, "url": url, "allow_private": True}


def present() -> datetime:
    """Give the moment, as a fake's clock."""
    return datetime.now(UTC)


def spread(now: datetime, number: int, *, each: int) -> datetime:
    """Spread so many things over each day, up to now."""
    start = now.replace(microsecond=0) - timedelta(days=DAYS)
    return start + number * timedelta(days=1) / each


def liking(number: int) -> int:
    """Answer from 0 to 10, five times a day; the later, the better."""
    return min(10, (number * 7 % 11) // 2 + 3 + number // 500)
