"""How numbers and statuses look in a terminal: a word and a symbol each, the colour only helps."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from rich.text import Text

from domain.amount import MINUS, number_text, signed
from domain.health import HealthState
from domain.policies import StatusCode
from domain.progress import Progress

BAR_CELLS = 10

_MARKS: Mapping[StatusCode | HealthState, tuple[str, str]] = MappingProxyType(
    {
        StatusCode.ACHIEVED: ("✔", "bold green"),
        StatusCode.ON_TRACK: ("●", "green"),
        StatusCode.AT_RISK: ("▲", "yellow"),
        StatusCode.OFF_TRACK: ("■", "red"),
        StatusCode.MISSED: ("✘", "bold red"),
        StatusCode.NO_DATA: ("?", "magenta"),
        StatusCode.NOT_STARTED: ("○", "dim"),
        HealthState.GOOD: ("●", "green"),
        HealthState.IMPROVING: ("▲", "cyan"),
        HealthState.POOR: ("■", "red"),
        HealthState.UNKNOWN: ("?", "dim"),
    }
)
"""Symbol and colour of each; the word stands beside them, so that neither is needed."""


def words(code: str) -> str:
    """Write a constant's name as people do: `ON_TRACK` is "on track"."""
    return code.lower().replace("_", " ")


def mark(code: StatusCode | HealthState) -> Text:
    """Give a status with its symbol and its colour."""
    symbol, colour = _MARKS[code]
    return Text(f"{symbol} {words(code)}", style=colour)


def percent(share: Decimal | None) -> str:
    """Write a share (0 to 1) as a percentage with one decimal; None as a dash."""
    return "–" if share is None else f"{share * 100:.1f} %".replace("-", MINUS)


def points(share: Decimal) -> str:
    """Write a difference of shares as signed percentage points."""
    return f"{signed(number_text(round(share * 100, 1)))} points"


def bar(progress: Progress) -> Text:
    """Draw a progress from 0 to 1 beside its number; a raw one beyond follows in brackets."""
    if progress.value is None or progress.raw is None:
        return Text("░" * BAR_CELLS + "       –", style="dim")
    filled = int(progress.value * BAR_CELLS)
    is_cut = progress.raw != progress.value
    return Text.assemble(
        ("█" * filled, "cyan"),
        ("░" * (BAR_CELLS - filled), "dim"),
        f" {percent(progress.value):>7}",
        (f" ({percent(progress.raw)})" if is_cut else "", "dim"),
    )
