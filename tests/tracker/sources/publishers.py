"""Every publisher but the portal on this machine: its pages with more rows, and in each of five faults.

A source whose pages were recorded (`tracker sources record`) has its publisher derived from them and from its module.
One that asks otherwise than by the address in its settings, or reads neither cards nor a list of records, has one
written here.
"""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from bs4 import BeautifulSoup, Tag

from tests.tracker.sources.own_site import HERE, NOW, OWN_TESTS, Headed, Request, expected, recorded
from tests.tracker.sources.own_web import SHELL, gathered, web_of
from tracker import sources

BY_HAND = "write its Publisher in tests/tracker/sources/publishers.py"
TIMES = 6  # as many rows as the hand-made page has, so that half of them is no small matter
CLONE = re.compile(r"-c\d+(?=/?$)")


class Mood(StrEnum):
    """How a publisher feels today."""

    WELL = "well"
    EMPTY = "an empty list"
    SHELL = "a shell page"
    HALF = "half the rows"
    RENAMED = "a renamed selector"
    ERROR = "a 500"


Rows = Callable[[list[Any]], list[Any]]
Rename = Callable[[bytes], bytes]
CUT: Mapping[Mood, Rows] = {Mood.EMPTY: lambda rows: [], Mood.HALF: lambda rows: rows[: len(rows) // 2]}


@dataclass(frozen=True, slots=True)
class Publisher:
    """`settings` have {url} where the host goes; `page` makes one answer, of rows as a mood cuts them."""

    key: str
    settings: Mapping[str, Any]
    page: Callable[[Request, Rows], bytes | int | Headed]
    is_list: Callable[[Request], bool]
    renamed: bytes | Rename  # what marks a call, and is called otherwise one day
    now: datetime = NOW  # when its pages were as they are

    def settings_at(self, url: str) -> dict[str, Any]:
        """The configuration with which it is read at this address."""
        return {
            name: value.format(url=url) if isinstance(value, str) else value for name, value in self.settings.items()
        }

    def answer(self, asked: Request, mood: Mood) -> bytes | int | Headed:
        if not self.is_list(asked) or mood is Mood.WELL:
            return self.page(asked, lambda rows: rows)
        if mood in (Mood.ERROR, Mood.SHELL):
            return 500 if mood is Mood.ERROR else SHELL
        found = self.page(asked, CUT.get(mood, lambda rows: rows))
        if mood is not Mood.RENAMED or isinstance(found, int):
            return found
        body = self.relaunched(found.body if isinstance(found, Headed) else found)
        return Headed(body, found.headers) if isinstance(found, Headed) else body

    def relaunched(self, body: bytes) -> bytes:
        """The page as it is when what marks a call is called otherwise."""
        if not isinstance(self.renamed, bytes):
            return self.renamed(body)
        assert self.renamed in body, f"{self.key} has no {self.renamed!r}"
        return body.replace(self.renamed, b"section")


# --- web pages --------------------------------------------------------------------------------------------------------


def web(key: str, cards: str, renamed: bytes, **settings: Any) -> Publisher:
    """A site whose pages lie as its expected.json says, with the cards of its lists under this selector."""
    files = {_path(url): page["file"] for url, page in recorded(key).items()}
    lists = {path for path, name in files.items() if name.startswith(("page", "calls", "south"))}
    main = next(iter(files))

    def page(asked: Request, cut: Rows) -> bytes | int | Headed:
        path = _asked(asked)
        name = files.get(path) or files.get(CLONE.sub("", path))
        if name is None:
            return 404
        body = _at_home((HERE / key / name).read_bytes(), key)
        return _with_cards(body, cards, cut) if path in lists else body

    own = settings or {"url": "{url}" + main}
    return Publisher(key, {"least": 1} | own, page, lambda asked: _asked(asked) in lists, renamed)


def _path(url: str) -> str:
    parts = urlsplit(url)
    query = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query, keep_blank_values=True))
    return parts.path + (f"?{query}" if query else "")


def _asked(asked: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.query.items())
    return asked.path + (f"?{query}" if query else "")


def _at_home(body: bytes, key: str) -> bytes:
    """Links to the publisher's own host lead nowhere else."""
    for asked, page in recorded(key).items():
        for url in (asked, page.get("url", asked)):
            scheme, host, *_ = urlsplit(url)
            body = body.replace(f"{scheme}://{host}".encode(), b"")
    return body


def _with_cards(body: bytes, selector: str, cut: Rows) -> bytes:
    page = BeautifulSoup(body, "lxml")
    cards = list(page.select(selector))
    for number in range(1, TIMES):
        for card in cards:
            twin = copy.copy(card)
            for link in [twin, *twin.select("a[href]")]:
                if isinstance(link, Tag) and link.get("href"):
                    link["href"] = _twin(str(link["href"]), number)
            assert card.parent is not None
            card.parent.append(twin)
    together: dict[int, list[Tag]] = {}  # cards of one table or list
    for card in page.select(selector):
        together.setdefault(id(card.parent), []).append(card)
    for some in together.values():
        kept = {id(card) for card in cut(list(some))}
        for card in some:
            if id(card) not in kept:
                card.decompose()
    return str(page).encode()


def _twin(href: str, number: int) -> str:
    path, slash, rest = re.fullmatch(r"([^?#]*?)(/?)([?#].*)?", href).groups()  # type: ignore[union-attr]
    return f"{path}-c{number}{slash}{rest or ''}"


# --- data -------------------------------------------------------------------------------------------------------------


def _enlarged(rows: Sequence[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Rows and their twins, told apart by the fields of these names."""
    return [
        row | {name: _other(row[name], number) for name in names if row.get(name)}
        for number in range(TIMES)
        for row in rows
    ]


def _other(value: Any, number: int) -> Any:
    if not number:
        return value
    if isinstance(value, int):
        return value * 10 + number
    found = re.fullmatch(r"(\d+)(-\d{4})", value)  # a notice of TED is called by number and year
    return f"{found[1]}{number}{found[2]}" if found else _twin(value, number)


def _json(key: str, name: str) -> Any:
    return json.loads((HERE / key / name).read_bytes())


def _eura(_: Request, cut: Rows) -> bytes:
    data = _json("eura", "page.json")
    data["preRenderData"]["hankehaku"] = cut(_enlarged(data["preRenderData"]["hankehaku"], "id"))
    script = f'<script type="__PREACT_CLI_DATA__">{quote(json.dumps(data))}</script>'
    return f"<!DOCTYPE html><html><body><div id=app>Hakuilmoitukset</div>{script}</body></html>".encode()


def _haeavustuksia(_: Request, cut: Rows) -> bytes:
    rows = [item for number in (1, 2) for item in _json("haeavustuksia", f"page_{number}.json")["hakuilmoitukset"]]
    rows = cut(_enlarged(rows, "hakuasianAsianumero"))
    return json.dumps({"totalCount": len(rows), "pageCount": 1, "hakuilmoitukset": rows}).encode()


def _interreg(asked: Request, cut: Rows) -> bytes:
    if asked.method == "GET":
        return (HERE / "interreg" / "page.html").read_bytes()
    hits = cut(_enlarged(_json("interreg", "answer.json")["results"][0]["hits"], "objectID"))
    return json.dumps({"results": [{"hits": hits, "nbHits": len(hits)}]}).encode()


def _ted(_: Request, cut: Rows) -> bytes:
    notices = cut(_enlarged(_json("ted", "answer_1.json")["notices"], "publication-number", "procedure-identifier"))
    return json.dumps({"notices": notices, "totalNoticeCount": len(notices), "timedOut": False}).encode()


def _cascade_hub(_: Request, cut: Rows) -> bytes:
    page = (HERE / "cascade_hub" / "page.html").read_text("utf-8")
    before, _mark, rest = page.partition("const dataProposals=")
    calls, end = json.JSONDecoder().raw_decode(rest)
    return f"{before}const dataProposals={json.dumps(cut(_enlarged(calls, 'id', 'permalink')))}{rest[end:]}".encode()


def _eccp(asked: Request, cut: Rows) -> bytes | int:
    if asked.path == "/search-results":
        body = (HERE / "eccp" / f"list_{asked.query['page']}.html").read_bytes()
        return _with_cards(body, ".search-result-item", cut)
    file = HERE / "eccp" / f"{CLONE.sub('', asked.path).rpartition('/')[2]}.html"
    return file.read_bytes() if file.exists() else 404


def posts(key: str, path: str) -> Publisher:
    """A WordPress interface, whose headers say how many posts there are."""

    def page(asked: Request, cut: Rows) -> Headed | bytes:
        if asked.path != path:
            return (HERE / key / "states.json").read_bytes()
        rows = cut(_enlarged(_json(key, "answer.json"), "id", "link"))
        return Headed(json.dumps(rows).encode(), {"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"})

    return Publisher(key, {"least": 1, "url": "{url}" + path}, page, lambda asked: asked.path == path, b"rendered")


def data(
    key: str, page: Callable[[Request, Rows], bytes | int], renamed: bytes, path: str, **settings: Any
) -> Publisher:
    """A publisher of data at one address."""
    return Publisher(key, {"least": 1} | settings, page, lambda asked: asked.path == path, renamed)


# --- as it was recorded -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recording:
    """What a source's recorded pages and its module tell of its publisher. Its lists are the pages it reads rows of."""

    module: ModuleType

    @property
    def key(self) -> str:
        return str(self.module.SOURCE.key)

    @cached_property
    def lists(self) -> dict[str, set[str]]:
        """The keys of the calls on every list, by its path."""
        asked = {page.get("url", url): url for url, page in recorded(self.key).items()}  # before it was redirected
        pages = gathered(self.module, web_of(self.key))
        return {_path(asked[page.url]): {row.key for row in self.module.rows(page)} for page in pages}

    @property
    def cards(self) -> str:
        """What a call is on a web page, as the module's LISTING says; empty for data."""
        return getattr(getattr(self.module, "LISTING", None), "card", "")

    @property
    def is_enough(self) -> bool:
        """Whether its publisher can be derived: read at the address of its settings, as a LISTING or as JSON."""
        first = next(iter(recorded(self.key).values()), {"file": ""})["file"]
        is_read = (self.cards and first.endswith(".html")) or first.endswith(".json")
        return bool(is_read) and "url" in self.module.Settings.model_fields

    def publisher(self) -> Publisher:
        url, first = next(iter(recorded(self.key).items()))
        given = {"enabled": True, "least": 1, "most": 100_000, "url": "{url}" + _path(url)} | MANY
        return Publisher(
            self.key,
            {name: value for name, value in given.items() if name in self.module.Settings.model_fields},
            self.page,
            lambda asked: _asked(asked) in self.lists,
            self.relaunched,
            datetime.fromisoformat(first["received_at"]) if "received_at" in first else NOW,
        )

    def page(self, asked: Request, cut: Rows) -> bytes | int:
        files = {_path(url): page["file"] for url, page in recorded(self.key).items()}
        name = files.get(_asked(asked)) or files.get(CLONE.sub("", _asked(asked)))
        if name is None:
            return 404
        body = _at_home((HERE / self.key / name).read_bytes(), self.key)
        if _asked(asked) not in self.lists:
            return body
        return _with_cards(body, self.cards, cut) if self.cards else self.with_records(body, _asked(asked), cut)

    def with_records(self, body: bytes, path: str, cut: Rows) -> bytes:
        answer = json.loads(body)
        records, name = self.records(answer, self.lists[path])
        before, records[:] = len(records), cut(_enlarged(records, name))
        totals = [said for said, value in answer.items() if value == before and re.search("(?i)total|count", said)]
        return json.dumps(answer | dict.fromkeys(totals, len(records))).encode()

    def records(self, answer: dict[str, Any], keys: set[str]) -> tuple[list[dict[str, Any]], str]:
        """The list within an answer that holds the calls of these keys, and its field that says a call's key."""
        for records in _lists(answer):
            for name in dict.fromkeys(name for record in records for name in record):
                if keys <= {str(record.get(name)) for record in records}:
                    return records, name
        raise AssertionError(f"no field of a record is the key of its call on {self.key}: {BY_HAND}")

    def relaunched(self, body: bytes) -> bytes:
        """Every card under another name and bare; of data, every list of records."""
        if not self.cards:
            return json.dumps(_relabelled(json.loads(body))).encode()
        page = BeautifulSoup(body, "lxml")
        for card in page.select(self.cards):
            card.name, card.attrs = "section", {"href": card["href"]} if card.get("href") else {}
        return str(page).encode()


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _lists(value: Any) -> Iterator[list[dict[str, Any]]]:
    """Every list of records within an answer, the outer ones first."""
    if _is_records(value):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _lists(inner)


def _relabelled(value: Any) -> Any:
    if isinstance(value, list):
        return [_relabelled(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {"section" if _is_records(inner) else name: _relabelled(inner) for name, inner in value.items()}


SITE, MANY = "{url}", {"details_per_run": 100}
WRITTEN = {
    one.key: one
    for one in (
        web(
            "business_finland",
            "main a.break-inside-avoid, main div > a[href*='/haut/20']",
            b"break-inside-avoid",
            url="{url}/palvelut/rahoitus/rahoituspalvelut/",
            calls_url="{url}/palvelut/rahoitus/haut/",
            **MANY,
        ),
        web("eureka", "section:nth-of-type(2) > div", b"h3"),
        web("portico", "article", b"article"),
        web("rakennerahastot", "h2 + table tr:has(> td)", b"Rahoittaja", site_url=SITE),
        posts("eit_urban_mobility", "/wp-json/wp/v2/call-for-proposals"),
        posts("paijat_hame", "/wp-json/wp/v2/posts"),
        data("cascade_hub", _cascade_hub, b"dataProposals", "/open-calls/", site_url=SITE),
        data("eccp", _eccp, b"search-result-item", "/search-results", site_url=SITE),
        data("eura", _eura, b"hankehaku", "/hakuilmoitukset/", site_url=SITE, least_listed=20),
        data("haeavustuksia", _haeavustuksia, b"hakuilmoitukset", "/api/haku/list-items", site_url=SITE),
        data("interreg", _interreg, b"hits", "/1/indexes/*/queries", site_url=SITE, search_url=SITE),
        data("ted", _ted, b"notices", "/v3/notices/search", api_url=SITE, enabled=True),
    )
}
RECORDINGS = {
    key: Recording(module)
    for key, module in sources.modules().items()
    if key not in WRITTEN and key not in OWN_TESTS and expected(key)
}
PUBLISHERS = WRITTEN | {key: kept.publisher() for key, kept in RECORDINGS.items() if kept.is_enough}
