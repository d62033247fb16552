"""Settings of a connection and parameters of a metric: models that refuse what they don't know."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Self, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from journey_atlas_sdk.errors import ConfigError

Secret = SecretStr
"""A setting that is written, never shown; its value comes from `context.secret(name)`."""

AllowPrivate = Annotated[
    bool, Field(description="Ask a server in a private network, or this machine, too.")
]
"""The type of a setting `allow_private`, which the host asks for before it connects anywhere."""

_LOOKS_SECRET: Final = re.compile(
    r"(?:.*_)?(?:password|passphrase|secret|token|(?:api|access|private|signing)_?key)"
)

JsonSchema = dict[str, Any]  # Any: JSON


class Settings(BaseModel):
    """The base of a connector's settings and parameters; unknown keys are refused.

    Write each field with its type, and a description where the name doesn't say all; they become
    the form that a person fills in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:  # Any: JSON
        """Check what a person wrote; ConfigError naming every field that doesn't fit, no values."""
        try:
            return cls.model_validate(dict(given))
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False, include_context=False)
            raise ConfigError(" ".join(_sentence(p["loc"], p["msg"]) for p in problems)) from None

    @classmethod
    def json_schema(cls) -> JsonSchema:
        """Give the JSON Schema (2020-12); secrets are write-only in it."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **cls.model_json_schema(),
        }

    def files(self) -> Mapping[str, Sequence[Path]]:
        """Give the server's files and folders that these settings name, by setting.

        The host may refuse them. Whatever has the type Path is given anyway; extend it where a
        setting names a file in another way.
        """
        return {name: found for name, value in self if (found := list(_paths(value)))}


def _paths(value: object) -> Iterator[Path]:
    """Give the paths in a setting's value, however deep."""
    match value:
        case Path():
            yield value
        case BaseModel():
            yield from _paths(dict(value))
        case Mapping():
            yield from _paths([*cast("Mapping[object, object]", value).values()])
        case str() | bytes():
            return
        case Iterable():
            for each in cast("Iterable[object]", value):  # of whatever it is
                yield from _paths(each)
        case _:
            return


RestatesDays = Annotated[
    int,
    Field(
        ge=0,
        le=365,
        description="For how long after its end a period may still change: so long, in days, it is "
        "provisional.",
    ),
]
"""The type of a setting `restates_days`; a field tells the reason, where it is known."""


class RestatingSettings(Settings):
    """How long values change after their period; a base of a connector's settings."""

    restates_days: RestatesDays = 7

    @property
    def restates_for(self) -> timedelta:
        """For how long after a period's end its value may change."""
        return timedelta(days=self.restates_days)


def looks_secret(name: str) -> bool:
    """Say whether the name of a setting promises a secret, as `api_key` and `client_secret` do."""
    return _LOOKS_SECRET.fullmatch(name.lower()) is not None


def _sentence(place: tuple[int | str, ...], problem: str) -> str:
    where = ".".join(str(step) for step in place)
    said = problem.removeprefix("Value error, ").rstrip(".")
    return f"{where}: {said}." if where else f"{said}."
