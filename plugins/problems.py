"""What is wrong with a plugin that was left out, and what its operator can do."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class ProblemCode(StrEnum):
    """Why a plugin is quarantined."""

    FOLDER_UNREADABLE = "FOLDER_UNREADABLE"
    LOAD_FAILED = "LOAD_FAILED"
    NO_HOOK = "NO_HOOK"
    HOOK_FAILED = "HOOK_FAILED"
    NOT_A_CONNECTOR = "NOT_A_CONNECTOR"
    UNSUPPORTED_CONTRACT = "UNSUPPORTED_CONTRACT"
    DUPLICATE_KEY = "DUPLICATE_KEY"


_ADVICE: Final = {
    ProblemCode.FOLDER_UNREADABLE: "Create the folder, or let ATLAS_PLUGINS_DIR name another.",
    ProblemCode.LOAD_FAILED: "Correct the plugin, or install what it imports; then restart.",
    ProblemCode.NO_HOOK: "Mark a function, such as `atlas_connectors`, with `@hookimpl`.",
    ProblemCode.HOOK_FAILED: "Correct the plugin's hook; then restart.",
    ProblemCode.NOT_A_CONNECTOR: (
        "Return a list of classes that extend `Connector`, each with `info` and `pull`."
    ),
    ProblemCode.UNSUPPORTED_CONTRACT: "Update Journey Atlas, or use an older plugin.",
    ProblemCode.DUPLICATE_KEY: "Remove one of the two plugins, or give the connector another key.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginProblem:
    """A quarantined plugin: its `name`, where it comes from, and one line on why."""

    name: str
    origin: str
    code: ProblemCode
    reason: str

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _ADVICE[self.code]


class Quarantine(Exception):
    """A plugin can't be used; never leaves this room."""

    def __init__(self, code: ProblemCode, reason: str) -> None:
        """Tell why in one line."""
        super().__init__(reason)
        self.code = code
        self.reason = reason
