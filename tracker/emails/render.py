"""Render a digest as the subject, text and HTML of a mail.

Does not word anything (`tracker.emails.digest_view`) or fill in a reader's own values (`tracker.emails.mime`).
"""

import textwrap
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket

from tracker.digests.content import Digest
from tracker.emails import digest_view
from tracker.emails.digest_view import DigestView, Links
from tracker.emails.mime import RenderedDigest, size_of
from tracker.templates import template_environment

MESSAGE_BYTES = 90_000  # Gmail clips what is longer than about 100 kB, and with it the unsubscribe link
TEXT_WIDTH = 76


def render(digest: Digest, links: Links, zone: ZoneInfo, contact: str) -> RenderedDigest:
    """Render a digest; if the whole mail would exceed 90 kB, the last calls of the lowest sections are only counted.

    `zone` is the region's; `contact` is the line that says who sends this and where they are.
    """
    calls = sum(len(section.calls) for section in digest.sections)
    whole = _rendered(digest_view.view_of(digest, links, zone, contact), 0)
    if size_of(whole) <= MESSAGE_BYTES:
        return whole
    fitting, too_many = whole, calls
    fits = 0
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        part = _rendered(digest_view.view_of(digest, links, zone, contact, middle), calls - middle)
        if size_of(part) <= MESSAGE_BYTES:
            fits, fitting = middle, part
        else:
            too_many = middle
    return fitting if fits else _rendered(digest_view.view_of(digest, links, zone, contact, 0), calls)


def _rendered(page: DigestView, left_out: int) -> RenderedDigest:
    return RenderedDigest(page.language, page.subject, _text(page), _html(page), left_out)


def whole_page(digest: Digest, links: Links, zone: ZoneInfo, contact: str) -> str:
    """The HTML of a digest with every call in it, whatever its size: the web copy that an overflow line leads to."""
    return _html(digest_view.view_of(digest, links, zone, contact))


def _html(page: DigestView) -> str:
    return inliner().inline(environment(page.language).get_template("digest.html").render(digest=page))


def _text(page: DigestView) -> str:
    return environment(page.language).get_template("digest.txt").render(digest=page).strip() + "\n"


@cache
def inliner() -> css_inline.CSSInliner:
    """The inliner that puts a mail's styles where mail programs look for them."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


class CompiledOnce(BytecodeCache):
    """What templates were compiled to, kept in memory: it is the same in every language."""

    def __init__(self) -> None:
        self._kept: dict[str, Bucket] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.code = self._kept[bucket.key].code

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket


COMPILED = CompiledOnce()


@cache
def environment(language: str) -> Environment:
    """The environment of all mails' templates in a language."""
    made = template_environment("tracker.emails", language, COMPILED)
    made.filters["fold"] = fold
    return made


@lru_cache(4096)  # the contents of an edition share most of their lines
def fold(text: str, indent: int = 0, first: int | None = None) -> str:
    """Fold text into lines of at most 76 characters, indented by spaces (the first line by `first`, if given)."""
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=" " * (indent if first is None else first),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
