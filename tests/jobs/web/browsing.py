"""A browser without a window: asks the site for pages, and checks every page that it gets as HTML."""

import re
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import urljoin, urlsplit

import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlmodel import SQLModel
from starlette.responses import Response
from starlette.testclient import TestClient

from jobs.base.app import App
from jobs.web.site import make_site

VOID = frozenset({"meta", "link", "input", "br", "hr", "img"})


@dataclass
class Browser:
    """Follows no redirect by itself; `pages` are the addresses whose pages were checked."""

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

    def _path(self, address: str) -> str:
        parts = urlsplit(address)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def _checked(self, answer: Response) -> Response:
        is_mail = "style-src-attr" in answer.headers["content-security-policy"]  # the web copy of a mail is not ours
        if answer.headers.get("content-type", "").startswith("text/html") and not is_mail:
            check = check_page if answer.text.startswith("<!doctype") else check_nesting
            check(answer.text)
        return answer


def check_page(text: str) -> None:
    """What every page keeps: closed tags, a language, a title, one h1, labels, and no script or style of its own."""
    check_nesting(text)
    page = BeautifulSoup(text, "lxml")
    assert page.html
    assert page.html.get("lang") in ("fi", "sv", "en")
    assert page.title
    assert page.title.get_text(strip=True)
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("main")) == 1
    assert not page.find_all("script", src=False)
    assert not page.find_all("style")
    assert not page.find_all(style=True)
    assert not [tag for tag in page.find_all(True) for name in tag.attrs if name.startswith("on")]
    labelled = {label.get("for") for label in page.find_all("label")}
    fields = [f for f in page.find_all(["input", "textarea", "select"]) if f.get("type") not in ("hidden", "submit")]
    assert [f for f in fields if f.get("id") not in labelled and not f.get("aria-label")] == []
    ids = [tag["id"] for tag in page.find_all(id=True)]
    assert len(ids) == len(set(ids))


def check_nesting(text: str) -> None:
    """Every tag that opens closes, in order; templates write all their closing tags."""
    open_tags: list[str] = []
    for closing, name in re.findall(r"<(/?)([a-z][a-z0-9]*)", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)):
        if closing:
            assert [*open_tags[-1:]] == [name], f"</{name}> closes nothing"
            open_tags.pop()
        elif name not in VOID:
            open_tags.append(name)
    assert open_tags == []


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
