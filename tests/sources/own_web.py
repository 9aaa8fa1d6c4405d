"""Web pages of our own at their publishers' addresses, handed out as `tracker.fetch` does; and the reviewed facts.

Does not open a socket: how the real fetcher behaves is told in tests/test_fetch.py.
"""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from urllib.parse import urlencode

import pytest

from db.calls import CallFacts
from tracker import config
from tracker.errors import FetchError, SourceError
from tracker.fetch import Answer, Fetcher
from tracker.sources import Page, SourceSettings, Wanted

HERE = Path(__file__).parent
SHELL = b"<!DOCTYPE html><html><head><title>Calls</title></head><body><app-root></app-root></body></html>"
BARE = (
    b"<!DOCTYPE html><html><body><main><h1>Calls</h1><p>"
    + b"Here is a page with many words and no calls at all. " * 8
    + b"</p></main></body></html>"
)


class OwnWeb:
    """What lies at some addresses: a body, an answer with headers, or an error's status. All else is a 404."""

    def __init__(self, answers: Mapping[str, bytes | int | Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[str] = []

    async def get(
        self, url: str, *, params: Mapping[str, str | int] | None = None, attempts: int | None = None, row: str = ""
    ) -> Answer:
        address = f"{url}?{urlencode(params)}" if params else url
        self.asked.append(address)
        found = self.answers.get(address, 404)
        if isinstance(found, int):
            raise FetchError("own web", f"http_{found}", address)
        return found if isinstance(found, Answer) else Answer(address, 200, {}, found)

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        return None

    def forget(self, url: str) -> None:
        pass


def settings_of(module: ModuleType, **changed: Any) -> SourceSettings:
    """A source's settings as the first region's file has them."""
    key = module.SOURCE.key
    return config.given({"sources": {key: changed}}).source(key)


def gathered(
    module: ModuleType, answers: Mapping[str, bytes | int | Answer], settings: SourceSettings | None = None
) -> list[Page]:
    """Every page of one reading."""
    return gathered_from(module, OwnWeb(answers), settings)


def gathered_from(module: ModuleType, web: OwnWeb, settings: SourceSettings | None = None) -> list[Page]:
    async def within() -> list[Page]:
        found = module.pages(cast(Fetcher, web), settings or settings_of(module), Wanted())
        return [page async for page in found]

    return asyncio.run(within())


def facts_of(module: ModuleType, pages: list[Page]) -> list[CallFacts]:
    """The facts of every row, in order."""
    return [module.facts(row) for page in pages for row in module.rows(page)]


def reason(module: ModuleType, answers: Mapping[str, bytes | int | Answer]) -> str:
    """How a reading of these answers ends."""
    with pytest.raises(SourceError) as caught:
        facts_of(module, gathered(module, answers))
    return caught.value.reason


def fixture(key: str, name: str = "page.html") -> bytes:
    return (HERE / key / name).read_bytes()


def reviewed(key: str) -> list[dict[str, Any]]:
    """What a source's hand-made page says: a call's facts but for defaults, in the page's order."""
    read: dict[str, dict[str, Any]] = json.loads(fixture(key, "expected.json"))
    return list(read.values())


def told(facts: list[CallFacts]) -> list[dict[str, Any]]:
    """Facts in the shape of `reviewed`."""
    return [one.model_dump(mode="json", exclude_defaults=True) for one in facts]


BF = "https://www.businessfinland.fi/palvelut/rahoitus"
EUCF = "https://www.eucityfacility.eu/calls"
EUREKA = "https://www.eurekanetwork.org/programmes-and-calls"
FUNDS = "https://rakennerahastot.fi"
URBAN = "https://www.eiturbanmobility.eu/wp-json/wp/v2"
FILES = {  # what of a source's own pages lies where
    "aka": {"https://www.aka.fi/tutkimusrahoitus/hae-rahoitusta/haut/": "page.html"},
    "business_finland": {
        f"{BF}/rahoituspalvelut/": "page.html",
        f"{BF}/haut/": "calls.html",
        f"{BF}/haut/2026/kiertotalous/": "kiertotalous.html",
        f"{BF}/haut/2024/kumppanuushaku/": "kumppanuushaku.html",
        f"{BF}/haut/2025/vety/": "vety.html",
    },
    "digital28": {"https://28digital.eu/our-messages/calls-tenders": "page.html"},
    "eit_climate_kic": {"https://www.climate-kic.org/get-involved/open-calls/": "page.html"},
    "eit_urban_mobility": {
        f"{URBAN}/status-call?per_page=100": "states.json",
        f"{URBAN}/call-for-proposals?per_page=100&page=1": "answer.json",
    },
    "eucf": {EUCF: "page.html", **{f"{EUCF}/call-{number}": f"call-{number}.html" for number in (7, 8, 9)}},
    "eureka": {f"{EUREKA}/?status=open": "page.html", f"{EUREKA}/page/2/?status=open": "page2.html"},
    "nordforsk": {
        "https://www.nordforsk.org/calls": "page.html",
        "https://www.nordforsk.org/calls?page=1": "page2.html",
    },
    "nordic_innovation": {"https://www.nordicinnovation.org/funding-opportunities": "page.html"},
    "oph": {
        "https://www.oph.fi/fi/rahoitushaut": "page.html",
        "https://www.oph.fi/fi/funding/pienet-kumppanuudet-aikuiskoulutus-2026": "detail.html",
    },
    "paijat_hame": {"https://paijat-hame.fi/wp-json/wp/v2/posts?per_page=100&page=1": "answer.json"},
    "portico": {"https://portico.urban-initiative.eu/urban-panorama/call-for-proposals": "page.html"},
    "rakennerahastot": {
        f"{FUNDS}/etela-suomi/hakuajat-etela-suomi": "south.html",
        f"{FUNDS}/etela-suomi-tietoa-hakemisesta": "information.html",
        f"{FUNDS}/valtakunnalliset-tietoa-hakemisesta": "national.html",
    },
}


def web_of(key: str) -> dict[str, bytes | int | Answer]:
    """A source's own pages at its publisher's addresses; posts of WordPress come with their number in the headers."""
    return {url: _answer(url, fixture(key, name)) for url, name in FILES[key].items()}


def _answer(url: str, body: bytes) -> bytes | Answer:
    if "page=1" not in url or "wp-json" not in url:
        return body
    return Answer(url, 200, {"x-wp-total": str(len(json.loads(body))), "x-wp-totalpages": "1"}, body)
