"""Plugins made of functions, by the names of the hooks that they implement."""

from collections.abc import Callable
from types import SimpleNamespace

import pluggy

from journey_atlas_sdk import hooks
from plugins.hooked import HookedPlugin

Hook = Callable[..., object]


def a_hooked_plugin(name: str, **implementations: Hook) -> HookedPlugin:
    """Make a plugin that implements these hooks."""
    carrier = SimpleNamespace(
        **{hook: hooks.hookimpl(function) for hook, function in implementations.items()}
    )
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(carrier, name=name)
    return HookedPlugin(name, f"file {name}.py", manager)
