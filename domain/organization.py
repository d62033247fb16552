"""The organization (the tenant) whose atlas this is, and its defaults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from domain.node import OrganizationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """A tenant.

    Days, weeks and quarters are cut in `time_zone` (an IANA name); `currency` is ISO 4217.
    `status_policy` names the default policy, `status_parameters` overrides its defaults.
    """

    id: OrganizationId
    key: str
    title: str
    time_zone: str = "UTC"
    currency: str = "EUR"
    status_policy: str = "pace-ratio"
    status_parameters: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object (the standard library keeps one per name)."""
        return ZoneInfo(self.time_zone)
