"""Work in short steps: whoever does it can pause after each of them, or give it up."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Each step ends with a yield; the work returns its result."""
