"""Which years a date from outside may lie in, whichever way it comes in."""

from datetime import date, datetime

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Days further away are mistakes, and near the calendar's ends arithmetic fails."""

YEARS = f"from {FIRST_YEAR} to {LAST_YEAR}"
"""The range as messages tell it."""


def is_in_range(moment: date | datetime) -> bool:
    """Tell whether a day or a moment lies in the years that are taken."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR
