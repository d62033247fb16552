"""The committed pages of the connectors tell what the connectors say of themselves."""

from pathlib import Path

import pytest

from plugins.discovery import load_plugins
from plugins.pages import INDEX, ROOT, pages, with_facts

PAGES = pages()
BUILT_IN = load_plugins(None, distributions=[]).connectors


@pytest.mark.parametrize("page", PAGES, ids=[path.name for path in PAGES])
def test_a_page_is_current(page: Path) -> None:
    written = page.read_text(encoding="utf-8")

    assert written == PAGES[page], "Run `python -m plugins.pages`."


def test_the_catalogue_tells_a_sentence_to_its_end_not_to_the_point_of_a_number() -> None:
    assert "from what a real server of Cube (0.35) answered |" in PAGES[ROOT / INDEX]


@pytest.mark.parametrize("name", ["acme-files", "acme-metrics"])
def test_the_page_of_an_example_is_current(name: str) -> None:
    folder = ROOT / "examples" / name
    example = load_plugins(folder, distributions=[]).connectors[name]
    written = (folder / "README.md").read_text(encoding="utf-8")

    assert written == with_facts(written, example.info), "Run `atlas connector page`."


@pytest.mark.parametrize("key", BUILT_IN)
def test_every_setting_says_what_it_is(key: str) -> None:
    fields = BUILT_IN[key].info.settings.model_fields

    assert [name for name, field in fields.items() if not field.description] == []
