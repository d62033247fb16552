"""Documents in memory, as JSON: a fake of `storage.budgets.StoredBudgets`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

T = TypeVar("T")
Document = dict[str, Any]  # Any: JSON


@dataclass
class FakeDocuments:
    """What a database would keep."""

    kept: dict[str, bytes] = field(default_factory=dict[str, bytes])

    async def change(self, key: str, step: Callable[[Document], tuple[Document, T]]) -> T:
        document, answer = step(await self.read(key))
        self.kept[key] = orjson.dumps(document)
        return answer

    async def read(self, key: str) -> Document:
        found: Document = orjson.loads(self.kept.get(key, b"{}"))
        return found
