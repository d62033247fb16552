"""The pages of the connectors: `python -m plugins.pages` writes what can be made of them.

Facts in each page, and the catalogue of them all, stand in blocks that are made anew; whatever is
around them is a person's.
"""

from pathlib import Path
from typing import Final

from journey_atlas_sdk import ConnectorInfo
from journey_atlas_sdk.hosting.markdown import put_block
from journey_atlas_sdk.hosting.page import facts
from plugins.catalogue import catalogue
from plugins.discovery import load_plugins

ROOT: Final = Path(__file__).parents[1]
INDEX: Final = "docs/connectors/README.md"


def with_facts(page: str, info: ConnectorInfo) -> str:
    """Give a page with the connector's facts as they are now; an empty one gets its title too."""
    return put_block(page or f"# {info.title} (`{info.key}`)\n", "facts", facts(info))


def pages() -> dict[Path, str]:
    """Give the pages of the built-in connectors, and their catalogue, as they should stand."""
    found = load_plugins(None, distributions=[]).connectors
    places = {key: ROOT / _place(each.info) for key, each in found.items()}
    made = {places[key]: with_facts(_read(places[key]), each.info) for key, each in found.items()}
    index = put_block(_read(ROOT / INDEX), "catalogue", catalogue(found, places))
    return {**made, ROOT / INDEX: index}


def _place(info: ConnectorInfo) -> str:
    return info.documentation or f"docs/connectors/{info.key}.md"


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8") if page.exists() else ""


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
