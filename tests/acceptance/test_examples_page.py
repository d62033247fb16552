"""The page of examples shows what a running demo answers."""

from pathlib import Path

from tests.acceptance.examples_page import PAGE, page_of
from tests.acceptance.product import serving


def test_the_page_shows_what_the_demo_answers(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    with serving(tmp_path, "--demo") as server:
        answered = page_of(server)

    assert '"errors"' not in answered
    assert PAGE.read_text() == answered
