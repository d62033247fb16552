"""How a server ends: what it opened is closed, whatever asked it to end."""

import signal
from pathlib import Path

import pytest

from storage.embedded import Lease, acquire
from tests.acceptance.product import atlas, serving


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_the_embedded_database_ends_with_its_server(tmp_path: Path, ending: signal.Signals) -> None:
    tmp_path.chmod(0o755)

    with serving(tmp_path) as server:
        running = (
            tmp_path / "atlas" / "postgresql" / "server" / "data" / "postmaster.pid"
        ).exists()
        server.process.send_signal(ending)
        code = server.process.wait(30)

    assert running
    assert code == 0
    with acquire(tmp_path / "atlas" / "postgresql") as lease:
        assert is_started_anew(lease)


def is_started_anew(lease: Lease) -> bool:
    """Tell whether a server's log has a shutdown between two starts."""
    log = next(lease.data.parent.rglob("*.log")).read_text()
    return log.rindex("ready to accept") > log.index("database system is shut down") > 0


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["tree", "--demo", "--as-of", "0001-01-01"], id="before the calendar"),
        pytest.param(["tree", "--demo", "--as-of", "9999-12-31"], id="at the calendar's end"),
        pytest.param(["sync", "--demo", "--since", "0001-01-01"], id="a sync since then"),
        pytest.param(["tree", "--demo", "--clock", "0001-01-01T00:00Z"], id="a clock of then"),
    ],
)
def test_a_date_out_of_range_is_refused_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    done = atlas(tmp_path, *arguments, fails=True)

    assert done.returncode == 2
    assert "from 1900 to 2999" in done.stderr
    assert "Traceback" not in done.stderr
