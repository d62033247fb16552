"""Markdown that is made, between marks in a page whose prose is a person's."""

from collections.abc import Iterable


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a Markdown table; nothing where it has no rows."""
    lines = [[" ".join(text.replace("|", "\\|").split()) for text in row] for row in rows]
    if not lines:
        return ""
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *lines))


def put_block(page: str, name: str, content: str) -> str:
    """Put content into the block of that name of a page; one without it gets it at its end.

    ValueError where the block has no end.
    """
    begin, end = f"<!-- generated: {name} -->", f"<!-- end of {name} -->"
    before, found, rest = page.partition(begin)
    if not found:
        return f"{page.rstrip()}\n\n{begin}\n{content}{end}\n".lstrip()
    _, closed, after = rest.partition(end)
    if not closed:
        message = f"{begin} needs {end} after it."
        raise ValueError(message)
    return f"{before}{begin}\n{content}{end}{after}"
