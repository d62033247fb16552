"""All that a host and a connector's process say to one another: JSON, each behind its length.

Host → child    Call, once; Answer to each Ask; Exchange, in the middle of a Renew or a Token
Child → host    Ask and, when it needs no more of that, Drop; Exchanged; Logged;
                Gave, as often as it likes; at last Ended or Failed
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Discriminator, Field, TypeAdapter

from journey_atlas_sdk.connector import Delivery, Dirty, MetricSpec, Pending, PullRequest
from journey_atlas_sdk.hosting.apart.failures import Failure
from journey_atlas_sdk.hosting.apart.places import Place, class_at, place_of
from journey_atlas_sdk.observations import Observation
from journey_atlas_sdk.settings import Settings
from journey_atlas_sdk.terms import Terms

MOST_BYTES: Final = 192 * 1024 * 1024
"""Of one message: more than any body that a request's usual terms allow, written as base64."""

LENGTH: Final = struct.Struct(">I")

Headers = tuple[tuple[bytes, bytes], ...]


class Work(StrEnum):
    """What is asked of a connector."""

    PULL = "PULL"
    CHECK = "CHECK"
    DISCOVER = "DISCOVER"
    DESCRIBE = "DESCRIBE"
    RECEIVE = "RECEIVE"
    BUDGET_KEY = "BUDGET_KEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Do a connector's work once. `argument` is what that method takes, beside the context."""

    kind: Literal["call"] = "call"
    key: str
    work: Work
    connector: Place
    settings: Mapping[str, Any] = field(repr=False)  # Any: JSON, secrets filled in
    secrets: Mapping[str, str] = field(repr=False)
    connection: str
    programs: Path | None
    log_level: int
    now: datetime
    argument: PullRequest | Delivery | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send a request, in its turn."""

    kind: Literal["send"] = "send"
    method: str
    url: str
    headers: Headers = field(repr=False)
    body: bytes = field(repr=False)
    terms: Terms
    timeout: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPiece:
    """Give the next piece of the body that the Ask of that number opened."""

    kind: Literal["next_piece"] = "next_piece"
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Hold a place within the source's limits until it is dropped."""

    kind: Literal["turn"] = "turn"
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Give the addresses of a host that a driver may connect to."""

    kind: Literal["reach"] = "reach"
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """Exchange a secret, and keep its successor; the child is told the newest one (Exchange)."""

    kind: Literal["renew"] = "renew"
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Give the access token of an origin, fetched where there is none (Exchange) and then kept."""

    kind: Literal["token"] = "token"
    origin: tuple[str, ...] = field(repr=False)
    refused: str | None = field(repr=False)


Wish = Annotated[Send | NextPiece | Turn | Reach | Renew | Token, Discriminator("kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Do something for the connector; what is held for it is held until it is dropped."""

    kind: Literal["ask"] = "ask"
    number: int
    wish: Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Nobody needs the answer to an Ask any more, or what is held for it."""

    kind: Literal["drop"] = "drop"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came back for a request; `body` None: it is read piece by piece."""

    kind: Literal["answered"] = "answered"
    status: int
    headers: Headers = field(repr=False)
    body: bytes | None = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a body; None: that was all."""

    kind: Literal["piece"] = "piece"
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """It may go on."""

    kind: Literal["granted"] = "granted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The addresses that a driver may connect to."""

    kind: Literal["reached"] = "reached"
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The secret or token that holds from now on; `lasts` None: nobody says for how long."""

    kind: Literal["renewed"] = "renewed"
    secret: str = field(repr=False)
    lasts: timedelta | None = None


Value = Annotated[Answered | Piece | Granted | Reached | Renewed | Failure, Discriminator("kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an Ask led to, and the product's present moment."""

    kind: Literal["answer"] = "answer"
    number: int
    value: Value
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Exchange this secret for its successor, as the Ask of that number wants it.

    None: fetch a token. `now` is the moment by which services go.
    """

    kind: Literal["exchange"] = "exchange"
    number: int
    newest: str | None = field(repr=False)
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """The successor, or why there is none."""

    kind: Literal["exchanged"] = "exchanged"
    number: int
    outcome: Renewed | Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A line, or several, for the call's log."""

    kind: Literal["logged"] = "logged"
    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A metric's spec; the model of its parameters is named, for a class can't be sent."""

    spec: MetricSpec
    parameters: Place | None

    def again(self) -> MetricSpec:
        """Give the spec with its model; ImportError where this process doesn't know that."""
        if self.parameters is None:
            return self.spec
        model = class_at(self.parameters)
        if not issubclass(model, Settings):
            message = f"{model.__qualname__} is no model of parameters."
            raise TypeError(message)
        return replace(self.spec, parameters=model)


def spec_of(spec: MetricSpec) -> Spec:
    """Tell a metric's spec."""
    model = spec.parameters
    parameters = None if model is None else place_of(model)
    return Spec(spec=replace(spec, parameters=None), parameters=parameters)


Item = Observation | Pending | Dirty | Spec | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gave:
    """Some of what the work brings, in order."""

    kind: Literal["gave"] = "gave"
    items: tuple[Annotated[Item, Field(union_mode="left_to_right")], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The work is done."""

    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The work came to nothing."""

    kind: Literal["failed"] = "failed"
    failure: Failure


FromHost = Call | Answer | Exchange
FromChild = Ask | Drop | Exchanged | Logged | Gave | Ended | Failed

_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

FROM_HOST: Final[TypeAdapter[FromHost]] = TypeAdapter(
    Annotated[FromHost, Discriminator("kind")], config=_BYTES
)
FROM_CHILD: Final[TypeAdapter[FromChild]] = TypeAdapter(
    Annotated[FromChild, Discriminator("kind")], config=_BYTES
)


def packed(written: bytes) -> bytes:
    """Put a message's length before it."""
    return LENGTH.pack(len(written)) + written
