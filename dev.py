"""Run, test and check Journey Atlas from a clone, with nothing installed but Python 3.11.

    python3 dev.py run [--port N …]     start the product with the sample atlas
    python3 dev.py test [pytest args]   run all tests
    python3 dev.py check                format, lint, types and import rules
    python3 dev.py format               write the code in the house's format
    python3 dev.py lock                 resolve the dependencies anew
    python3 dev.py atlas …              the command line of the product

The first call makes `.venv` from `requirements.lock`; later calls reuse it until the lock changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
TOOLS = ROOT / ".tools"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed-from"
UV = "uv>=0.9,<1"

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("pyright",),
    ("lint-imports",),
)

# A file's tests share servers, so they stay together; the slow files stand first, and begin first.
SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")


def main(arguments: list[str]) -> int:
    """Prepare the locked environment, then do what the first argument names."""
    if sys.version_info < (3, 11):  # noqa: UP036 - who starts it with an older one is told so
        return fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}.")
    command, rest = (arguments[0], arguments[1:]) if arguments else ("help", [])
    commands = {
        "run": lambda: become("atlas", "serve", "--demo", *rest),
        "test": lambda: run("pytest", "-n", "auto", *SPREAD, *rest, folder=ROOT),
        "check": lambda: next((code for check in CHECKS if (code := run(*check, folder=ROOT))), 0),
        "format": lambda: run("ruff", "format", ".", folder=ROOT),
        "atlas": lambda: become("atlas", *rest),
        "lock": lock,
    }
    if command not in commands:
        return fail((__doc__ or "").strip())
    if command != "lock":
        prepare()
    return commands[command]()


def prepare() -> None:
    """Make `.venv` equal to the lock; a lock unchanged since then costs one hash."""
    wanted = fingerprint()
    if installed() == wanted:
        return
    with only_one_preparing():
        if installed() != wanted:
            install()
            STAMP.write_text(wanted)


def install() -> None:
    """Install exactly the locked files, then the project itself, editable."""
    uv = find_uv()
    started = time.monotonic()
    print("Preparing .venv from requirements.lock …", file=sys.stderr, flush=True)
    call(uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV))
    pip = (uv, "pip", "install", "--quiet", "--python", str(python()))
    call(*pip, "--require-hashes", "-r", str(LOCK))
    call(*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    print(f"Prepared in {time.monotonic() - started:.0f} s.", file=sys.stderr, flush=True)


def find_uv() -> str:
    """Give the path of uv: the one on the path, else one put into `.tools`."""
    found = shutil.which("uv") or shutil.which("uv", path=str(TOOLS / "bin"))
    if found:
        return found
    # `--target` is the one way that a distribution's own Python (PEP 668) allows.
    quiet = ("--quiet", "--disable-pip-version-check")
    pip = (sys.executable, "-m", "pip", "install", *quiet, "--target", str(TOOLS), UV)
    if subprocess.run(pip, check=False).returncode:
        sys.exit(fail("uv could not be installed: install uv or Python's pip, then try again."))
    return str(TOOLS / "bin" / "uv")


def lock() -> int:
    """Resolve `pyproject.toml` into `requirements.lock`: names, versions and hashes alone."""
    options = ("--universal", "--generate-hashes", "--all-extras", "--python-version", "3.11")
    plain = ("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet")
    project = str(ROOT / "pyproject.toml")
    call(find_uv(), "pip", "compile", *options, *plain, project, "-o", str(LOCK))
    return 0


@contextmanager
def only_one_preparing() -> Iterator[None]:
    """Hold a file's lock, so that two calls at once prepare once; it goes with its process."""
    with (ROOT / ".preparing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fingerprint() -> str:
    """Name what the environment depends on: lock, project file and interpreter."""
    parts = (LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode())
    return hashlib.sha256(b"\0".join((*parts, str(ROOT).encode()))).hexdigest()


def installed() -> str | None:
    """Give the fingerprint that `.venv` was made from; None before the first call."""
    return STAMP.read_text() if STAMP.exists() else None


def python() -> Path:
    """Give the environment's interpreter."""
    return BIN / ("python.exe" if os.name == "nt" else "python")


def become(program: str, *arguments: str) -> int:
    """Go on as a program of the environment: signals reach it, and its exit code is ours."""
    path = str(BIN / program)
    os.execve(path, [path, *arguments], environment())  # noqa: S606 - the program is our own


def run(program: str, *arguments: str, folder: Path) -> int:
    """Run a program of the environment in a folder; give its exit code."""
    command = [str(BIN / program), *arguments]
    try:
        return subprocess.run(command, cwd=folder, env=environment(), check=False).returncode
    except KeyboardInterrupt:
        return 130


def environment() -> dict[str, str]:
    """Give the caller's environment with the locked one in front."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, "VIRTUAL_ENV": str(VENV), "PATH": path}


def call(*command: str) -> None:
    """Run a command; end with its message and exit code where it fails."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(fail(f"failed with exit code {code}: {' '.join(command)}"))


def fail(message: str) -> int:
    """Say what is wrong; give the exit code for it."""
    print(message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
