"""Writes docs/examples.md: every example operation with the answer that the sample bank gives.

`python -m tests.acceptance.examples_page` writes it anew; a test compares it with a fresh run.
"""

import json
import tempfile
import time
from pathlib import Path

from tests.acceptance.product import QUERIES, ROOT, Server, serving

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

PAGE = ROOT / "docs" / "examples.md"

HEAD = """# The examples, and what they answer

Each operation lies in `examples/queries/` and is offered on the first page; these are the sample
bank's answers on 2026-11-22. A test compares this page with a running server. `…` stands for what
differs from run to run (ids, cursors, when something was really done), and for a long list's rest.
"""

LONGEST_LIST = 4

VOLATILE = {
    "id",
    "freshness",
    "cursor",
    "startCursor",
    "endCursor",
    "createdAt",
    "updatedAt",
    "askedAt",
    "attemptedAt",
    "nextRefreshAt",
    "at",
    "revision",
    "refreshedAt",
}


def page_of(server: Server) -> str:
    """Run every example and write the page."""
    wait_for_the_slow_source(server)
    return "\n".join([HEAD, *(section(server, path) for path in sorted(QUERIES.glob("*.graphql")))])


def section(server: Server, path: Path) -> str:
    """Give one example's part: its name, what it asks, and the answer."""
    document = path.read_text()
    answer = json.dumps(masked(server.ask(document)), indent=1, ensure_ascii=False)
    asked = f"```graphql\n{document.strip()}\n```"
    answered = f"<details><summary>The answer</summary>\n\n```json\n{answer}\n```\n\n</details>"
    return f"## {path.stem}\n\n{asked}\n\n{answered}\n"


def masked(answer: JsonValue) -> JsonValue:
    """Put … in the place of what differs from run to run, and of a long list's rest."""
    if isinstance(answer, list):
        shown = [masked(item) for item in answer[:LONGEST_LIST]]
        more = len(answer) - len(shown)
        return [*shown, f"… and {more} more"] if more else shown
    if isinstance(answer, dict):
        return {name: "…" if differs(name, it) else masked(it) for name, it in answer.items()}
    return answer


def differs(name: str, value: JsonValue) -> bool:
    """Tell whether a field's value is another one in each run."""
    return value is not None and (name in VOLATILE or name.endswith("Ago"))


def wait_for_the_slow_source(server: Server) -> None:
    """Wait until every source was asked once: the slow one goes on behind the first answers."""
    states = "{ atlas { metrics(first: 200) { nodes { sources { state } } } } }"
    for _ in range(60):
        if "NEVER_SYNCED" not in json.dumps(server.data(states)):
            return
        time.sleep(0.5)
    message = "A source was never asked."
    raise AssertionError(message)


def main() -> None:
    """Serve the sample in a home of its own, and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        with serving(home, "--demo") as server:
            PAGE.write_text(page_of(server))


if __name__ == "__main__":
    main()
