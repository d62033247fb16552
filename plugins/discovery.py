"""Find plugins in three places and load each alone: a broken one is quarantined, the rest start."""

import importlib
import logging
import pkgutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import Distribution
from importlib.metadata import distributions as installed_distributions
from pathlib import Path
from typing import Final, TypeVar

import connectors
from journey_atlas_sdk import hooks
from journey_atlas_sdk.hosting.loading import Unusable, connectors_of, manager_of
from plugins.drop_ins import import_file
from plugins.hooked import HookedPlugin, Hooks
from plugins.problems import PluginProblem, ProblemCode, Quarantine
from plugins.registry import RegisteredConnector, Registry

_LONGEST_REASON: Final = 300

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Plugin:
    """A plugin that was found; `load` imports it and gives the object that carries its hooks.

    `file` is known of a drop-in alone.
    """

    name: str
    origin: str
    load: Callable[[], object]
    file: Path | None = None


def load_plugins(
    folder: Path | None, *, distributions: Iterable[Distribution] | None = None
) -> Registry:
    """Load the built-in connectors, the installed plugins, then the `.py` files of a folder.

    `distributions` None: all that are installed. Where two plugins bring the same key the first one
    keeps it. A plugin is used whole or not at all; nothing that one does, short of ending the
    process, keeps the others from loading.
    """
    accepted: dict[str, RegisteredConnector] = {}
    hooked: list[HookedPlugin] = []
    problems: list[PluginProblem] = []
    for plugin in (*_built_in(), *_packaged(distributions), *_dropped_in(folder)):
        try:
            loaded = _loaded(plugin)
            accepted |= _connectors_of(loaded, accepted, file=plugin.file)
            hooked.append(loaded)
        except Quarantine as quarantine:
            _log.warning(
                "Plugin %s (%s) is quarantined: %s",
                *(plugin.name, plugin.origin, quarantine.reason),
                exc_info=quarantine.__cause__,
            )
            problems.append(
                PluginProblem(
                    name=plugin.name,
                    origin=plugin.origin,
                    code=quarantine.code,
                    reason=quarantine.reason,
                )
            )
    return Registry(dict(sorted(accepted.items())), tuple(problems), Hooks(hooked))


def _built_in() -> Iterator[_Plugin]:
    for module in pkgutil.iter_modules(connectors.__path__, "connectors."):
        yield _Plugin(module.name, "built-in", partial(importlib.import_module, module.name))


def _packaged(distributions: Iterable[Distribution] | None) -> Iterator[_Plugin]:
    seen: set[str] = set()
    for distribution in installed_distributions() if distributions is None else distributions:
        name = distribution.name
        if name in seen:  # the path's first one is the one that imports
            continue
        seen.add(name)
        origin = f"package {name} {distribution.version}"
        try:
            points = distribution.entry_points.select(group=hooks.ENTRY_POINT_GROUP)
        except Exception as error:  # noqa: BLE001 -- a stranger's entry_points.txt may be malformed
            yield _Plugin(name, origin, _raiser(error))
            continue
        for point in sorted(points):
            yield _Plugin(point.name, origin, point.load)


def _dropped_in(folder: Path | None) -> Iterator[_Plugin]:
    if folder is None:
        return
    try:
        files = sorted(path for path in folder.iterdir() if _is_plugin(path))
    except OSError as error:
        reason = f"The folder can't be read: {error.strerror}."
        yield _Plugin(
            str(folder),
            "plugins folder",
            _raiser(Quarantine(ProblemCode.FOLDER_UNREADABLE, reason)),
        )
        return
    for path in files:
        yield _Plugin(path.name, f"file {path}", partial(import_file, path), path)


def _is_plugin(path: Path) -> bool:
    """Pass over what is private, and what a plugin's author tests it with."""
    is_for_tests = path.name.endswith("_specimen.py") or path.name == "conftest.py"
    if is_for_tests or path.name.startswith(("_", ".", "test_")):
        return False
    return path.suffix == ".py" and not path.is_dir()


def _raiser(error: Exception) -> Callable[[], object]:
    def load() -> object:
        raise error

    return load


def _loaded(plugin: _Plugin) -> HookedPlugin:
    """Import a plugin and put it on a manager of its own, so that no other can be harmed."""
    carrier = _guarded(plugin.load, ProblemCode.LOAD_FAILED, plugin.file)
    manage = partial(manager_of, carrier, plugin.name)
    manager = _guarded(manage, ProblemCode.HOOK_FAILED, plugin.file)
    return HookedPlugin(plugin.name, plugin.origin, manager)


def _connectors_of(
    plugin: HookedPlugin, accepted: dict[str, RegisteredConnector], *, file: Path | None
) -> dict[str, RegisteredConnector]:
    """Give a plugin's connectors by key; Quarantine for the first thing that is wrong with it."""
    given = _guarded(partial(connectors_of, plugin.manager), ProblemCode.HOOK_FAILED, file)
    brought: dict[str, RegisteredConnector] = {}
    for connector in given:
        key = connector.info.key
        holder = accepted.get(key) or brought.get(key)
        if holder:
            reason = f"The key {key!r} is taken by {holder.plugin} ({holder.origin})."
            raise Quarantine(ProblemCode.DUPLICATE_KEY, reason)
        brought[key] = RegisteredConnector(
            connector=connector, plugin=plugin.name, origin=plugin.origin
        )
    return brought


def _guarded(call: Callable[[], T], code: ProblemCode, file: Path | None) -> T:
    try:
        return call()
    except Quarantine:
        raise
    except Unusable as error:
        raise Quarantine(ProblemCode(error.code), error.reason) from None
    except (Exception, SystemExit) as error:  # a stranger's code may raise anything
        raise Quarantine(code, _told(error, file)) from error


def _told(error: BaseException, file: Path | None) -> str:
    """Tell an error in one line, with the last line of the plugin's own file on its way."""
    if isinstance(error, SyntaxError):
        return f"Line {error.lineno}: {error.msg}."
    said = " ".join(f"{type(error).__name__}: {error}".split())[:_LONGEST_REASON]
    frames = reversed(traceback.extract_tb(error.__traceback__))
    line = next((frame.lineno for frame in frames if frame.filename == str(file)), None)
    return f"Line {line}: {said}" if line else said
