"""A signed webhook: a system of your own posts its observations, each delivery signed and dated.

How to sign, and what a delivery holds, is told in docs/connectors/webhook.md.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from journey_atlas_sdk import (
    Capability,
    ConfigError,
    Connector,
    ConnectorInfo,
    Context,
    DataError,
    Delivery,
    MetricSpec,
    Observation,
    ObservationState,
    PullRequest,
    Secret,
    Settings,
    Unit,
    hookimpl,
)
from journey_atlas_sdk.exact_json import Count, Exact, Moment, read_model
from journey_atlas_sdk.signatures import require_recent, require_signed

_VERSION: Final = "v1,"
_LEAST_KEY_BYTES: Final = 24


class WebhookSettings(Settings):
    """The key that deliveries are signed with, and what their metrics are."""

    secret: Secret = Field(description="Base64 of 24 random bytes or more, as in whsec_MfKQ9r8G…")
    tolerance_seconds: Annotated[int, Field(ge=1, le=3_600)] = Field(
        default=300, description="How far `webhook-timestamp` may be from the server's clock."
    )
    units: Mapping[str, Unit] = Field(
        default_factory=dict[str, Unit],
        description="By metric, as in `{trust: {kind: RATIO}}`; left out: that of what it feeds.",
    )


class Webhook(Connector[WebhookSettings]):
    """Takes deliveries and has nothing to pull."""

    info = ConnectorInfo(
        key="webhook",
        title="Signed webhook",
        version="1.0.0",
        settings=WebhookSettings,
        capabilities=frozenset({Capability.PUSH, Capability.DISCOVER, Capability.DIMENSIONS}),
        documentation="docs/connectors/webhook.md",
    )

    def pull(self, request: PullRequest, context: Context) -> Iterable[Observation]:
        """Raise the ConfigError that says where values come from: there is nothing to ask."""
        del context
        message = f"{request.metric} can't be asked for: its source posts values to the webhook."
        raise ConfigError(message)

    async def check(self, context: Context) -> None:
        """See whether the secret can be used."""
        _key(context)

    async def discover(self, context: Context) -> list[MetricSpec]:
        """List the metrics whose units the settings name; others may come as well."""
        del context
        units = sorted(self.settings.units.items())
        return [MetricSpec(key=metric, title=metric, unit=unit) for metric, unit in units]

    async def receive(self, delivery: Delivery, context: Context) -> Sequence[Observation]:
        """Give a delivery's observations; AuthError unless it is signed, and of these minutes."""
        self._require_own(delivery, context)
        read = partial(read_model, delivery.body, _Delivered)
        rows = (await context.blocking(read, weight=0)).rows
        found = [row.observation(now=delivery.received_at) for row in rows]
        if len({(one.metric, one.start, one.end, one.dimensions) for one in found}) < len(found):
            message = "The delivery tells the same period of a metric twice."
            raise DataError(message)
        return found

    def _require_own(self, delivery: Delivery, context: Context) -> None:
        """Check the signature over the bytes as they came, then the age that it vouches for."""
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        event, written, signatures = (delivery.headers.get(name, "") for name in names)
        require_signed(
            b".".join((event.encode(), written.encode(), delivery.body)),
            [one.removeprefix(_VERSION) for one in signatures.split() if one.startswith(_VERSION)],
            key=_key(context),
            encoding="base64",
        )
        try:
            sent_at = datetime.fromtimestamp(int(written), UTC)
        except (ValueError, OverflowError) as error:
            message = "The delivery's webhook-timestamp counts no seconds since 1970."
            raise DataError(message) from error
        within = timedelta(seconds=self.settings.tolerance_seconds)
        require_recent(sent_at, delivery.received_at, within=within)


@hookimpl
def atlas_connectors() -> list[type[Webhook]]:
    """Bring the webhook."""
    return [Webhook]


class _Row(BaseModel):
    """What a row may hold; a word that isn't here is refused, so that a slip is seen."""

    model_config = ConfigDict(extra="forbid")

    metric: Annotated[str, Field(min_length=1)]
    period_start: Moment
    period_end: Moment
    value: Exact | None
    dimensions: dict[str, str] = {}
    sample_size: Count | None = None
    numerator: Exact | None = None
    denominator: Exact | None = None
    standard_error: Exact | None = None
    state: ObservationState | None = None

    def observation(self, *, now: datetime) -> Observation:
        """Make the observation; where the row doesn't tell, a period that runs is provisional."""
        is_over = self.period_end <= now
        otherwise = ObservationState.FINAL if is_over else ObservationState.PROVISIONAL
        return Observation(
            metric=self.metric,
            start=self.period_start,
            end=self.period_end,
            value=self.value,
            dimensions=tuple(self.dimensions.items()),
            sample_size=self.sample_size,
            numerator=self.numerator,
            denominator=self.denominator,
            standard_error=self.standard_error,
            state=self.state or otherwise,
        )


class _Delivered(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: Annotated[list[_Row], Field(min_length=1)]


def _key(context: Context) -> bytes:
    written = context.secret("secret").strip().removeprefix("whsec_")
    try:
        key = base64.b64decode(written, validate=True)
    except binascii.Error:
        key = b""
    if len(key) < _LEAST_KEY_BYTES:
        message = f"`secret` is base64 of {_LEAST_KEY_BYTES} random bytes or more."
        raise ConfigError(message)
    return key
