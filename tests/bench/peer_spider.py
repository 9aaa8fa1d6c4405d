"""The portal's pages as a Scrapy spider of the usual kind reads them, with an item pipeline into SQLite.

Run by `peers.py`, with a Python that has Scrapy; prints the seconds from the start of the crawl to its end. It follows
pages one after another, as we do, and stores the fields of a call that we store.
"""

import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import JsonResponse, Request
from w3lib.html import remove_tags, replace_entities

KINDS = {"1": "topic", "8": "cascade", "2": "external"}
BOUNDARY = "peer"
SCREEN = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"


class Call(scrapy.Item):
    """One call."""

    source = scrapy.Field()
    key = scrapy.Field()
    kind = scrapy.Field()
    identifier = scrapy.Field()
    title = scrapy.Field()
    call_identifier = scrapy.Field()
    call_title = scrapy.Field()
    project = scrapy.Field()
    programme = scrapy.Field()
    type_of_action = scrapy.Field()
    claimed_status = scrapy.Field()
    opens_on = scrapy.Field()
    deadlines = scrapy.Field()
    deadline_model = scrapy.Field()
    budget_total = scrapy.Field()
    project_min = scrapy.Field()
    project_max = scrapy.Field()
    expected_grants = scrapy.Field()
    keywords = scrapy.Field()
    destination = scrapy.Field()
    mission = scrapy.Field()
    divisions = scrapy.Field()
    consortium = scrapy.Field()
    url = scrapy.Field()
    language = scrapy.Field()
    text = scrapy.Field()
    note = scrapy.Field()


class PortalSpider(scrapy.Spider):
    """Reads the open and coming calls of each type, page after page."""

    name = "portal"

    async def start(self) -> AsyncIterator[Request]:
        for kind in KINDS:
            yield self.page(kind, 1)

    def page(self, kind: str, number: int) -> Request:
        return Request(
            f"{self.host}/search-api/prod/rest/search?apiKey=SEDIA&text=***&pageSize=100&pageNumber={number}",
            method="POST",
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
            body=form(kind),
            cb_kwargs={"kind": kind, "number": number},
        )

    def parse(self, response: JsonResponse, kind: str, number: int) -> Iterator[Call | Request]:
        answer = response.json()
        for result in answer["results"]:
            yield call(result)
        if number * 100 < answer["totalResults"]:
            yield self.page(kind, number + 1)


class SQLitePipeline:
    """Stores every item, and commits when the spider is closed."""

    def __init__(self, database: str) -> None:
        self.database = database

    @classmethod
    def from_crawler(cls, crawler: Any) -> "SQLitePipeline":
        return cls(crawler.settings["DATABASE"])

    def open_spider(self) -> None:
        self.connection = sqlite3.connect(self.database)
        names = ", ".join(Call.fields)
        self.connection.execute(f"CREATE TABLE calls (id INTEGER PRIMARY KEY, {names}, UNIQUE (source, key))")
        marks = ", ".join("?" * len(Call.fields))
        self.insert = f"INSERT OR REPLACE INTO calls ({names}) VALUES ({marks})"  # noqa: S608

    def process_item(self, item: Call) -> Call:
        self.connection.execute(self.insert, [stored(item.get(name)) for name in Call.fields])
        return item

    def close_spider(self) -> None:
        self.connection.commit()
        self.connection.close()


def stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def form(kind: str) -> str:
    filters = {"type": [kind], "status": ["31094501", "31094502"], "DATASOURCE": ["SEDIA"], "language": ["en"]}
    query = {"bool": {"must": [{"terms": {name: values}} for name, values in filters.items()]}}
    parts = {"query": query, "languages": ["en"], "sort": {"field": "identifier", "order": "ASC"}}
    return "".join(map(part, parts.items())) + f"--{BOUNDARY}--\r\n"


def part(named: tuple[str, Any]) -> str:
    name, value = named
    head = f'Content-Disposition: form-data; name="{name}"; filename="blob"\r\nContent-Type: application/json'
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n{json.dumps(value)}\r\n"


def call(result: dict[str, Any]) -> Call:
    metadata = result["metadata"]

    def first(name: str) -> str | None:
        values = metadata.get(name)
        return values[0] if values else None

    identifier = first("identifier")
    return Call(
        source="portal",
        key=result["reference"],
        kind=KINDS[metadata["type"][0]],
        identifier=identifier,
        title=plain(first("caName") or first("title")),
        call_identifier=first("callIdentifier"),
        call_title=plain(first("callTitle")),
        project=first("projectAcronym"),
        programme=first("frameworkProgramme"),
        type_of_action="; ".join(metadata.get("typesOfAction") or []),
        claimed_status=first("status"),
        opens_on=(first("startDate") or "")[:10] or None,
        deadlines=[day(value) for value in metadata.get("deadlineDate") or []],
        deadline_model=first("deadlineModel"),
        keywords=metadata.get("keywords") or [],
        destination=plain(first("destinationDescription")),
        mission=first("missionDescription"),
        divisions=metadata.get("programmeDivision") or [],
        consortium=plain(first("topicConditions")),
        url=f"{SCREEN}/topic-details/{identifier}",
        language=result["language"],
        text=plain("\n".join([*(metadata.get("descriptionByte") or []), *(metadata.get("description") or [])])),
        note=first("latestInfos"),
        **money(first("budgetOverview"), identifier or ""),
    )


def money(overview: str | None, identifier: str) -> dict[str, float]:
    """Sum the budget lines of a topic."""
    lists = json.loads(overview)["budgetTopicActionMap"].values() if overview else []
    lines = [line for lines in lists for line in lines if line["action"].startswith(f"{identifier} - ")]
    return {
        "budget_total": sum(float(amount or 0) for line in lines for amount in line["budgetYearMap"].values()),
        "project_min": min((line.get("minContribution") or 0 for line in lines), default=0),
        "project_max": max((line.get("maxContribution") or 0 for line in lines), default=0),
        "expected_grants": sum(line.get("expectedGrants") or 0 for line in lines),
    }


def day(value: str) -> str:
    """The day of a timestamp; what is stamped late in the evening means the next one."""
    on = date.fromisoformat(value[:10])
    return (on + timedelta(days=1) if value[11:13] in ("22", "23") else on).isoformat()


def plain(markup: str | None) -> str | None:
    return " ".join(replace_entities(remove_tags(markup)).split()) if markup else None


def main() -> None:
    host, database = sys.argv[1:]
    polite = {"DOWNLOAD_DELAY": 0, "ROBOTSTXT_OBEY": True, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
    pipelines = {SQLitePipeline: 1}
    process = CrawlerProcess(polite | {"ITEM_PIPELINES": pipelines, "DATABASE": database, "LOG_LEVEL": "ERROR"})
    process.crawl(PortalSpider, host=host)
    begun = time.perf_counter()
    process.start()
    print(time.perf_counter() - begun)
