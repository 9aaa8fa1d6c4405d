"""Detail pages of the portal's topics (topicDetails), for topics whose search records are thin: no text, no budget."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson

from tracker.errors import ParseError
from tracker.fetching.asking import Fetch
from tracker.sources import Page, Way
from tracker.sources.portal.facts import KEY, all_budget_lines, check_shapes
from tracker.sources.portal.records import fingerprint, known_key
from tracker.sources.support.detail_pages import DetailPages, way_of
from tracker.sources.support.json_records import Record, object_of


class TopicPages:
    """The detail pages of topics whose search records are thin; at most `most` are requested in a run."""

    def __init__(self, fetch: Fetch, data: str, most: int) -> None:
        self._detail_pages = DetailPages(fetch, most)
        self._data = data
        self._tried: set[str] = set()

    async def beside(self, page: Page, results: Sequence[Any]) -> Page:
        """Return the page with the detail pages of its thin topics added, by key."""
        found: dict[str, dict[str, list[str]]] = {}
        ways: dict[str, Way] = {}
        for result in results:
            key = known_key(result)
            if key in self._tried or not _is_thin(key, result):
                continue
            self._tried.add(key)
            metadata = result["metadata"]
            url = f"{self._data}/topicDetails/{quote(metadata['identifier'][0].lower(), safe='')}.json"
            body = await self._detail_pages.read(url, fingerprint(key, metadata))
            detail = self._detail_pages.parsed(KEY, url, body, details)
            ways[key] = way_of(body, detail)
            if detail:
                found[key] = detail
        return replace(page, details=found, ways=ways)


def _is_thin(key: str, result: Any) -> bool:
    """Tell whether a record is a topic without text and budget; one that is odd is left to `rows`, which names it."""
    try:
        metadata: Mapping[str, Any] = Record(KEY, key, result).record("metadata").values if key else {}
        check_shapes(key, metadata)
    except ParseError:
        return False
    is_topic = metadata.get("type") == ["1"] and bool(metadata.get("identifier"))
    return is_topic and not metadata.get("descriptionByte") and not metadata.get("budgetOverview")


def details(body: bytes) -> dict[str, list[str]]:
    """Convert a topic's detail page (topicDetails) to metadata of the search API. Raises ParseError."""
    topic = Record(KEY, "topicDetails", object_of(KEY, body)).record("TopicDetails")
    if not topic.values:
        raise ParseError(KEY, "not_an_answer", "a topic's page without TopicDetails")
    actions, budget = topic.records("actions"), topic.record("budgetOverviewJSONItem")
    by_field: dict[str, Iterable[str]] = {
        "type": ["1"],  # the page itself says 0 for older topics
        "status": [action.record("status").code("id") for action in actions[:1]],
        "identifier": [topic.text("identifier")],
        "title": [topic.text("title")],
        "callIdentifier": [topic.text("callIdentifier")],
        "callTitle": [topic.text("callTitle")],
        "frameworkProgramme": [topic.record("frameworkProgramme").code("id")],
        "programmeDivision": [division.code("id") for division in topic.records("programmeDivision")],
        "typesOfAction": [
            _without_code(kind.text("typeOfAction")) for action in actions for kind in action.records("types")
        ],
        "startDate": [action.code("plannedOpeningDate") for action in actions[:1]],
        "deadlineDate": [value for action in actions for value in action.codes("deadlineDates")],
        "deadlineModel": [line.text("deadlineModel") for line in all_budget_lines(budget)],
        "keywords": topic.texts("keywords"),
        "descriptionByte": [topic.text("description")],
        "topicConditions": [topic.text("conditions")],
        "budgetOverview": [orjson.dumps(budget.values).decode()] if budget.values else [],
        "latestInfos": [orjson.dumps(topic.values["latestInfos"]).decode()] if topic.records("latestInfos") else [],
    }
    return {field: texts for field, values in by_field.items() if (texts := [value for value in values if value])}


def _without_code(kind: str) -> str:
    """Drop the code from `HORIZON-CSA HORIZON Coordination and Support Actions`, as the search API does."""
    code, _, name = kind.partition(" ")
    return name if name and code == code.upper() else kind
