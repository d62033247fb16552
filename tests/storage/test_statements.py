"""No statement that a distributed engine would refuse stands in storage's sources."""

import re
from pathlib import Path

import pytest

import storage

ROOM = Path(storage.__file__).parent
SOURCES = [
    pytest.param(path, id=str(path.relative_to(ROOM)))
    for path in sorted(ROOM.rglob("*.py"))
    if "embedded" not in path.parts
]

FORBIDDEN = {
    "trigger": r"CREATE\s+TRIGGER|create_trigger",
    "merge": r"MERGE\s+INTO|\bmerge\(",
    "recursive query": r"WITH\s+RECURSIVE|recursive=True",
    "grouping sets": r"GROUPING\s+SETS|grouping_sets",
    "skip locked": r"SKIP\s+LOCKED|skip_locked",
    "volatile function": r"func\.(now|random|clock_timestamp|gen_random_uuid)\b|\bnow\(\)",
    "session lock": r"pg_advisory_lock\b",
}


@pytest.mark.parametrize("path", SOURCES)
@pytest.mark.parametrize("rule", FORBIDDEN)
def test_a_statement_that_breaks_on_many_servers_is_not_there(path: Path, rule: str) -> None:
    assert not re.search(FORBIDDEN[rule], path.read_text(), re.IGNORECASE)
