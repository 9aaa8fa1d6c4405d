"""Publishers' HTML: parse a response into a page to select from, or into a named fault."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from tracker.errors import ParseError
from tracker.fetching.charsets import as_text
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.support.plaintext import STRUCK_OUT, line_of, text_of

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

SHELLS = "app-root, #root, #app, #__next, #___gatsby, #svelte"  # where a script would insert the page
LITTLE = 60  # visible characters: no real page is this short
SHELL = 200  # a page filled by scripts may hold a line or two about cookies
CONTACT = 600  # a longer paragraph is more than a contact
UNSEEN = f"script, style, noscript, template, nav, footer, form, iframe, svg, [hidden], {STRUCK_OUT}"
CONTACTS = "address, .vcard, .people-list, [class*=contact-person], [class*=contact-card], [class*=yhteyshenkilo]"
LABELS = ".field__label, .field-label, .visually-hidden, .sr-only"
_HEADING = "\u2060:"  # marks headings while contacts are removed: a list of contacts ends at the next one
NAME_LINES = 2  # the name and the title
_NAME = re.compile(r"[^\W\d_][^\d.:!?;]{1,58}[^\W\d_]")
_ABBREVIATED = re.compile(r"\b(puh|p|gsm|tel|tfn|ph)\.\s*(?=[+(\d])", re.IGNORECASE)  # no sentence ends there
_REACHED = re.compile(r"@|\((?:at|a)\)|\[(?:at|a)\]|(?:\d[\s–-]?){7}", re.IGNORECASE)
MOST_TAGS, MOST_DEPTH = 60_000, 400  # in one page: twenty times what real ones have
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr"}
)
_LEFT_OPEN = frozenset({"p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot"})  # need no end
TRACKING = re.compile(r"^(?:utm_\w+|fbclid|gclid|mc_\w+)$")
LONGEST_KEY = 200


def opened(source: str, body: bytes) -> BeautifulSoup:
    """Parse a response into a page, without what is struck out on it.

    Raises ParseError: not_html, truncated (the end is missing), shell (what people see is made by scripts).
    """
    start = body[:2000].lstrip().lower()
    if b"<html" not in start and not start.startswith(b"<!doctype html"):
        raise ParseError(source, "not_html", f"{len(body)} bytes that begin with {body[:60]!r}")
    if b"</html" not in body[-5000:].lower():
        raise ParseError(source, "truncated", f"{len(body)} bytes that end with {body[-60:]!r}")
    page = parsed(source, body)
    seen = _seen_words(page)
    is_shell = page.select_one(SHELLS) is not None and len(seen) < SHELL
    if is_shell or len(seen) < LITTLE:
        raise ParseError(source, "shell" if is_shell else "empty_page", f"a page on which one sees {seen[:80]!r}")
    for struck in page.select(STRUCK_OUT):
        struck.decompose()
    return page


def parsed(source: str, markup: bytes | str) -> BeautifulSoup:
    """Parse markup. Raises ParseError where it would take minutes: too_many_tags, too_deep."""
    count = markup.count(b"<") if isinstance(markup, bytes) else markup.count("<")
    if count > MOST_TAGS:
        raise ParseError(source, "too_many_tags", f"{count} tags; {MOST_TAGS} are read")
    text = as_text(markup) if isinstance(markup, bytes) else markup
    if (depth := _depth(text)) > MOST_DEPTH:
        raise ParseError(source, "too_deep", f"tags {depth} deep; {MOST_DEPTH} are read")
    return _tree(text)


def _tree(markup: str) -> BeautifulSoup:
    from bs4 import BeautifulSoup  # takes long to import, and every start reads the settings of sources

    return BeautifulSoup(markup, "lxml")


def _depth(markup: str) -> int:
    """How deep tags are nested, of those that must be closed."""
    depth = deepest = 0
    for tag in _TAG.finditer(markup):
        if tag["name"].lower() not in _VOID | _LEFT_OPEN:
            depth = max(0, depth - 1) if tag["end"] else depth + 1
            deepest = max(deepest, depth)
    return deepest


def _seen_words(page: BeautifulSoup) -> str:
    body = page.body or page
    unseen = {id(text) for tag in body.select("script, style, noscript, template") for text in tag.strings}
    return " ".join(" ".join(text for text in body.strings if id(text) not in unseen).split())


def words(node: Tag | None) -> str:
    """Return a node's text on one line, without the label of a field ("Tila"); empty if there is no node."""
    if node is None:
        return ""
    if node.select_one(LABELS) is None:
        return line_of(str(node))
    copy = _tree(str(node))
    for label in copy.select(LABELS):
        label.decompose()
    return line_of(str(copy.body or copy))


def text_of_nodes(nodes: Iterable[Tag], most: int) -> str:
    """Return the text of nodes, a paragraph per line, without menus, forms and contacts; at most `most` characters."""
    text = "\n".join(text_of(_without(node)) for node in nodes)
    return shortened(without_contacts(_without_names(text)).replace(_HEADING, ""), most)


def _without_names(text: str) -> str:
    """Drop the name and title that stand on lines of their own above an address or a number."""
    lines: list[str] = []
    for line in _ABBREVIATED.sub(r"\1 ", text).split("\n"):
        if _REACHED.search(line) and without_contacts(line) != line:
            for _ in range(NAME_LINES):
                if lines and _NAME.fullmatch(lines[-1]):
                    lines.pop()
        lines.append(line)
    return "\n".join(lines)


def _without(node: Tag) -> str:
    copy = _tree(str(node))
    for part in copy.select(f"{UNSEEN}, {CONTACTS}"):
        part.decompose()
    for heading in copy.select("h2, h3, h4, h5, h6"):
        if words(heading):
            heading.append(_HEADING)
    for link in copy.select('a[href^="mailto:"], a[href^="tel:"]'):
        block = link.find_parent(["p", "li", "td", "dd", "div"])
        (block if block and len(words(block)) < CONTACT else link).decompose()
    return str(copy.body or copy)


def shortened(text: str, most: int) -> str:
    """Cut a text to at most `most` characters, at the end of a line or a sentence."""
    if len(text) <= most:
        return text
    cut = text[:most]
    end = max(cut.rfind("\n"), cut.rfind(". ") + 1)
    return cut[: end if end > most // 2 else most].rstrip()


def absolute(source: str, base: str, href: str) -> str:
    """Make a link absolute, without fragment, https if the page is. Raises ParseError (link)."""
    try:
        parts = urlsplit(urljoin(base, href.strip()))
        is_address = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:  # as in http://[site:url]/
        is_address = False
    if not is_address:
        raise ParseError(source, "link", f"no address: {href[:80]!r}")
    scheme = "https" if urlsplit(base).scheme == "https" else parts.scheme
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if not TRACKING.match(name)])
    return urlunsplit((scheme, parts.netloc.lower(), parts.path, query, ""))


def key_of(base: str, url: str) -> str:
    """Make a call's key from its address: the path on the publisher's own site, host and path on another."""
    here, parts = urlsplit(base), urlsplit(url)
    path = (parts.path.rstrip("/") or "/") + (f"?{parts.query}" if parts.query else "")
    key = path if site(here.hostname) == site(parts.hostname) else f"{parts.hostname}{path}"
    return key if len(key) <= LONGEST_KEY else f"{key[:160]}~{record_fingerprint(key)}"


def site(host: str | None) -> str:
    """Return a host name without `www.`."""
    return (host or "").lower().removeprefix("www.")
