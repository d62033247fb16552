"""What the use cases ask about connectors: their settings, secrets, and metrics."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import ValidationError

from domain.actions.connecting import SecretDraft
from domain.errors import DomainError, InvalidRecord, Refused
from domain.metric import Metric
from domain.node import OrganizationId
from domain.secret import SealedSecret, SecretKind, SecretName, SecretReference, SecretValue
from domain.source import Connection, MetricSource
from domain.source import Settings as Stored
from ingest.binding import Unfit, bind
from ingest.sealing import NoKey, Sealer
from ingest.settings import LONGEST_SECRET, Resolved, resolve, secret_settings
from journey_atlas_sdk import ConfigError, ConnectorInfo, MetricSpec, Settings
from plugins.registry import Registry

STAND_IN = "a secret"
"""What stands for a secret whose value isn't at hand while settings are checked."""

_SAYS_WHERE = re.compile(
    r"(?:.*_)?(?:url|uri|host|hostname|address|endpoint|server|domain|instance|region|site)"
)


class NoSecretKey(Refused):
    """The server has no key to seal a secret with."""

    code = NoKey.code


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorRules:
    """A `domain.actions.connecting.Connectors` out of the connectors that were found.

    `variables` are patterns of the environment variables that may be named, `folder` holds the
    files that may; None: none may.
    """

    registry: Registry
    sealer: Sealer
    variables: tuple[str, ...] = ()
    folder: Path | None = None

    def require(self, connector: str) -> None:
        """Raise InvalidRecord, which names those there are, where none has this key."""
        try:
            self.registry.get(connector)
        except ConfigError as error:
            legal = list(self.registry.connectors)
            raise InvalidRecord(error.message, path=("connector",), legal=legal) from error

    def secret_settings(self, connector: str) -> list[str]:
        """Name the settings that are secrets."""
        return secret_settings(self._info(connector))

    def destinations(self, connector: str) -> list[str]:
        """Name the settings that say where secrets are sent, by their names."""
        return [name for name in self._properties(connector) if _SAYS_WHERE.fullmatch(name.lower())]

    def problems(
        self, connection: Connection, given: Mapping[str, SecretDraft], *, before: Stored
    ) -> Iterator[DomainError]:
        """Tell what is wrong with a connection's settings and the secrets given with them."""
        secret = self.secret_settings(connection.connector)
        for name, draft in given.items():
            if name not in secret:
                message = f"{connection.connector} has no secret setting {name!r}."
                yield InvalidRecord(message, path=("secrets", name), legal=secret)
            yield from self._secret_problems(name, draft)
        known = {
            name: draft.text for name, draft in given.items() if isinstance(draft, SecretValue)
        }
        yield from self._settings_problems(connection, known, secret, before)

    def seal(
        self, organization: OrganizationId, of: SecretName, value: SecretValue, *, now: datetime
    ) -> SealedSecret:
        """Seal a secret; NoSecretKey where there is no key."""
        try:
            return self.sealer.seal(organization, of, value.text, now=now)
        except NoKey as error:
            raise NoSecretKey(error.message, path=("secrets", of.name)) from error

    def _secret_problems(self, name: str, draft: SecretDraft) -> Iterator[DomainError]:
        if isinstance(draft, SecretValue) and not draft.text.strip():
            yield InvalidRecord("A secret can't be blank.", path=("secrets", name, "value"))
        if isinstance(draft, SecretValue) and len(draft.text) > LONGEST_SECRET:
            message = f"A secret has at most {LONGEST_SECRET} characters."
            yield InvalidRecord(message, path=("secrets", name, "value"))
        if not isinstance(draft, SecretReference) or draft.kind is not SecretKind.ENVIRONMENT:
            return
        if not any(fnmatchcase(draft.name, pattern) for pattern in self.variables):
            allowed = ", ".join(self.variables) or "none"
            message = (
                f"The variable {draft.name} may not be named here. ATLAS_SECRET_VARIABLES says "
                f"which may: {allowed}."
            )
            yield InvalidRecord(message, path=("secrets", name, "env"), legal=self.variables)

    def _settings_problems(
        self,
        connection: Connection,
        known: Mapping[str, str],
        secret: Iterable[str],
        before: Stored,
    ) -> Iterator[DomainError]:
        """Hold settings against the connector's model; unknown secrets pass by a stand-in."""
        info = self._info(connection.connector)
        try:
            resolved = with_known(connection, info, known)
            checked = info.settings.model_validate(dict(resolved.settings))
        except ConfigError as error:
            yield InvalidRecord(error.message, path=("settings",))
        except ValidationError as error:
            yield from _problems_of(error, set(secret))
        else:
            for name, files in checked.files().items():
                is_kept = connection.settings.get(name) == before.get(name) and name not in known
                if not is_kept and not all(map(self._may_be_named, files)):
                    yield self._closed_file(("secrets" if name in secret else "settings", name))

    def _closed_file(self, path: tuple[str, ...]) -> DomainError:
        """Refuse a file of the server that nobody opened to the API: errors tell what is in it."""
        message = (
            "Of the server's files those may be named here that are in ATLAS_FILES_DIR: "
            f"{self.folder or 'none'}."
        )
        return InvalidRecord(message, path=path)

    def _may_be_named(self, path: Path) -> bool:
        return self.folder is not None and path.resolve().is_relative_to(self.folder.resolve())

    def _info(self, connector: str) -> ConnectorInfo:
        return self.registry.get(connector).info

    def _properties(self, connector: str) -> Iterable[str]:
        properties: Mapping[str, object] = self._info(connector).settings_schema.get(
            "properties", {}
        )
        return properties


def with_known(connection: Connection, info: ConnectorInfo, known: Mapping[str, str]) -> Resolved:
    """Put in the secrets whose values are known, stand-ins for the others."""
    return resolve(connection, info, lambda name, _: known.get(name, STAND_IN))


def fits(source: MetricSource, metric: Metric, spec: MetricSpec | None) -> Iterator[DomainError]:
    """Tell why what a source delivers can't feed a metric: unit, aggregation, periods, parameters.

    `spec` None: the connector lists no such metric; its values are taken to be the metric's.
    """
    try:
        bind(source, metric, spec)
    except Unfit as unfit:
        yield InvalidRecord(unfit.message, path=(unfit.of,), legal=unfit.legal)
    yield from _parameter_problems(source, spec.parameters if spec else None)
    if spec is not None:
        yield from _breakdown_problems(source, spec)


def _parameter_problems(
    source: MetricSource, model: type[Settings] | None
) -> Iterator[DomainError]:
    if model is None:
        return
    try:
        model.model_validate(dict(source.parameters))
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False, include_context=False):
            yield InvalidRecord(_sentence(problem["msg"]), path=("parameters", *problem["loc"]))


def _breakdown_problems(source: MetricSource, spec: MetricSpec) -> Iterator[DomainError]:
    asked = {name for breakdown in source.breakdowns for name in breakdown}
    for name in sorted(asked - set(spec.dimensions)):
        message = f"{spec.key} can't be broken down by {name!r}."
        yield InvalidRecord(message, path=("breakdowns",), legal=spec.dimensions)


def _problems_of(error: ValidationError, secret: set[str]) -> Iterator[DomainError]:
    for problem in error.errors(include_input=False, include_url=False, include_context=False):
        place = problem["loc"]
        where = "secrets" if place and place[0] in secret else "settings"
        yield InvalidRecord(_sentence(problem["msg"]), path=(where, *place))


def _sentence(problem: str) -> str:
    return f"{problem.removeprefix('Value error, ').rstrip('.')}."
