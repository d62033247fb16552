"""Two servers and an importer on one database: what one process wrote, every process reads."""

import threading
from pathlib import Path

import pytest

from tests.acceptance.product import SAMPLE, Server, atlas, serving

ROUNDS = 2
GOALS = "{ atlas { goals(first: 100) { nodes { key title } } } }"


@pytest.mark.slow
def test_after_an_import_every_server_answers_with_what_it_wrote(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    atlas(tmp_path, "import", str(SAMPLE))

    with serving(tmp_path) as one, serving(tmp_path) as two:
        seen = [(titles(one), titles(two))]
        for number in range(ROUNDS):
            atlas(tmp_path, "import", str(a_file(tmp_path, f"round {number}")))
            seen.append((titles(one), titles(two)))

    assert all(first == second for first, second in seen)
    assert [first["BG1"] for first, _ in seen[1:]] == [f"round {n}" for n in range(ROUNDS)]
    assert [first["XG"] for first, _ in seen[1:]] == [f"round {n}" for n in range(ROUNDS)]


@pytest.mark.slow
def test_while_an_import_goes_on_no_answer_is_a_mix(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    atlas(tmp_path, "import", str(SAMPLE))
    atlas(tmp_path, "import", str(a_file(tmp_path, "before")))

    with serving(tmp_path) as one, serving(tmp_path) as two:
        path = a_file(tmp_path, "after")
        importer = threading.Thread(target=atlas, args=(tmp_path, "import", str(path)))
        importer.start()
        seen: list[tuple[str, str]] = []
        while importer.is_alive():
            seen += [both(server) for server in (one, two)]
        importer.join()
        seen += [both(server) for server in (one, two)]

    assert set(seen) == {("before", "before"), ("after", "after")}
    assert seen[-2:] == [("after", "after")] * 2


def titles(server: Server) -> dict[str, str]:
    nodes = server.data(GOALS)["atlas"]["goals"]["nodes"]
    return {node["key"]: node["title"] for node in nodes}


def both(server: Server) -> tuple[str, str]:
    found = titles(server)
    return found["BG1"], found["XG"]


def a_file(folder: Path, title: str) -> Path:
    """Write an import that gives two goals of the sample's organization a title."""
    path = folder / "change.yaml"
    path.write_text(
        "format: journey-atlas/1\n"
        "organization: {key: norrhavn, title: Norrhavn Bank, time_zone: Europe/Oslo,"
        " currency: NOK}\n"
        "goals:\n"
        f"  - {{key: BG1, title: {title}, kind: BUSINESS, scope: ORGANIZATION}}\n"
        f"  - {{key: XG, title: {title}, kind: CUSTOMER, scope: ORGANIZATION}}\n"
    )
    return path
