"""One plugin on a manager of its own, so that it can harm no other, and its connectors."""

import inspect
import reprlib
from typing import Any, Final, TypeGuard

import pluggy

from journey_atlas_sdk import hooks
from journey_atlas_sdk.connector import Connector, ConnectorInfo

AnyConnector = Connector[Any]  # Any: each connector has settings of its own

SUPPORTED_CONTRACTS: Final = frozenset({1})

_NO_HOOK: Final = "NO_HOOK"
_NOT_A_CONNECTOR: Final = "NOT_A_CONNECTOR"
_UNSUPPORTED_CONTRACT: Final = "UNSUPPORTED_CONTRACT"


class Unusable(Exception):
    """What a plugin brings is no connector; `code` says of what kind the problem is.

    NO_HOOK, NOT_A_CONNECTOR or UNSUPPORTED_CONTRACT.
    """

    def __init__(self, code: str, reason: str) -> None:
        """Tell why in one line."""
        super().__init__(reason)
        self.code = code
        self.reason = reason


def manager_of(carrier: object, name: str) -> pluggy.PluginManager:
    """Put what carries a plugin, a module for instance, on a manager of its own.

    Unusable where it implements no hook; pluggy's own errors where one of its hooks is none.
    """
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(carrier, name=name)
    manager.check_pending()
    if not manager.get_hookcallers(carrier):
        reason = "It implements no hook."
        raise Unusable(_NO_HOOK, reason)
    return manager


def connectors_of(manager: pluggy.PluginManager) -> list[type[AnyConnector]]:
    """Ask a plugin for its connectors; one that has other hooks alone brings none.

    Unusable where it gives what is no connector; whatever its hook raises goes through.
    """
    hook: pluggy.HookCaller = manager.hook.atlas_connectors
    if not hook.get_hookimpls():
        return []
    answers = hook()
    if not answers:  # pluggy leaves out None
        reason = "Its hook atlas_connectors gave None."
        raise Unusable(_NOT_A_CONNECTOR, reason)
    return [_checked(candidate) for answer in answers for candidate in answer]


def _checked(candidate: object) -> type[AnyConnector]:
    if not _is_connector(candidate):
        reason = f"Its hook gave {reprlib.repr(candidate)}, which extends no Connector."
        raise Unusable(_NOT_A_CONNECTOR, reason)
    if inspect.isabstract(candidate):
        reason = f"{candidate.__name__} has no method `pull`."
        raise Unusable(_NOT_A_CONNECTOR, reason)
    info = getattr(candidate, "info", None)
    if not isinstance(info, ConnectorInfo):
        reason = f"{candidate.__name__} has no `info = ConnectorInfo(…)`."
        raise Unusable(_NOT_A_CONNECTOR, reason)
    if info.contract not in SUPPORTED_CONTRACTS:
        there = ", ".join(map(str, sorted(SUPPORTED_CONTRACTS)))
        reason = f"It was written for contract {info.contract}; this version knows {there}."
        raise Unusable(_UNSUPPORTED_CONTRACT, reason)
    return candidate


def _is_connector(candidate: object) -> TypeGuard[type[AnyConnector]]:
    return isinstance(candidate, type) and issubclass(candidate, Connector)
