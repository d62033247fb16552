"""Does what a page tells its reader: writes its files, runs its commands, compares what they say.

What follows ``` says what a block is: a language and a path (`python canteen.py`) is a file to be
written, `diff canteen.py` a change to one; `sh` are commands, `sh fails` such as end with an error;
`text` is what the commands above it write, `…` there stands for whatever differs.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 120

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LASTS = re.compile(r"^(?:export|cd) .*$", re.MULTILINE)


@dataclass(slots=True)
class Reader:
    """Somebody who follows a page in a folder; `lasting` is what goes on to hold in his shell."""

    folder: Path
    environment: Mapping[str, str]
    lasting: list[str] = field(default_factory=list[str])
    seen: str = ""

    def follow(self, page: str) -> None:
        """Do all that a page tells, in its order; AssertionError shows where it errs."""
        for language, extra, content in _BLOCK.findall(page):
            if language == "sh":
                self._run(content, fails=extra == "fails")
            elif language == "text":
                assert is_as_told(content, self.seen), f"told:\n{content}\nseen:\n{self.seen}"
            elif language == "diff":
                self._write(extra, changed((self.folder / extra).read_text("utf-8"), content))
            elif extra:
                self._write(extra, content)

    def _run(self, commands: str, *, fails: bool) -> None:
        done = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", "\n".join([*self.lasting, commands])],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert (done.returncode != 0) is fails, (
            f"{commands}ended with {done.returncode}:\n{done.stdout}"
        )
        self.seen = done.stdout
        self.lasting += _LASTS.findall(commands)

    def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def changed(text: str, diff: str) -> str:
    """Give a file as a diff without line numbers leaves it; its old lines must be there once."""
    lines = diff.splitlines(keepends=True)
    old, new = ("".join(line[1:] for line in lines if line[0] in kinds) for kinds in (" -", " +"))
    assert text.count(old) == 1, f"not there, or more than once:\n{old}"
    return text.replace(old, new)


def is_as_told(told: str, seen: str) -> bool:
    """Compare what a page shows with what was written; blanks at a line's end don't count."""
    pattern = re.escape(_trimmed(told)).replace("…", ".*?")
    return re.fullmatch(pattern, _trimmed(seen), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
