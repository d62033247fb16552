"""Programs that a test writes and lays where an operator would: `NAME/bin/NAME` in a folder."""

import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent


def install(folder: Path, name: str, source: str) -> Path:
    """Lay a program that Python runs, alone and quickly; give its path."""
    program = folder / name / "bin" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!{sys.executable} -IS\n{dedent(source)}", encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def is_running(process: int) -> bool:
    """Tell whether a process lives; one that nobody has buried yet doesn't."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc").exists()
    return state.rpartition(")")[2].split()[0] != "Z"


def wait_until(is_so: Callable[[], bool], *, seconds: float = 10) -> None:
    """Block until something is so; an AssertionError if it isn't in so many seconds."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "it never was"
        time.sleep(0.01)
