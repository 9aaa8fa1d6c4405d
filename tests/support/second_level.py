"""Judged calls for the tags of EU partnerships and missions. The judgements are here, most of the texts in ../shared.

A line says where its text is: `days` (a recorded day of the portal, where texts are cut), `whole` (the whole text of a
call of the portal), `rounds` (title and code of an earlier topic), `feed` (another publisher's feed), `finnish` (a
Finnish or Swedish notice) or `written` (for this set, in the line itself).
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import feedparser  # type: ignore[import-untyped]

from tests.support.recorded_days import recorded_days
from tracker.sources.support.plaintext import line_of, text_of
from tracker.tagging.documents import Document, from_facts, from_judged
from tracker.tagging.evaluate import Judged
from tracker.tagging.lemmas import Lemmas

JUDGEMENTS = Path(__file__).parents[1] / "tracker/tagging/second_level_judged.jsonl"
DAYS = (date(2026, 4, 21), date(2026, 5, 16), date(2026, 6, 17))  # between them they list every judged call
Line = Mapping[str, Any]


def judgements() -> list[Line]:
    """Read the judged set: where each call is from, its id, language, grades, and why."""
    return [json.loads(line) for line in JUDGEMENTS.read_text("utf-8").splitlines()]


def written(lemmas: Lemmas) -> list[Judged]:
    """The notices that were written for the set."""
    return [Judged(from_judged(line, lemmas), line["grades"]) for line in judgements() if line["from"] == "written"]


def recorded(shared: Path, lemmas: Lemmas) -> list[Judged]:
    """The calls whose texts are in ../shared."""
    lines = [line for line in judgements() if line["from"] != "written"]
    return [Judged(_document(shared, line, lemmas), line["grades"]) for line in lines]


def _document(shared: Path, line: Line, lemmas: Lemmas) -> Document:
    if line["from"] == "days":
        listed = (day.facts.get(line["id"]) for on in DAYS for day in recorded_days(shared, on, on))
        return from_facts(next(filter(None, listed)))
    return from_judged({"language": line["language"], **_TEXTS[line["from"]](shared)[line["id"]]}, lemmas)


@cache
def _whole(shared: Path) -> dict[str, Line]:
    return _by_id((shared / "gold/portal-full-dev.jsonl").read_text("utf-8").splitlines())


@cache
def _finnish(shared: Path) -> dict[str, Line]:
    return _by_id((shared / "gold/finnish-dev.jsonl").read_text("utf-8").splitlines())


def _by_id(lines: Iterable[str]) -> dict[str, Line]:
    return {record["id"]: record for record in map(json.loads, lines)}


@cache
def _rounds(shared: Path) -> dict[str, Line]:
    with gzip.open(shared / "recorded/memory/rounds/he-topics-2021-2024.tsv.gz", "rt", encoding="utf-8") as rows:
        topics = [row.rstrip("\n").split("\t") for row in rows]
    return {topic: {"id": topic, "identifier": topic, "title": title} for topic, *_, title in topics}


@cache
def _feed(shared: Path) -> dict[str, Line]:
    """The feed's newest item of each topic: the topic itself, or an open call of one of its projects."""
    feed = feedparser.parse((shared / "recorded/sources/generic-rss/eu_calls_feed.xml").read_bytes())
    return dict(_items(reversed(feed.entries), _rounds(shared)))


def _items(entries: Iterable[Any], topics: Mapping[str, Line]) -> Iterator[tuple[str, Line]]:
    for entry in entries:
        topic, title, text = entry.id, line_of(entry.title), text_of(entry.get("summary", ""))
        if "competitive-calls" in entry.link:
            parent = topics.get(topic, {}).get("title", "")
            named = {"id": f"{topic}-COMPETITIVE_CALL", "title": parent, "callTitle": title}
        else:
            named = {"id": topic, "title": title}
        yield topic, {**named, "identifier": topic, "abstract": text}


_TEXTS: dict[str, Callable[[Path], Mapping[str, Line]]] = {
    "whole": _whole,
    "finnish": _finnish,
    "rounds": _rounds,
    "feed": _feed,
}
