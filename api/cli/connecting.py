"""`atlas connectors`: what was found, and what could not be loaded."""

from rich.console import Console

from api.cli.output import Json, show, table
from api.connectors import load_registry
from api.settings import Settings
from plugins.registry import Registry


async def list_connectors(settings: Settings, *, as_json: bool) -> int:
    """Show connectors and quarantined plugins; needs no database. Exit code 1 if any is broken."""
    registry = load_registry(settings)
    show(_as_data(registry), as_json=as_json, people=lambda console: _print(console, registry))
    return 1 if registry.problems else 0


def _as_data(registry: Registry) -> Json:
    return {
        "connectors": [
            {
                "key": key,
                "title": found.info.title,
                "version": found.info.version,
                "origin": found.origin,
                "documentation": found.info.documentation,
                "settings": found.info.settings_schema,
            }
            for key, found in registry.connectors.items()
        ],
        "quarantined": [
            {
                "name": problem.name,
                "origin": problem.origin,
                "code": problem.code,
                "reason": problem.reason,
                "advice": problem.advice,
            }
            for problem in registry.problems
        ],
    }


def _print(console: Console, registry: Registry) -> None:
    found = table("Connectors", "Key", "Title", "Version", "From")
    for key, connector in registry.connectors.items():
        found.add_row(key, connector.info.title, connector.info.version, connector.origin)
    console.print(found)
    if not registry.problems:
        return
    broken = table("In quarantine", "Plugin", "From", "Why", "What to do")
    for problem in registry.problems:
        broken.add_row(problem.name, problem.origin, problem.reason, problem.advice)
    console.print()
    console.print(broken)
