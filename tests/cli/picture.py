"""Draws `docs/pictures/atlas-tree.svg`: `python -m tests.cli.picture`; a test compares it.

Rich's own frame would load a font from the network; this one names fonts that machines have.
"""

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console

from api.app import open_product
from api.cli.branches import Shape, branches, roots_of
from api.cli.tree import draw
from api.settings import read_settings
from domain.view import View

PICTURE = Path(__file__).parents[2] / "docs" / "pictures" / "atlas-tree.svg"
WIDTH = 150


def svg_of(view: View) -> str:
    """Draw the whole tree of a view as SVG."""
    console = Console(
        record=True, file=io.StringIO(), width=WIDTH, force_terminal=True, highlight=False
    )
    draw(console, view, branches(view, roots_of(view), Shape()), None)
    drawn = console.export_svg(title="atlas tree --demo", unique_id="atlas-tree")
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r"\s*<!-- .*? -->", "", drawn)
    drawn = drawn.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")
    return re.sub(r"[ \t]+$", "", drawn, flags=re.MULTILINE)


async def main() -> None:
    """Start the demo, draw it, write the picture."""
    async with open_product(read_settings({}, demo=True), of_demo=True) as product:
        PICTURE.write_text(svg_of(await product.view()), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
