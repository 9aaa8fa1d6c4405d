"""Content codings: one, decompressed in pieces; and what is none has a name."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest

from tracker.fetching.codings import PIECE, CodingError, CutBody, decoded

BODY = b"A call for proposals. " * 20_000
ZIPPED = gzip.compress(BODY, mtime=0)


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def read(sent: bytes, header: str, chunk: int = 1000) -> list[bytes]:
    async def raw() -> AsyncIterator[bytes]:
        for start in range(0, len(sent), chunk):
            yield sent[start : start + chunk]

    async def within() -> list[bytes]:
        return [piece async for piece in decoded(raw(), header)]

    return asyncio.run(within())


@pytest.mark.parametrize(
    ("sent", "header"),
    [
        (BODY, ""),
        (BODY, "identity"),
        (ZIPPED, "gzip"),
        (ZIPPED, "x-gzip"),
        (ZIPPED, "GZIP, identity"),
        (gzip.compress(BODY[:1000], mtime=0) + gzip.compress(BODY[1000:], mtime=0), "gzip"),
        (zlib.compress(BODY), "deflate"),
        (raw_deflate(BODY), "deflate"),
    ],
    ids=["none", "identity", "gzip", "x-gzip", "capitals", "two members", "deflate", "deflate without its frame"],
)
@pytest.mark.parametrize("chunk", [7, 1000, 10_000_000])
def test_a_body_comes_without_its_coding(sent: bytes, header: str, chunk: int) -> None:
    assert b"".join(read(sent, header, chunk)) == BODY


def test_a_body_is_decompressed_in_pieces() -> None:
    pieces = read(gzip.compress(b"\0" * 50_000_000), "gzip")
    assert max(map(len, pieces)) <= PIECE
    assert sum(map(len, pieces)) == 50_000_000


@pytest.mark.parametrize("header", ["gzip, gzip", "gzip,deflate", "br", "zstd", "compress", "gzip, br"])
def test_more_than_one_coding_and_others_are_not_read(header: str) -> None:
    with pytest.raises(CodingError):
        read(gzip.compress(ZIPPED), header)


@pytest.mark.parametrize(
    ("sent", "header"),
    [
        (ZIPPED[:-20], "gzip"),
        (zlib.compress(BODY)[:-9], "deflate"),
        (b"<html>", "gzip"),
        (BODY, "deflate"),
    ],
)
def test_a_body_that_is_cut_or_in_no_coding_is_no_answer(sent: bytes, header: str) -> None:
    with pytest.raises(CutBody):
        read(sent, header)


def test_an_empty_body_has_no_coding() -> None:
    assert read(b"", "gzip") == []
