"""Bodies unpacked piece by piece, never beyond their bound."""

import gzip
import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_atlas_sdk import DataError, TransientError
from journey_atlas_sdk.unpacking import Unpacker, unpacked

BOMB = gzip.compress(bytes(50_000_000))  # fewer than fifty thousand bytes


@given(members=st.lists(st.binary(max_size=200), max_size=3), cuts=st.lists(st.integers(0, 300)))
def test_a_gzip_reads_the_same_wherever_it_is_cut(members: list[bytes], cuts: list[int]) -> None:
    packed = b"".join(gzip.compress(member) for member in members)
    edges = sorted({0, len(packed), *(cut for cut in cuts if cut < len(packed))})
    unpacker = Unpacker(is_gzip=True, max_bytes=600)

    plain = b"".join(unpacker.feed(packed[start:end]) for start, end in pairwise(edges))
    unpacker.end()

    assert plain == b"".join(members)


@given(body=st.binary(min_size=1, max_size=50), spare=st.integers(-1, 1))
def test_the_bound_counts_what_is_plain(body: bytes, spare: int) -> None:
    unpacker = Unpacker(is_gzip=True, max_bytes=len(body) + spare)

    if spare >= 0:
        assert unpacker.feed(gzip.compress(body)) == body
    else:
        with pytest.raises(DataError, match=f"more than {len(body) - 1} bytes"):
            unpacker.feed(gzip.compress(body))


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    unpacker = Unpacker(is_gzip=True, max_bytes=1_000)

    tracemalloc.start()
    with pytest.raises(DataError, match="more than 1,000 bytes"):
        unpacker.feed(BOMB)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 1_000_000  # of fifty


def test_a_gzip_without_its_end_is_worth_another_try() -> None:
    with pytest.raises(TransientError, match="lacks its end"):
        unpacked(gzip.compress(b"abc")[:-1], max_bytes=100)


@pytest.mark.parametrize("body", [b"", b"plain", b"\x1f"], ids=["empty", "plain", "a byte"])
def test_what_is_no_gzip_is_given_as_it_is(body: bytes) -> None:
    assert unpacked(body, max_bytes=100) == body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(gzip.compress(b"abc") + b"rest", id="something after its end"),
        pytest.param(b"\x1f\x8bno gzip at all", id="only its first bytes"),
    ],
)
def test_a_broken_gzip_is_a_data_error(body: bytes) -> None:
    with pytest.raises(DataError, match="no proper gzip"):
        unpacked(body, max_bytes=100)
