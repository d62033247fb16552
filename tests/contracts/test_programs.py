"""A program runs within bounds, is heard, and leaves nothing behind."""

import logging
import os
import time
from pathlib import Path

import pytest

from journey_atlas_sdk import ConfigError, DataError, TransientError
from journey_atlas_sdk.programs import ProgramFailed, running, whole, workplace, write_private
from journey_atlas_sdk.testing import FakeContext
from tests.programs import install, is_running

WITH_A_CHILD = """
    import os, time
    child = os.fork()
    if child:
        with open("new", "w") as file:
            file.write(f"{os.getpid()} {child}")
        os.rename("new", "processes")
        print("begun", flush=True)
    time.sleep(60)
"""


class Deserted(FakeContext):
    """A context in which nobody waits any more as soon as the program has a child."""

    def cancelled(self) -> bool:
        return bool(left_by(self.programs))


def left_by(folder: Path | None) -> list[int]:
    """Give the processes that WITH_A_CHILD has begun."""
    file = (folder or Path()) / "processes"
    return [int(word) for word in file.read_text().split()] if file.exists() else []


def run(
    source: str, folder: Path, *, context: FakeContext | None = None, seconds: float = 20
) -> list[str]:
    """Run a program to its end, and give its lines."""
    program = install(folder, "told", source)
    lent = context or FakeContext()
    with running(program, ("--now",), lent, folder=folder, seconds=seconds) as lines:
        return [line.decode() for line in lines]


def test_its_lines_are_walked(tmp_path: Path) -> None:
    said = run("import sys; print(sys.argv[1:]); print(); print('zwölf', end='')", tmp_path)

    assert said == ["['--now']", "", "zwölf"]


def test_it_gets_nothing_of_the_servers_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_SECRET_KEY", "canary")
    source = """
        import os, sys
        print(*sorted(os.environ))
        print(os.environ["HOME"], os.getcwd(), repr(sys.stdin.read()))
    """

    names, places = run(source, tmp_path)

    assert set(names.split()) <= {"HOME", "LANG", "LC_CTYPE", "PATH", "TMPDIR", "TZ"}
    assert places == f"{tmp_path} {tmp_path} ''"


def test_one_that_fails_is_quoted(tmp_path: Path) -> None:
    source = "import sys; print('one', file=sys.stderr); sys.exit('two\\n')"

    with pytest.raises(ProgramFailed) as failed:
        run(source, tmp_path)

    assert failed.value.message == "told ended with 1, saying: two"
    assert (failed.value.exit_code, failed.value.detail) == (1, "one\ntwo\n")


@pytest.mark.parametrize(
    ("context", "seconds"),
    [
        pytest.param(FakeContext, 1, id="its time is over"),
        pytest.param(Deserted, 60, id="nobody waits"),
    ],
)
def test_it_is_ended_with_its_children(
    context: type[FakeContext], seconds: float, tmp_path: Path
) -> None:
    started = time.monotonic()

    with pytest.raises(TransientError, match="did not answer within"):
        run(WITH_A_CHILD, tmp_path, context=context(programs=tmp_path), seconds=seconds)

    assert time.monotonic() - started < 4
    assert [is_running(process) for process in left_by(tmp_path)] == [False, False]


def test_it_is_ended_where_the_block_is_left_early(tmp_path: Path) -> None:
    program = install(tmp_path, "told", WITH_A_CHILD)

    with running(program, (), FakeContext(), folder=tmp_path, seconds=60) as lines:
        next(lines)

    assert [is_running(process) for process in left_by(tmp_path)] == [False, False]


def test_a_child_that_it_leaves_behind_holds_nobody_up(tmp_path: Path) -> None:
    started = time.monotonic()

    run("import os, time\nif os.fork() == 0: time.sleep(60)", tmp_path)

    assert time.monotonic() - started < 2


def test_an_endless_line_is_refused(tmp_path: Path) -> None:
    source = "import sys\nwhile True: sys.stdout.write('x' * 1_000_000)"

    with pytest.raises(DataError, match="a line of more than 10,000,000 bytes"):
        run(source, tmp_path)


def test_whoever_says_very_much_is_heard_up_to_a_bound(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = "import sys\nfor n in range(5_000): print('line', n, file=sys.stderr)\nprint('done')"

    with caplog.at_level(logging.INFO):
        said = run(source, tmp_path)

    assert said == ["done"]
    assert len(caplog.messages) == 1_001
    assert caplog.messages[0] == "told: line 0"
    assert caplog.messages[-1] == "told said 4000 lines more, not logged"


def test_what_is_no_program_is_a_matter_of_settings(tmp_path: Path) -> None:
    program = install(tmp_path, "told", "")
    program.write_text("#!/nowhere/python\n", encoding="utf-8")

    with (
        pytest.raises(ConfigError, match="told can't be started"),
        running(program, (), FakeContext(), folder=tmp_path, seconds=1),
    ):
        pass


def test_a_whole_text_has_a_bound() -> None:
    assert whole([b"{", b"}"]) == b"{\n}\n"
    with pytest.raises(DataError, match="more than 3 bytes"):
        whole([b"{", b"}"], most=3)


def test_a_workplace_is_the_servers_own_and_goes() -> None:
    with workplace() as folder:
        file = write_private(folder / "config.json", "{}")
        modes = [os.stat(place).st_mode & 0o777 for place in (folder, file)]  # noqa: PTH116 -- a path
        with pytest.raises(FileExistsError):
            write_private(file, "another")

    assert modes == [0o700, 0o600]
    assert not folder.exists()
