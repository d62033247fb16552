"""Checks 1 to 5: loading a connector does nothing else, and what it says of itself is true."""

import base64
import logging
import re
from collections.abc import Awaitable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from urllib.parse import quote

from journey_atlas_sdk.conformance import faults
from journey_atlas_sdk.conformance.bench import Bench
from journey_atlas_sdk.conformance.check import Check, Topic
from journey_atlas_sdk.conformance.copies import another, module_of, plugin_of
from journey_atlas_sdk.conformance.specimen import ways_of
from journey_atlas_sdk.conformance.stage import Stage
from journey_atlas_sdk.conformance.verdict import Mismatch, NotApplicable
from journey_atlas_sdk.conformance.watching import watched
from journey_atlas_sdk.conformance.wire import Fault, no_fault
from journey_atlas_sdk.connector import Capability, Connector
from journey_atlas_sdk.errors import ConfigError, ConnectorError
from journey_atlas_sdk.hooks import hookimpl
from journey_atlas_sdk.hosting.loading import (
    AnyConnector,
    connectors_of,
    manager_of,
)
from journey_atlas_sdk.hosting.redaction import BLACKED_OUT

_SECRET_NAME: Final = re.compile(
    r"(?:.*_)?(?:password|passphrase|passwd|secret|token|bearer|credentials?"
    r"|(?:api|access|private|signing|account)_?key)"
)

_OVERRIDDEN: Final[Mapping[Capability, str]] = {
    Capability.DISCOVER: "discover",
    Capability.PUSH: "receive",
}


async def imports_quietly(bench: Bench) -> None:
    """1: the module only defines things; the host imports it with all its rights."""
    module = module_of(bench.specimen.connector)
    with watched(Path(module.__file__ or "")) as seen, another(module):
        pass
    if seen:
        raise Mismatch(
            expected="importing the module does nothing but define things",
            seen="; ".join(f"it {each}" for each in seen[:3]),
        )


async def describes_itself(bench: Bench) -> None:
    """2: what the connector says of itself is whole, and hides every secret."""
    info = bench.specimen.connector.info
    open_secrets = sorted(_open_secrets(info.settings_schema))
    if open_secrets:
        raise Mismatch(
            expected="every setting that looks secret has the type Secret",
            seen=f"{', '.join(open_secrets)} can be read by everyone",
        )
    for capability, method in _OVERRIDDEN.items():
        claimed = capability in info.capabilities
        there = getattr(bench.specimen.connector, method) is not getattr(Connector, method)
        if claimed and not there and not (capability is Capability.DISCOVER and info.metrics):
            raise Mismatch(
                expected=f"a connector with the capability {capability} has a method `{method}`",
                seen=f"`capabilities` names {capability}, `{method}` is the default",
            )


async def refuses_wrong_settings(bench: Bench) -> None:
    """3: good settings are taken; one too few or one too many is refused."""
    stage = bench.open()
    good = stage.settings
    settings = bench.specimen.connector.info.settings
    bench.specimen.connector(settings.read(good))
    required: list[str] = settings.json_schema().get("required", [])
    wrong: dict[str, Mapping[str, Any]] = {  # Any: JSON
        f"without {name!r}": {key: value for key, value in good.items() if key != name}
        for name in required
    }
    wrong["with the unknown key 'atlas_unknown'"] = {**good, "atlas_unknown": 1}
    for told, given in wrong.items():
        try:
            settings.read(given)
        except ConfigError:
            continue
        raise Mismatch(expected=f"settings {told} are refused", seen="they are taken")


async def loads_beside_others(bench: Bench) -> None:
    """4: the hook gives the same connectors at each call, whoever stands beside it."""
    connector = bench.specimen.connector
    plugin = plugin_of(connector)
    if plugin is None:
        raise Mismatch(
            expected="a function marked with `hookimpl` in the connector's module, or its package",
            seen=f"none in {connector.__module__}",
        )
    with another(plugin) as duplicate:
        brought = _load_in_turn([_BrokenNeighbour(), plugin, duplicate, plugin])
    if brought.get(connector.info.key) is not connector:
        raise Mismatch(
            expected=f"the plugin brings {connector.info.key!r} after a broken neighbour",
            seen=f"it brings {', '.join(brought) or 'nothing'}",
        )


class _BrokenNeighbour:
    @hookimpl
    def atlas_connectors(self) -> None:
        message = "a neighbour's own fault"
        raise RuntimeError(message)


def _load_in_turn(carriers: list[object]) -> dict[str, type[AnyConnector]]:
    """Load as the product does: each alone, the first of a key keeps it."""
    brought: dict[str, type[AnyConnector]] = {}
    for place, carrier in enumerate(carriers):
        try:
            given = connectors_of(manager_of(carrier, f"plugin {place}"))
        except Exception as error:  # a stranger's hook may raise anything
            if isinstance(carrier, ModuleType):
                raise Mismatch(
                    expected="the plugin loads beside others",
                    seen=f"{type(error).__name__}: {error}",
                ) from error
            continue
        keys = [each.info.key for each in given]
        if len(set(keys)) < len(keys):
            raise Mismatch(
                expected="its hook gives each connector once, at each call",
                seen=f"it gives {', '.join(keys)}",
            )
        brought = {each.info.key: each for each in given} | brought
    return brought


async def keeps_secrets(bench: Bench) -> None:
    """5: a secret shows in no repr, log, error or URL, whatever the source answers."""
    stage = bench.open()
    canaries = stage.secrets
    connector = stage.connector(stage.connector.info.settings.read(stage.settings))
    if not canaries:
        reason = "it has no secret settings"
        raise NotApplicable(reason)
    _require_none(canaries, "a repr", [repr(connector), repr(connector.settings)])
    for told, fault in _SITUATIONS.items():
        stage = bench.open(fault=fault)
        with _log_lines() as lines:
            errors = [await _error(call) for call in _calls(bench, stage)]
        _require_none(canaries, f"the log where {told}", lines, hidden=[BLACKED_OUT])
        _require_none(canaries, f"an error where {told}", errors, hidden=[BLACKED_OUT])
        _require_none(canaries, "a URL", [sent.line for sent in stage.wire.sent])


_SITUATIONS: Final[Mapping[str, Fault]] = {
    "all is well": no_fault,
    "the source refuses the credentials": faults.answering(401, b"{}"),
    "the source is out of order": faults.answering(503),
    "a web page comes instead": faults.spoiling(faults.html),
}


def _calls(bench: Bench, stage: Stage) -> Iterator[Awaitable[object]]:
    """Give the calls in which a secret may be used."""
    yield stage.check()
    if bench.specimen.pulls:
        yield stage.pull(bench.question())
    if bench.specimen.delivery:
        yield stage.receive(bench.specimen.delivery(stage.clock.now()))


async def _error(call: Awaitable[object]) -> str:
    """Give all that an error tells, and those that it came from; nothing where there is none."""
    try:
        await call
    except ConnectorError as raised:
        told: list[str] = []
        error: BaseException | None = raised
        while error is not None:
            told += [str(error), repr(error), str(getattr(error, "detail", None))]
            error = error.__cause__ or error.__context__
        return "\n".join(told)
    return ""


@contextmanager
def _log_lines() -> Generator[list[str]]:
    """Hear all that is logged, whoever logs it."""
    lines: list[str] = []
    handler, root = logging.Handler(), logging.getLogger()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]  # the whole of a handler
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


def _require_none(
    canaries: Mapping[str, str], place: str, texts: Iterable[str], *, hidden: Iterable[str] = ()
) -> None:
    """Require that no text shows a secret; `hidden` is what the host puts in one's place."""
    for text in texts:
        for name, secret in canaries.items():
            shown = next((form for form in _forms(secret, hidden) if form in text), None)
            if shown:
                start = text.index(shown)
                around = text[max(0, start - 40) : start] + f"<the {name}>"
                raise Mismatch(
                    expected=f"{place} tells nothing of the secret {name!r}", seen=f"…{around}…"
                )


def _forms(secret: str, hidden: Iterable[str]) -> Iterator[str]:
    yield secret
    yield from hidden
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode()


def _open_secrets(schema: Mapping[str, Any], inside: str = "") -> Iterator[str]:  # Any: JSON Schema
    """Name the properties that look secret and aren't write-only, those of inner models too."""
    for name, each in schema.get("properties", {}).items():
        is_hidden = any(way.get("writeOnly") for way in ways_of(each))
        if _SECRET_NAME.fullmatch(name.lower()) and not is_hidden:
            yield f"{inside}{name}"
    for name, inner in schema.get("$defs", {}).items():
        yield from _open_secrets(inner, f"{name}.")


CHECKS: Final = (
    Check(1, "importing does nothing else", Topic.LOADING, imports_quietly),
    Check(2, "its info is whole, and every secret is write-only", Topic.LOADING, describes_itself),
    Check(3, "wrong settings are refused", Topic.LOADING, refuses_wrong_settings),
    Check(4, "it loads beside broken and equal plugins", Topic.LOADING, loads_beside_others),
    Check(5, "secrets show in no repr, log, error or URL", Topic.LOADING, keeps_secrets),
)
