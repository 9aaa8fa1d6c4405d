"""Letters are read as browsers read them, by the Encoding Standard, and what could not be read is named."""

import codecs
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.fetching.charsets import as_text, as_utf8
from tracker.sources.support.markup import opened

FILLING = "Calls of the council, the open ones and the closed ones, with their last days and all conditions."


def page(words: str, head: str = "") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body><h1>{words}</h1><p>{FILLING}</p></body></html>"


def read(body: bytes, content_type: str) -> str:
    heading = opened("a source", as_utf8(body, content_type)).h1
    assert heading is not None
    return heading.get_text()


def meta(charset: str) -> str:
    return f'<meta charset="{charset}">'


LATIN = "Määräaika – ålänning €"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (page(LATIN).encode("cp1252"), "text/html; charset=iso-8859-1"),
        (page(LATIN).encode("cp1252"), 'text/html; charset="Latin1"'),
        (page(LATIN).encode("cp1252"), "text/html;charset=us-ascii"),
        (page(LATIN.replace("–", "-")).encode("iso8859-15"), "text/html; charset=ISO-8859-15"),
        (page(LATIN).encode("cp1257", "replace"), "text/html; charset=windows-1257"),
        (page(LATIN, meta("iso-8859-1")).encode(), "text/html; charset=utf-8"),
        (page(LATIN, meta("utf-8")).encode("cp1252"), "text/html; charset=windows-1252"),
        (page(LATIN, meta("windows-1252")).encode("cp1252"), "text/html"),
        (page(LATIN, meta("windows-1252")).encode("cp1252"), ""),
        (page(LATIN, '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">').encode("cp1252"), ""),
        (page(LATIN, "<!-- <meta charset=koi8-r> -->" + meta("iso-8859-1")).encode("cp1252"), ""),
        (page(LATIN, meta("utf-16")).encode(), "text/html"),
        (page(LATIN, "<meta data-charset=koi8-r>" + meta("utf-8")).encode(), "text/html"),
        (page(LATIN, "<meta name=description content='charset=koi8-r'>" + meta("utf-8")).encode(), "text/html"),
        (page(LATIN, '<meta content="text/html;charset=iso-8859-1" http-equiv=content-type>').encode("cp1252"), ""),
        (page(LATIN, meta("no-such")).encode(), "text/html; charset=nor-this"),
        (page(LATIN, meta("utf-7")).encode(), "text/html; charset=rot13"),
        (page(LATIN).encode(), "text/html"),
        (page(LATIN).encode("cp1252"), "text/html"),
        (codecs.BOM_UTF8 + page(LATIN).encode(), "text/html; charset=iso-8859-1"),
        (codecs.BOM_UTF16_LE + page(LATIN, meta("utf-8")).encode("utf-16-le"), "text/html; charset=utf-8"),
        (codecs.BOM_UTF16_BE + page(LATIN).encode("utf-16-be"), ""),
        (page(LATIN).encode("utf-16-le"), "text/html; charset=utf-16"),
        (page(LATIN).encode("utf-16-be"), "text/html; charset=utf-16be"),
        (page(LATIN).encode("utf-16-le"), "text/html"),
        (page(LATIN).encode("utf-16-be"), ""),
    ],
)
def test_mark_header_and_declaration_count_in_this_order(body: bytes, content_type: str) -> None:
    found = read(body, content_type)
    assert found.replace("-", "–").rstrip(" €?") == LATIN.rstrip(" €")
    assert "\ufffd" not in found


def test_a_feed_and_its_prolog() -> None:
    body = f'<?xml version="1.0" encoding="ISO-8859-1"?><rss>{LATIN}</rss>'.encode("cp1252")
    for content_type in ("application/rss+xml", "text/xml", ""):
        assert LATIN in as_text(as_utf8(body, content_type))


@pytest.mark.parametrize("content_type", ["application/json; charset=iso-8859-1", "application/ld+json", ""])
def test_json_is_utf8_whatever_its_header_says(content_type: str) -> None:
    body = '{"title": "Määräaika"}'.encode()
    assert as_utf8(codecs.BOM_UTF8 + body, content_type) == as_utf8(body, content_type) == body


@pytest.mark.parametrize("content_type", ["application/pdf", "image/png", "application/octet-stream"])
def test_what_is_no_text_comes_as_it_is(content_type: str) -> None:
    body = codecs.BOM_UTF8 + bytes(range(256))
    assert as_utf8(body, content_type) == body


def test_what_stands_for_no_letter_is_seen() -> None:
    assert "\ufffd" in read(page(LATIN).encode("cp1252"), "text/html; charset=utf-8")


def test_a_page_that_was_kept_as_it_came_is_still_read() -> None:
    assert LATIN in as_text(page(LATIN, meta("iso-8859-1")).encode("cp1252"))


@given(body=st.binary(max_size=300), content_type=st.sampled_from(["", "text/html", "text/html; charset=utf-16", "x"]))
def test_no_bytes_are_anything_but_text(body: bytes, content_type: str) -> None:
    assert isinstance(as_text(as_utf8(body, content_type)), str)


@given(words=st.text(max_size=80))
def test_utf8_stays_what_it_is(words: str) -> None:
    body = page(words.encode("utf-8", "ignore").decode()).encode()
    assert as_utf8(body, "text/html; charset=UTF-8") == body


def test_a_header_without_end_takes_no_time() -> None:
    began = time.thread_time()
    assert as_utf8("ä".encode(), 'text/html;"' + ";" * 90_000) == "ä".encode()
    assert time.thread_time() - began < 0.5
