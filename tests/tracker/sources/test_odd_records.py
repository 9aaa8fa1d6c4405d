"""Odd records: every field of every recorded record in every other shape is a fact or a named unread row, never more.

The other records of the page are read as if nothing had happened.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import quote

import orjson
import pytest

from tests.tracker.sources.own_site import HERE
from tests.tracker.sources.own_web import settings_of
from tracker import sources
from tracker.errors import ParseError
from tracker.fetching.asking import Answer, Fetch
from tracker.fetching.receipt import Receipt
from tracker.sources import Page, Wanted, walls

SHAPES: tuple[Any, ...] = (
    None,
    "",
    "A word",
    0,
    -1.5,
    True,
    [],
    [None],
    ["a", "b"],
    {},
    {"a": {"b": 1}},
    [[["deep"]]],
    "\0",
    ["half a pair \ud800"],
    float("nan"),
    10**30,
    "1e99999999",
)
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Data:
    """How a source's answer holds its records."""

    file: str
    records: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    opened: Callable[[bytes], Any] = json.loads
    closed: Callable[[Any, bytes], bytes] = lambda data, _: json.dumps(data).encode()
    headers: Mapping[str, str] = field(default_factory=dict)


def _eura(data: Any, _: bytes) -> bytes:
    return f'<script type="__PREACT_CLI_DATA__">{quote(json.dumps(data))}</script>'.encode()


def _proposals(body: bytes) -> Any:
    return json.JSONDecoder().raw_decode(body.decode(), body.decode().index("dataProposals=") + 14)[0]


def _with_proposals(data: Any, _: bytes) -> bytes:
    return f"<script>const dataProposals={json.dumps(data)};</script>".encode()


ONE_PAGE = {"x-wp-total": "{count}", "x-wp-totalpages": "1"}
HELD = {
    "portal": Data("answer.json", ("results",), {"details_per_run": 0}),
    "eura": Data("page.json", ("preRenderData", "hankehaku"), {"least_listed": 1}, closed=_eura),
    "haeavustuksia": Data("page_1.json", ("hakuilmoitukset",)),
    "interreg": Data("answer.json", ("results", 0, "hits"), {"search_key": "k"}),
    "ted": Data("answer_1.json", ("notices",)),
    "cascade_hub": Data("page.html", (), opened=_proposals, closed=_with_proposals),
    "eit_urban_mobility": Data("answer.json", (), headers=ONE_PAGE),
    "paijat_hame": Data("answer.json", (), headers=ONE_PAGE),
}


class Same:
    """What asks is answered with these records, whatever it asks; the portal's scans each with their type."""

    def __init__(self, key: str, data: Any) -> None:
        self.key, self.data, self.receipt = key, data, Receipt()

    def answer(self, data: Any) -> Answer:
        held = HELD[self.key]
        count = str(len(_at(data, held.records)))
        headers = {name: value.format(count=count) for name, value in held.headers.items()}
        return Answer("https://publisher.example/list", 200, headers, held.closed(_told(self.key, data), b""))

    async def get(self, url: str, **_: Any) -> Answer:
        if "taxonom" in url or "status" in url or "state" in url:
            return Answer(url, 200, {}, (HERE / self.key / "states.json").read_bytes())
        return self.answer(self.data)

    async def post_json(self, url: str, **_: Any) -> Answer:
        return self.answer(self.data)

    async def post_parts(self, url: str, *, parts: Any, **_: Any) -> Answer:
        kind = parts["query"]["bool"]["must"][0]["terms"]["type"][0]
        return self.answer({"results": [one for one in self.data["results"] if _type(one) == kind]})

    def note_retry(self, reason: str) -> None:
        self.receipt.retries[reason] += 1

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        return None

    def forget(self, url: str) -> None:
        pass


TYPES_OF: dict[str, str] = {}  # the portal's records by reference, as they were


def _type(record: Any) -> str:
    return TYPES_OF.get(str(record.get("reference")), "1")


def _told(key: str, data: Any) -> Any:
    """The answer with the totals that fit its records."""
    if key == "portal":
        return {"totalResults": len(data["results"]), "results": data["results"]}
    if key == "haeavustuksia":
        return data | {"totalCount": len(data["hakuilmoitukset"]), "pageCount": 1}
    if key == "ted":
        return {"notices": data["notices"], "totalNoticeCount": len(data["notices"]), "timedOut": False}
    return data


def _at(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def read(key: str, data: Any, run: Callable[[Coroutine[Any, Any, list[Page]]], list[Page]]) -> dict[str, str]:
    """What comes of every row: the facts' title or the name of its fault, by its key or place."""
    module, held = sources.modules()[key], HELD[key]

    async def pages() -> list[Page]:
        fetch = cast(Fetch, Same(key, data))
        return [page async for page in module.pages(fetch, settings_of(module, **held.settings), Wanted())]

    found: dict[str, str] = {}
    for page in run(pages()):
        for place, row in enumerate(walls.rows_of(module, page)):
            try:
                found[row.key or f"{page.scan}/{place}"] = walls.facts_of(module, row).model_dump_json()
            except ParseError as fault:
                found[row.key or f"{page.scan}/{place}"] = json.dumps({"title": f"unread {fault.reason}"})
    return found


def paths(value: Any, before: Path = ()) -> Iterator[Path]:
    """Every place in a record: fields, fields of fields, items of lists (the first of each)."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, one in inner:
        yield (*before, name)
        if len(before) < 3:
            yield from paths(one, (*before, name))


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One loop for thousands of readings."""
    with asyncio.Runner() as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("key", HELD)
def test_a_field_in_another_shape_is_a_fact_or_a_named_unread_row_and_the_others_are_read(
    key: str, runner: asyncio.Runner
) -> None:
    held = HELD[key]
    data = held.opened((HERE / key / held.file).read_bytes())
    TYPES_OF.update(
        {one["reference"]: one["metadata"]["type"][0] for one in data["results"]} if key == "portal" else {}
    )
    copied, whole = orjson.dumps(data), read(key, data, runner.run)
    letters = {json.loads(one)["title"][0] for one in whole.values()}
    for number in range(min(3, len(_at(data, held.records)))):
        for path in paths(_at(data, held.records)[number]):
            for shape in SHAPES:
                odd = orjson.loads(copied)
                _at(odd, (*held.records, number, *path[:-1]))[path[-1]] = shape
                found = read(key, odd, runner.run)
                differ = {name for name in whole if found.get(name) != whole[name]}
                assert len(differ) <= 1, (path, shape, found)
                assert not {one["title"] for one in map(json.loads, found.values())} & letters, (path, shape)


def test_a_title_that_is_a_text_and_no_list_is_unread_and_not_its_first_letter(runner: asyncio.Runner) -> None:
    data = json.loads((HERE / "portal" / "answer.json").read_bytes())
    TYPES_OF.update({one["reference"]: one["metadata"]["type"][0] for one in data["results"]})
    data["results"][0]["metadata"]["title"] = "Whole words"
    assert read("portal", data, runner.run)[data["results"][0]["reference"]] == '{"title": "unread shape"}'
