"""Folders for servers that a test may break."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from storage.embedded.folders import Folders
from storage.embedded.processes import is_our_server, server_pid
from tests.postgres import RUN_FOLDER


@pytest.fixture
def open_folder(request: pytest.FixtureRequest) -> Path:
    """Give a folder that every account of the machine can enter, and with a short path."""
    run: Path = request.config.stash[RUN_FOLDER]
    folder = run / uuid4().hex[:8]
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@pytest.fixture
def shelter(open_folder: Path) -> Path:
    """Give the place for what root lends."""
    return open_folder / "shelter"


@pytest.fixture
def home(open_folder: Path) -> Iterator[Path]:
    """Give a home that isn't there yet; a server that a failed test left in it is killed."""
    home = open_folder / "home"
    yield home
    server = (home / "server").resolve()
    folders = Folders(server=server, socket=server / "socket")
    pid = server_pid(folders)
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)
        while is_our_server(pid, folders.data):
            time.sleep(0.01)
