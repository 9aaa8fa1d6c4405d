"""Mail programs: what the mails use that Outlook for Windows or Gmail's page for telephones does not do, by name.

The support is that of caniemail.com (read on 27 November 2026). Whatever a template begins to use must be looked up
there and stand in a table here.
"""

import re
from html.parser import HTMLParser

import pytest

from tests.tracker.emails import samples
from tests.tracker.emails.test_service_mails import KINDS, sample
from tracker.emails.render import render
from tracker.emails.service_mails import lay_out

WORKS = {  # in both, for the values that the mails use
    *("a", "blockquote", "body", "br", "div", "h1", "h2", "h3", "head", "html", "li", "meta", "p", "span", "strong"),
    *("table", "tbody", "td", "title", "tr", "ul"),
    *("border", "border-bottom", "border-left", "color", "display", "font-family", "font-size", "font-weight"),
    *("line-height", "margin", "margin-bottom", "margin-top", "mso-hide", "text-align"),
    "background",  # a colour
}
OUTLOOK_LACKS = {
    "border-radius",
    "color-scheme",
    "max-height",
    "max-width",
    "opacity",
    "overflow",
    "semantics",
    "@media",
}
OUTLOOK_PADS = {"td"}  # padding is left out elsewhere
GMAIL_LACKS = {"color-scheme", "display: none", "opacity", "semantics", "style", "@media"}
EXCEPTIONS = {
    "border-radius": "square corners of one button",
    "color-scheme": "no dark colours; the light ones are readable",
    "display: none": "the preheader is hidden in other ways too",
    "max-height": "as above",
    "opacity": "as above",
    "overflow": "as above",
    "max-width": "a table of a plain width stands around the frame, for Outlook alone",
    "padding": "air around notices, headings and lists",
    "semantics": "header, section, article and footer group for screen readers and carry no style",
    "style": "the same rules stand in each element; what is left are the colours and margins below",
    "@media": "dark colours, and narrower margins on telephones",
}
SEMANTIC = {"header", "section", "article", "footer"}


class Used(HTMLParser):
    """What a page uses: elements, and each property with the elements that have it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.styles: dict[str, set[str]] = {}
        self.feed(page)
        if "@media" in page:
            self.elements.add("@media")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for declaration in (dict(attrs).get("style") or "").split(";"):
            name, _, value = declaration.partition(":")
            if name.strip():
                self.styles.setdefault(name.strip(), set()).add(tag)
                if (name.strip(), value.strip()) == ("display", "none"):
                    self.styles.setdefault("display: none", set()).add(tag)

    @property
    def features(self) -> set[str]:
        elements = {"semantics" if element in SEMANTIC else element for element in self.elements}
        return elements | self.styles.keys()


PAGES = [
    *(
        render(of("fi"), samples.LINKS, samples.HELSINKI, samples.CONTACT).html
        for of in (samples.weekly, samples.urgent)
    ),
    *(lay_out(sample(kind, "fi")).html for kind in KINDS),
]


def lacking(page: Used) -> set[str]:
    padded = {tag for name, tags in page.styles.items() if name.startswith("padding") for tag in tags}
    found = page.features & (OUTLOOK_LACKS | GMAIL_LACKS)
    return found | ({"padding"} if padded - OUTLOOK_PADS else set())


@pytest.mark.parametrize("page", PAGES)
def test_whatever_a_mail_uses_was_looked_up(page: str) -> None:
    known = WORKS | OUTLOOK_LACKS | GMAIL_LACKS
    assert {name for name in Used(page).features if not name.startswith("padding")} - known == set()


def test_what_a_mail_program_does_not_do_is_an_exception_by_name() -> None:
    assert set().union(*(lacking(Used(page)) for page in PAGES)) == EXCEPTIONS.keys()


@pytest.mark.parametrize("page", PAGES)
def test_outlook_gets_a_frame_of_a_plain_width(page: str) -> None:
    assert Used(page).styles["max-width"] <= {"table", "div"}  # the frame, and the preheader
    outlooks = r'<!--\[if mso\]><table role="presentation" width="640"[^>]*><tr><td><!\[endif\]-->'
    opening = outlooks + r"\s*<table [^>]*max-width: 640px"
    assert len(re.findall(opening, page)) == page.count("<!--[if mso]></td></tr></table><![endif]-->") == 1


def test_the_preheader_is_hidden_in_several_ways_and_stands_before_everything_else() -> None:
    page = PAGES[0]
    [style] = re.findall(r'<body[^>]*>\s*<div class="preview" style="([^"]*)"', page)
    for way in ("display: none", "max-height: 0", "overflow: hidden", "opacity: 0", "font-size: 1px", "mso-hide: all"):
        assert way in style
    ground = re.search(r"<body style=\"[^\"]*background: (#[0-9a-f]{6})", page)
    assert ground is not None
    assert f"color: {ground[1]}" in style
