"""Walk through what a source gives page by page; a walk that goes in circles is an error.

Imported by its own name.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from typing import Final, TypeVar

import httpx

from journey_atlas_sdk.errors import DataError
from journey_atlas_sdk.observations import Window

MOST_PAGES: Final = 10_000

T = TypeVar("T")
P = TypeVar("P", str, int, str | None)
Page = tuple[Sequence[T], P | None]
"""What stands on a page, and where the next one is: a cursor, a link, a number; None at the end."""


async def pages(
    fetch: Callable[[P], Awaitable[Page[T, P]]],
    first: P,
    *,
    identity: Callable[[T], Hashable] | None = None,
) -> AsyncIterator[T]:
    """Walk the items of all pages, from the first on; an empty place ends the walk too.

    `first` is None where a source gives its first page to whoever names none.
    `identity` tells what an item is: one that comes again, because others were put before it
    meanwhile, is given once. What is taken away meanwhile may hide another item: no walk can see
    that, so ask for a stable order. DataError where a place comes twice, a page brings nothing new,
    or there are more than 10,000.
    """
    known = set[Hashable]()
    places = set[P]()
    place: P = first
    while True:
        if place in places or len(places) == MOST_PAGES:
            message = f"The source's pages go in circles: page {place!r:.80} came before."
            raise DataError(message)
        places.add(place)
        items, after = await fetch(place)
        new = [item for item in items if _is_new(item, identity, known)]
        if items and not new:
            message = "The source's pages go in circles: a page holds nothing new."
            raise DataError(message)
        for item in new:
            yield item
        if after is None or after == "":
            return
        place = after


def _is_new(item: T, identity: Callable[[T], Hashable] | None, known: set[Hashable]) -> bool:
    """Take an item in; without an identity all are new."""
    if identity is None:
        return True
    before = len(known)
    known.add(identity(item))
    return len(known) > before


async def numbered(
    fetch: Callable[[int], Awaitable[Sequence[T]]],
    *,
    first: int = 1,
    identity: Callable[[T], Hashable] | None = None,
) -> AsyncIterator[T]:
    """Walk numbered pages, to the first one that is shorter than the first.

    The first one's length is what the source gives, which may be less than it is asked for.
    """
    sizes: list[int] = []

    async def page(number: int) -> Page[T, int]:
        items = await fetch(number)
        sizes.append(len(items))
        return items, number + 1 if items and len(items) >= sizes[0] else None

    async for item in pages(page, first, identity=identity):
        yield item


async def reachable(
    span: Window, total: Callable[[Window], Awaitable[int]], *, most: int
) -> AsyncIterator[Window]:
    """Cut a span of time into parts of which a source gives all, oldest first.

    For a search that finds more than it gives: `total` tells how many it finds in a span, `most` is
    how many it gives. Cuts are at whole seconds; DataError where one second holds more.
    """
    if await total(span) <= most:
        yield span
        return
    middle = (span.start + (span.end - span.start) / 2).replace(microsecond=0)
    if middle <= span.start:
        message = f"The source gives {most:,} results of a search, and found more at {middle}."
        raise DataError(message)
    for half in (Window(span.start, middle), Window(middle, span.end)):
        async for part in reachable(half, total, most=most):
            yield part


def next_link(answer: httpx.Response, written: str | None = None) -> str | None:
    """Give the address of the next page: what the body says, else the header `Link`; None: neither.

    DataError where it leads to another origin: credentials would go along.
    """
    link = written or answer.links.get("next", {}).get("url")
    if not link:
        return None
    here, there = answer.url, answer.url.join(link)
    if (there.scheme, there.host, there.port) != (here.scheme, here.host, here.port):
        message = f"The next page of {here.host} would be at {there.host}."
        raise DataError(message)
    return str(there)
