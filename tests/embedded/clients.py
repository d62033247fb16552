"""Real client processes, and questions to a database."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

ROOT = Path(__file__).parents[2]
PROGRAM = "tests.embedded.client_program"


async def answer(url: str, question: str) -> object:
    """Execute one statement and commit; give the first value, or None without rows."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        result = await connection.execute(text(question))
        return result.scalar() if result.returns_rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A process that holds a lease from `uses` to `leaves`; it is killed at the end of `with`."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, home: Path, *, shelter: Path, account: str = "") -> Self:
        """Start it, and don't wait for its server."""
        command = [sys.executable, "-m", PROGRAM, str(home), str(shelter), account]
        pipe = subprocess.PIPE
        return cls(process=subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT))

    def uses(self) -> int:
        """Wait until it has its lease; give the server's pid."""
        return int(self._hear("server"))

    def leaves(self) -> bool:
        """Let it release its lease; tell whether it was the last."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._hear("was_last") == "True"

    def kill(self) -> None:
        """End it as `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.process:
            self.process.kill()

    def _hear(self, word: str) -> str:
        assert self.process.stdout is not None
        return str(json.loads(self.process.stdout.readline())[word])
