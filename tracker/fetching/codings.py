"""Content codings: one of gzip and deflate, decompressed in pieces, so that nobody holds more than was asked for.

RFC 9110, 8.4.1. More than one coding, which no publisher needs, is how a few kilobytes become gigabytes.
"""

import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterator

PIECE = 65_536  # bytes
ACCEPTED = "gzip, deflate"
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


class CodingError(Exception):
    """A body in a coding that is not read."""


class CutBody(Exception):
    """A body that ends early, or is not in its coding."""


async def decoded(raw: AsyncIterable[bytes], header: str) -> AsyncGenerator[bytes]:
    """Yield a body without its coding, in pieces. Raises CodingError and CutBody."""
    names = [name for part in header.split(",") if (name := part.strip().lower()) not in ("", "identity")]
    if len(names) > 1 or not _WINDOWS.keys() >= set(names):
        raise CodingError(f"in the coding {header[:60]!r}")
    decompressor = _Decompressor(names[0]) if names else None
    async for chunk in raw:
        for piece in decompressor.pieces(chunk) if decompressor else (chunk,):
            yield piece
    if decompressor and not decompressor.is_whole:
        raise CutBody("the compressed body ends early")


class _Decompressor:
    def __init__(self, name: str) -> None:
        self._window = _WINDOWS[name]
        self._inner = zlib.decompressobj(self._window)
        self._is_begun = False

    @property
    def is_whole(self) -> bool:
        return self._inner.eof or not self._is_begun  # an empty body has no coding

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        while chunk:
            if self._inner.eof:  # another member follows
                self._inner = zlib.decompressobj(self._window)
            piece = self._decompress(chunk)
            self._is_begun = True
            yield piece
            chunk = self._inner.unconsumed_tail or self._inner.unused_data
            while len(piece) == PIECE and not chunk:  # more may wait inside
                piece = self._decompress(b"")
                yield piece

    def _decompress(self, data: bytes) -> bytes:
        try:
            return self._inner.decompress(data, PIECE)
        except zlib.error as error:
            if self._is_begun or self._window != zlib.MAX_WBITS:
                raise CutBody(str(error)) from error
        self._window = -zlib.MAX_WBITS  # some say deflate and leave out its frame
        self._inner = zlib.decompressobj(self._window)
        return self._decompress(data)
