"""Programs that a test writes and lays where an operator would: `NAME/bin/NAME` in a folder."""

import stat
import sys
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
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
