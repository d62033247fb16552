"""A body unpacked piece by piece: one that is too long is refused before it fills the memory."""

import zlib
from typing import Final

from journey_atlas_sdk.errors import DataError, TransientError

GZIP: Final = b"\x1f\x8b"
"""What every gzip begins with."""

_WITH_HEADER: Final = 31


class Unpacker:
    """Takes a body as it came over the wire and gives it plain; `max_bytes` counts what is plain.

    A gzip may have several members, one after another.
    """

    def __init__(self, *, is_gzip: bool, max_bytes: int) -> None:
        """Begin a body."""
        self._is_gzip = is_gzip
        self._most = self._left = max_bytes
        self._member = zlib.decompressobj(_WITH_HEADER)
        self._is_open = False

    def feed(self, piece: bytes) -> bytes:
        """Unpack one piece; DataError where it is no proper gzip, or more than there may be."""
        plain = self._unpack(piece) if self._is_gzip else piece
        self._left -= len(plain)
        if self._left < 0:
            message = f"The answer has more than {self._most:,} bytes."
            raise DataError(message)
        return plain

    def end(self) -> None:
        """Say that the body is over; TransientError where its gzip isn't."""
        if self._is_open:
            message = "The answer's gzip lacks its end."
            raise TransientError(message)

    def _unpack(self, piece: bytes) -> bytes:
        """Unpack a piece, of what is too long no more than the first byte beyond."""
        plain = b""
        while piece and len(plain) <= self._left:
            if self._member.eof:
                self._member = zlib.decompressobj(_WITH_HEADER)
            try:
                plain += self._member.decompress(piece, self._left + 1 - len(plain))
            except zlib.error as error:
                message = f"The answer is no proper gzip: {error}."
                raise DataError(message) from error
            self._is_open = not self._member.eof
            piece = self._member.unused_data
        return plain


def unpacked(body: bytes, *, max_bytes: int) -> bytes:
    """Unpack a body that is gzip by its content: a file *.gz comes without a header that says so.

    Others are given as they are. Errors as those of `Unpacker`.
    """
    unpacker = Unpacker(is_gzip=body.startswith(GZIP), max_bytes=max_bytes)
    plain = unpacker.feed(body)
    unpacker.end()
    return plain
