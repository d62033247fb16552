"""Search: what is found by which words, and in which order."""

import unicodedata
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRecord
from domain.node import Kind, Node
from domain.search import CHARACTERS_AT_MOST, STEP, MatchRank, folded, search
from domain.view import View
from tests.builders import (
    NOW,
    Fields,
    a_goal,
    a_journey,
    a_metric,
    a_view,
    an_atlas,
    an_opportunity,
)
from tests.steps import finished

words = st.text(alphabet="abcøÉßÅ -1", min_size=1, max_size=6)


def _view(*records: Node) -> View:
    return a_view(an_atlas(*records))


def _found(view: View, text: str, **fields: Fields) -> list[str]:
    return [hit.node.key for hit in finished(search(view, text, **fields)).hits]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mortgage", id="a word of the title"),
        pytest.param("MORTGAGE", id="in capitals"),
        pytest.param("ortga", id="inside a word"),
        pytest.param("home lån", id="a label"),
        pytest.param("lan", id="without its accent"),
        pytest.param("suspense", id="the description"),
        pytest.param("mj1", id="the key"),
        pytest.param("secur  mj1 LÅN", id="words from several fields"),
    ],
)
def test_a_node_is_found_by_words_in_any_of_its_fields(text: str) -> None:
    journey = a_journey(
        "MJ1",
        title="Securing a mortgage",
        description="Without suspense.",
        labels=("home lån",),
    )

    assert _found(_view(journey, a_journey("MJ2")), text) == ["MJ1"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mortgage card", id="one word is missing"),
        pytest.param("mj1securing", id="two fields are not one word"),
        pytest.param("", id="nothing"),
        pytest.param("   ", id="only space"),
    ],
)
def test_all_words_must_be_there(text: str) -> None:
    view = _view(a_journey("MJ1", title="Securing a mortgage"))

    assert _found(view, text) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param("Ærlighet", "aerlighet", id="ae"),
        pytest.param("SMØRBRØD", "smorbrod", id="o with a stroke"),
        pytest.param("Ålesund", "alesund", id="a with a ring"),
        pytest.param("Straße", "strasse", id="sharp s"),
        pytest.param("Łódź", "lodz", id="l with a stroke"),
        pytest.param("İstanbul", "istanbul", id="i with a dot"),
        pytest.param("ﬁnal", "final", id="a ligature"),
        pytest.param("Œuvre", "oeuvre", id="oe"),
        pytest.param("Ǽ", "ae", id="a stroke and an accent"),
    ],
)
def test_case_and_accents_do_not_matter(text: str, plain: str) -> None:
    assert folded(text) == plain


RANKED = (
    a_metric("trust", title="What people say"),
    a_goal("G2", title="Trust by heart"),
    a_goal("G1", title="Trusted partner"),
    a_journey("J1", title="Winning back trust"),
    a_journey("J2", title="Self-trust"),
    an_opportunity("A1", title="Distrust"),
    an_opportunity("A2", title="Other", description="They trust nobody."),
)


def test_the_best_come_first_and_equals_by_key() -> None:
    hits = finished(search(_view(*RANKED), "trust")).hits

    assert [(hit.rank.name, hit.node.key) for hit in hits] == [
        ("KEY", "trust"),
        ("TITLE_BEGINS", "G1"),
        ("TITLE_BEGINS", "G2"),
        ("TITLE_WORDS", "J1"),
        ("TITLE_WORDS", "J2"),
        ("ELSEWHERE", "A1"),
        ("ELSEWHERE", "A2"),
    ]


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        pytest.param("trust by", MatchRank.TITLE_BEGINS, id="begins with both"),
        pytest.param("heart trust", MatchRank.TITLE_WORDS, id="in another order"),
        pytest.param("rust heart", MatchRank.ELSEWHERE, id="one is inside a word"),
        pytest.param("G2 trust", MatchRank.ELSEWHERE, id="one is the key"),
    ],
)
def test_several_words_rank_by_all_of_them(text: str, rank: MatchRank) -> None:
    (hit,) = finished(search(_view(*RANKED), text)).hits

    assert (hit.node.key, hit.rank) == ("G2", rank)


def test_only_the_asked_kinds_are_found() -> None:
    view = _view(*RANKED)

    assert _found(view, "trust", kinds=[Kind.METRIC, Kind.JOURNEY]) == ["trust", "J1", "J2"]


def test_a_source_is_found_where_it_is_asked_for() -> None:
    assert _found(_view(*RANKED), "trust:csv") == []
    assert _found(_view(*RANKED), "trust:csv", kinds=[Kind.METRIC_SOURCE]) == ["trust:csv"]


def test_what_is_archived_is_not_found() -> None:
    assert _found(_view(a_goal("G1", title="Trust", archived_at=NOW)), "trust") == []


def test_the_total_counts_those_beyond_the_asked_number_too() -> None:
    found = finished(search(_view(*RANKED), "trust", first=2))

    assert [hit.node.key for hit in found.hits] == ["trust", "G1"]
    assert found.total == 7


@pytest.mark.parametrize(
    ("text", "first", "path"),
    [
        pytest.param("x" * (CHARACTERS_AT_MOST + 1), 50, "text", id="a long text"),
        pytest.param("x", 0, "first", id="none"),
        pytest.param("x", 201, "first", id="too many"),
    ],
)
def test_a_search_is_bounded(text: str, first: int, path: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        finished(search(_view(), text, first=first))

    assert refused.value.path == (path,)


def test_a_search_goes_in_short_steps_and_reads_the_texts_once_for_a_view() -> None:
    view = _titled(["Trust"] * (3 * STEP))

    first, second = [*search(view, "trust")], [*search(view, "trust")]

    steps = ceil(len(view.atlas.nodes) / STEP)
    assert (len(first), len(second)) == (2 * steps, steps)


def test_a_search_that_was_given_up_leaves_no_half_of_the_texts_behind() -> None:
    view = _titled(["Trust"] * (3 * STEP))
    given_up = search(view, "trust")
    next(given_up)
    given_up.close()

    assert finished(search(view, "trust")).total == 3 * STEP


def _titled(titles: list[str]) -> View:
    return _view(*(a_goal(f"G{n:02}", title=title) for n, title in enumerate(titles)))


@given(st.lists(words, max_size=8), words, st.integers(1, 8))
def test_fewer_hits_are_the_first_of_more(titles: list[str], text: str, first: int) -> None:
    view = _titled(titles)

    few, all_ = (finished(search(view, text, first=n)) for n in (first, 200))

    assert few.hits == all_.hits[:first]
    assert few.total == all_.total == len(all_.hits)


@given(st.lists(words, max_size=8), words, words)
def test_another_word_never_finds_more(titles: list[str], text: str, more: str) -> None:
    view = _titled(titles)

    one, both = (finished(search(view, each, first=200)) for each in (text, f"{text} {more}"))

    if text.split():
        assert {h.node.key for h in both.hits} <= {h.node.key for h in one.hits}


@given(st.lists(words, max_size=8), words)
def test_the_order_of_hits_is_the_same_however_the_text_is_typed(
    titles: list[str], text: str
) -> None:
    view = _titled(titles)

    typed = {
        tuple(_found(view, form))
        for form in (text, text.upper(), f"  {text} ", unicodedata.normalize("NFD", text))
    }

    assert len(typed) == 1


@given(st.text(max_size=20))
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)
