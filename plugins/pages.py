"""The pages of the connectors: `python -m plugins.pages` writes the facts into each, and the index.

Facts and index stand in blocks that are made anew; whatever is around them is a person's.
"""

from pathlib import Path
from typing import Final

from journey_atlas_sdk import Capability, ConnectorInfo
from journey_atlas_sdk.hosting.markdown import put_block, table
from journey_atlas_sdk.hosting.page import facts, limit_text
from plugins.discovery import load_plugins

ROOT: Final = Path(__file__).parents[1]
INDEX: Final = "docs/connectors/README.md"


def with_facts(page: str, info: ConnectorInfo) -> str:
    """Give a page with the connector's facts as they are now; an empty one gets its title too."""
    return put_block(page or f"# {info.title} (`{info.key}`)\n", "facts", facts(info))


def pages() -> dict[Path, str]:
    """Give the pages of the built-in connectors, and their index, as they should stand."""
    found = [each.info for each in load_plugins(None, distributions=[]).connectors.values()]
    made = {ROOT / _place(info): with_facts(_read(ROOT / _place(info)), info) for info in found}
    return {**made, ROOT / INDEX: put_block(_read(ROOT / INDEX), "index", _index(found))}


def _place(info: ConnectorInfo) -> str:
    return info.documentation or f"docs/connectors/{info.key}.md"


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8") if page.exists() else ""


def _index(infos: list[ConnectorInfo]) -> str:
    rows = (
        (
            f"[`{info.key}`]({Path(_place(info)).name})",
            info.title,
            ", ".join(each for each in Capability if each in info.capabilities),
            "; ".join(map(limit_text, info.limits)) or "none declared",
        )
        for info in infos
    )
    return table(("connector", "brings", "capabilities", "limits"), rows)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
