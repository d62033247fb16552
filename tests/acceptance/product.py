"""Starts the product's own programs, each test run with a home and an environment of its own."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

import httpx

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "norrhavn" / "atlas.yaml"
QUERIES = ROOT / "examples" / "queries"

START_SECONDS = 60
COMMAND_SECONDS = 120

Json = Any  # Any: JSON
Settings = Mapping[str, str]
NONE: Settings = MappingProxyType({})


def environment(home: Path, settings: Settings = NONE) -> dict[str, str]:
    """Give a clean environment with a home of its own."""
    # COLUMNS is set in the workers of a parallel run; a user's pipe has none.
    ours = ("ATLAS_", "DATABASE_", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "HOME": str(home), "ATLAS_HOME": str(home / "atlas"), **settings}


def atlas(
    home: Path, *arguments: str, fails: bool = False, settings: Settings = NONE
) -> subprocess.CompletedProcess[str]:
    """Run `atlas …`; it must succeed unless it `fails` on purpose."""
    done = subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        env=environment(home, settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert (done.returncode != 0) is fails, f"{arguments}: {done.stdout}\n{done.stderr}"
    return done


def atlas_json(home: Path, *arguments: str, fails: bool = False, settings: Settings = NONE) -> Json:
    """Run `atlas …` and read the JSON that it prints."""
    return json.loads(atlas(home, *arguments, fails=fails, settings=settings).stdout)


@dataclass(slots=True)
class Server:
    """A running `atlas serve`; `said` is what it has written so far."""

    process: subprocess.Popen[str]
    url: str
    said: list[str]

    def ask(self, document: str, **variables: Json) -> Json:
        """Post a document and give the whole answer."""
        body = {"query": document, "variables": variables}
        response = httpx.post(self.url, json=body, timeout=30)
        assert response.status_code == 200, response.text
        return response.json()

    def data(self, document: str, **variables: Json) -> Json:
        """Give the data of an answer that must have no errors."""
        answer = self.ask(document, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@contextmanager
def serving(home: Path, *arguments: str, settings: Settings = NONE) -> Generator[Server]:
    """Run `atlas serve` on a free port until the block ends; SIGTERM must end it in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", "0", *arguments],
        env=environment(home, settings),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[str] = []
    assert process.stderr is not None
    try:
        url = _address(process.stderr, said)
        reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        reader.start()
        yield Server(process, url, said)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(START_SECONDS)
        process.stderr.close()
    assert process.returncode in (0, -signal.SIGKILL), "".join(said)


@contextmanager
def working(home: Path, settings: Settings) -> Generator[subprocess.Popen[bytes]]:
    """Run `atlas worker` until the block ends; one that wasn't killed ends in order."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "worker"],
        env=environment(home, settings),
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        code = process.wait(30)
    assert code in (0, -signal.SIGKILL)


def _address(stderr: IO[str], said: list[str]) -> str:
    for line in stderr:
        said.append(line)
        found = re.search(r"http://\S+/graphql", line)
        if found:
            return found.group()
    message = f"The server ended before it answered: {''.join(said)}"
    raise AssertionError(message)
