"""Work in steps, done at once."""

from typing import TypeVar

from domain.steps import Steps

T = TypeVar("T")


def finished(steps: Steps[T]) -> T:
    """Do all steps; give what they come to."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
