"""A browser without a window: asks the site for pages, and checks every page that it gets as strict HTML5."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import sqlalchemy as sa
from bs4 import BeautifulSoup
from justhtml import Element, JustHTML, Node
from justhtml.parser import FragmentContext
from sqlmodel import SQLModel
from starlette.responses import Response
from starlette.routing import Match
from starlette.testclient import TestClient

from jobs.base.app import App
from jobs.web.beside import BESIDE
from jobs.web.site import make_site

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


@dataclass
class Browser:
    """Follows no redirect by itself."""

    app: App

    def __post_init__(self) -> None:
        self._client = TestClient(make_site(self.app), base_url=self.app.settings.mail.base_url, follow_redirects=False)

    @property
    def cookies(self) -> dict[str, str]:
        return dict(self._client.cookies)

    def get(self, address: str, /, **headers: str) -> Response:
        return self._checked(self._client.get(self._path(address), headers=headers))

    def post(self, address: str, headers: dict[str, str] | None = None, /, **fields: str | list[str]) -> Response:
        usual = {"sec-fetch-site": "same-origin"}
        answer = self._client.post(self._path(address), data=fields, headers=usual if headers is None else headers)
        return self._checked(answer)

    def send_file(self, address: str, fields: Mapping[str, str], name: str, content: bytes) -> Response:
        """Post a form with a file."""
        files, headers = {name: ("list.csv", content, "text/csv")}, {"sec-fetch-site": "same-origin"}
        return self._checked(self._client.post(self._path(address), data=dict(fields), files=files, headers=headers))

    def _path(self, address: str) -> str:
        parts = urlsplit(address)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _checked(self, answer: Response) -> Response:
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return answer
        if "style-src-attr" in answer.headers["content-security-policy"]:  # the web copy of a mail has its own styles
            read_strictly(answer.text)
            return answer
        page = check_page(answer.text) if answer.text.startswith("<!doctype") else read_strictly(answer.text, "div")
        assert [asked for asked in asks_of(page) if not self._is_answered(*asked)] == []
        return answer

    def _is_answered(self, method: str, path: str) -> bool:
        """Whether anything of ours is there; whether there is such a call, only following the link would tell."""
        beside = BESIDE.fullmatch(path)  # a screen of rules, on a next strategy
        path = f"/admin{beside[2]}" if beside else path
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        return any(route.matches(scope)[0] is Match.FULL for route in self._client.app.router.routes)


def check_page(text: str) -> JustHTML:
    """What every page keeps: strict HTML5, a language, a title, one h1, labels, and no script or style of its own."""
    page = read_strictly(text)
    assert page.query("html")[0].attrs.get("lang") in ("fi", "sv", "en")
    assert page.query("title")[0].to_text().strip()
    assert len(page.query("h1")) == 1
    assert len(page.query("main")) == 1
    assert page.query("script:not([src]), style, [style]") == []
    everything = page.query("*")
    assert [name for tag in everything for name in tag.attrs if name.startswith("on")] == []
    labelled = {label.attrs.get("for") for label in page.query("label")}
    fields = [f for f in page.query("input, textarea, select") if f.attrs.get("type") not in ("hidden", "submit")]
    assert [f for f in fields if f.attrs.get("id") not in labelled and not f.attrs.get("aria-label")] == []
    ids = [tag.attrs["id"] for tag in everything if "id" in tag.attrs]
    assert len(ids) == len(set(ids))
    places = {href[1:] for tag in page.query("a") if (href := tag.attrs.get("href") or "").startswith("#")}
    assert places <= set(ids), "a link leads to a place that this page does not have"
    return page


def read_strictly(text: str, inside: str = "") -> JustHTML:
    """A page, or what is put `inside` an element of one, of which a browser makes exactly the elements that we wrote.

    It closes none for us, opens none that is not written, moves none to where it may stand, and says of no tag that it
    cannot be read.
    """
    context = FragmentContext(inside) if inside else None
    page = JustHTML(text, strict=True, sanitize=False, fragment=bool(inside), fragment_context=context)
    written = _Written()
    written.feed(text)
    written.close()
    assert written.opened == []
    assert written.elements == list(_elements(page.root))
    return page


class _Written(HTMLParser):
    """The elements as they are written, each with how deep it is; every one closes, and has each attribute once."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []
        self.elements: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"<{tag}> has an attribute twice"
        self.elements.append((len(self.opened), tag))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        assert tag in VOID or "svg" in self.opened, f"<{tag}/> does not close itself"
        if tag not in VOID:
            self.opened.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.opened[-1:] == [tag], f"</{tag}> closes nothing"
        self.opened.pop()


def _elements(node: Node, depth: int = 0) -> Iterator[tuple[int, str]]:
    for child in node.children or ():
        if isinstance(child, Element):
            yield depth, child.name.lower()
            yield from _elements(child, depth + 1)


def asks_of(page: JustHTML) -> set[tuple[str, str]]:
    """What of our own a page or a part of one links to, loads or sends a form to: how, and which path."""
    found = [("GET", tag.attrs.get("href") or tag.attrs.get("src")) for tag in page.query("a, link, script, img")]
    found += [((form.attrs.get("method") or "get").upper(), form.attrs.get("action")) for form in page.query("form")]
    return {(method, urlsplit(address).path) for method, address in found if address and address.startswith("/")}


def links_of(app: App, answer: Response) -> list[str]:
    """The addresses of our own that a page links to."""
    page = BeautifulSoup(answer.text, "lxml")
    base = app.settings.mail.base_url
    return [urljoin(base, str(link["href"])) for link in page.find_all("a", href=True) if str(link["href"])[0] == "/"]


def whole_database(app: App) -> list[object]:
    """Every row of every table."""
    with app.db.engine.connect() as connection:
        return [tuple(row) for table in SQLModel.metadata.sorted_tables for row in connection.execute(sa.select(table))]


def page_of_mail(mail: EmailMessage) -> BeautifulSoup:
    part = mail.get_body(("html",))
    assert part
    return BeautifulSoup(part.get_content(), "lxml")


def links_in(mail: EmailMessage) -> list[str]:
    """Every address of a mail: of its HTML, of its text and of its headers."""
    text = mail.get_body(("plain",))
    assert text
    html = [str(link["href"]) for link in page_of_mail(mail).select("a[href]")]
    return list(dict.fromkeys([*html, *re.findall(r"https?://[^\s<>]+", text.get_content() + str(mail.items()))]))


def link_in(mail: EmailMessage, kind: str) -> str:
    return next(link for link in links_in(mail) if f"/{kind}/" in link)
