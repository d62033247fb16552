"""Finding nodes by words: in keys, titles, labels and descriptions, whatever case and accents."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import IntEnum
from heapq import nsmallest

from domain.errors import InvalidRecord
from domain.node import AtlasNode, Kind, Node
from domain.steps import Steps
from domain.view import View, remembered

Texts = Sequence[tuple[Node, str]]

STEP = 256
"""How many nodes one step of a search looks at: some milliseconds, at most."""

SEARCHED = tuple(kind for kind in Kind if kind is not Kind.METRIC_SOURCE)
"""The kinds that are searched unless others are asked for; a source is found by its metric."""

CHARACTERS_AT_MOST = 200
FOUND_AT_MOST = 200


class MatchRank(IntEnum):
    """How well a node fits; the lower the better."""

    KEY = 1
    TITLE_BEGINS = 2
    TITLE_WORDS = 3
    ELSEWHERE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """A node that has all words of the text, and how well it fits.

    KEY: the text is its key. TITLE_BEGINS: the title begins with the text. TITLE_WORDS: each word
    of the text begins a word of the title. ELSEWHERE: the words stand anywhere.
    """

    node: Node
    rank: MatchRank


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The best hits, the best first and equally good ones by key, of `total` in all."""

    hits: tuple[SearchHit, ...]
    total: int


def search(
    view: View, text: str, *, kinds: Collection[Kind] = SEARCHED, first: int = 50
) -> Steps[SearchResult]:
    """Find the visible nodes of some kinds that have every word of a text, in any of its fields.

    A word is found inside others too: "approv" in "pre-approval". Without a word nothing is found.
    InvalidRecord for more than 200 characters, or `first` (how many hits) outside of 1 to 200.
    """
    if len(text) > CHARACTERS_AT_MOST:
        message = f"A search has at most {CHARACTERS_AT_MOST} characters; this has {len(text)}."
        raise InvalidRecord(message, path=("text",))
    if first not in range(1, FOUND_AT_MOST + 1):
        message = f"A search gives 1 to {FOUND_AT_MOST} nodes, not {first}."
        raise InvalidRecord(message, path=("first",))
    words = folded(text).split()
    texts = (yield from _texts(view)) if words else ()
    best, total = list[SearchHit](), 0
    for start in range(0, len(texts), STEP):
        hits = [
            SearchHit(node=node, rank=_rank(node, words))
            for node, found in texts[start : start + STEP]
            if node.kind in kinds and all(word in found for word in words)
        ]
        total += len(hits)
        best = nsmallest(first, [*best, *hits], key=lambda hit: (hit.rank, hit.node.key))
        yield
    return SearchResult(hits=tuple(best), total=total)


def folded(text: str) -> str:
    """Give a text in lower case without accents; letters with a stroke, such as ø, lose it."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.casefold().translate(_STROKES)


# What Unicode doesn't take apart into a letter and an accent.
_STROKES = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "ħ": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)


def _texts(view: View) -> Steps[Texts]:
    """Give the visible nodes with all their words, folded; made once for all searches of a view."""
    known: Texts | None = view.memo.get(_TEXTS)
    if known is not None:
        return known
    nodes, texts = list(view.atlas.nodes.values()), list[tuple[Node, str]]()
    for start in range(0, len(nodes), STEP):
        visible = (node for node in nodes[start : start + STEP] if not node.archived_at)
        texts += [(node, folded(_text(node))) for node in visible]
        yield
    return remembered(view, _TEXTS, lambda: texts)


_TEXTS = ("search_texts",)


def _text(node: Node) -> str:
    """Put a node's texts together, a line each, so that no word goes over two."""
    labels = node.labels if isinstance(node, AtlasNode) else ()
    return "\n".join((node.key, node.title, node.description or "", *labels))


def _rank(node: Node, words: list[str]) -> MatchRank:
    text = " ".join(words)
    title = " ".join(folded(node.title).split())
    if folded(node.key) == text:
        return MatchRank.KEY
    if title.startswith(text):
        return MatchRank.TITLE_BEGINS
    if all(re.search(rf"(?<!\w){re.escape(word)}", title) for word in words):
        return MatchRank.TITLE_WORDS
    return MatchRank.ELSEWHERE
