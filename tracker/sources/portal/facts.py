"""Parse one record of the EU Funding & Tenders Portal, metadata or a topic's detail page, into CallFacts.

All metadata values are lists of strings, some of which hold JSON or HTML; older and newer generations of the formats
are both read.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson

from db.calls import CallFacts, CallKind, Deadline, Note
from tracker.errors import ParseError
from tracker.sources.portal.codes import AGREEMENTS, DIVISIONS, KINDS, MISSIONS, PROGRAMMES, STATUSES
from tracker.sources.support.contacts import without_contacts
from tracker.sources.support.json_records import Record, odd_shape
from tracker.sources.support.plaintext import line_of, text_of
from tracker.sources.walls import FIRST_YEAR, LAST_YEAR

Metadata = Mapping[str, Sequence[str]]  # once `check_shapes` has passed it

KEY = "portal"
BRUSSELS = ZoneInfo("Europe/Brussels")
SCREEN = "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/opportunities"
PROSPECT = "https://webgate.ec.europa.eu/prospect/external/publishedcalls.htm?callId="
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# The only fields read below: a row's fingerprint covers exactly these.
FIELDS = (
    "type",
    "status",
    "identifier",
    "title",
    "caName",
    "callIdentifier",
    "callTitle",
    "callccm2Id",
    "projectAcronym",
    "projectName",
    "frameworkProgramme",
    "deadlineModel",
    "budgetOverview",
    "budget",
    "currency",
    "cftEstimatedTotalProcedureValue",
    "description",
    "descriptionByte",
    "beneficiaryAdministration",
    "furtherInformation",
    "duration",
    "destinationDescription",
    "missionDescription",
    "topicConditions",
    "typeOfMGAs",
    "latestInfos",
    "callUpdates",
    "url",
)
DATES = ("startDate", "deadlineDate")
UNORDERED = ("typesOfAction", "keywords", "programmeDivision", "mission", "missionGroup")
READ = (*FIELDS, *DATES, *UNORDERED)
ONLY_LISTS, ONLY_TEXTS = {list}, {str}


@dataclass(frozen=True, slots=True)
class _Names:
    """A call's names and address."""

    title: str | None
    url: str
    identifier: str | None
    call_identifier: str | None = None
    call_title: str | None = None
    project: str | None = None


@dataclass(frozen=True, slots=True)
class _Money:
    """Sums in whole euro; None if not stated."""

    total: int | None = None
    project_min: int | None = None
    project_max: int | None = None
    grants: int | None = None


def facts_of_record(key: str, metadata: Metadata, language: str) -> CallFacts:
    """Parse one record. Raises ParseError if a title, type, date or budget cannot be read, or a field is no list."""
    check_shapes(key, metadata)
    kind = _kind(key, metadata)
    names = NAMES[kind](key, metadata)
    if not names.title:
        raise ParseError(KEY, "no_title", f"{key} has no title")
    budget_lines = list(_budget_lines(key, names.identifier, metadata)) if kind is CallKind.TOPIC else []
    model = _first(metadata, "deadlineModel") or next((line.text("deadlineModel") for line in budget_lines), "") or None
    money = _topic_money(budget_lines) if kind is CallKind.TOPIC else _stated_money(metadata)
    facts = dict(  # noqa: C408
        source=KEY,
        key=key,
        kind=kind,
        identifier=names.identifier,
        title=names.title,
        call_identifier=names.call_identifier,
        call_title=names.call_title,
        project=names.project,
        programme=_programme(metadata),
        type_of_action=_type_of_action(metadata),
        claimed_status=STATUSES.get(_first(metadata, "status") or ""),
        opens_on=next(iter(_days(key, metadata, "startDate")), None),
        deadlines=_deadlines(key, kind, model, metadata),
        deadline_model=model,
        budget_total=money.total,
        project_min=money.project_min,
        project_max=money.project_max,
        expected_grants=money.grants,
        keywords=_keywords(key, metadata, names),
        destination=_line(metadata, "destinationDescription"),
        mission=_mission(metadata),
        divisions=_divisions(metadata),
        consortium=_consortium(metadata),
        conditions=_conditions(metadata),
        url=names.url,
        language=language,
        text=_text(kind, metadata),
        note=_note(key, metadata),
    )
    return CallFacts.model_validate(facts)  # three times as fast as CallFacts(...), which SQLModel checks in Python


def check_shapes(key: str, metadata: Metadata) -> None:
    """Raise ParseError (shape) unless every field that is read is a list of texts, or missing."""
    stated = list(filter(None, map(metadata.get, READ)))
    if set(map(type, stated)) <= ONLY_LISTS and set(map(type, chain.from_iterable(stated))) <= ONLY_TEXTS:
        return
    for field in READ:
        values = metadata.get(field)
        if values and not (isinstance(values, list) and set(map(type, values)) == ONLY_TEXTS):
            raise odd_shape(KEY, key, "a list of texts", field, values)


def _kind(key: str, metadata: Metadata) -> CallKind:
    kind = KINDS.get(_first(metadata, "type") or "")
    if kind is None:
        raise ParseError(KEY, "type", f"{key} is of type {metadata.get('type')}, which is not a call")
    return kind


# --- names ------------------------------------------------------------------------------------------------------------


def _topic_names(key: str, metadata: Metadata) -> _Names:
    identifier = _first(metadata, "identifier")
    return _Names(
        title=_line(metadata, "title"),
        url=f"{SCREEN}/topic-details/{quote(identifier, safe='')}" if identifier else _first(metadata, "url") or SCREEN,
        identifier=identifier,
        call_identifier=_first(metadata, "callIdentifier"),
        call_title=_line(metadata, "callTitle"),
    )


def _cascade_names(key: str, metadata: Metadata) -> _Names:
    """Find a cascade call's own names; its identifier, title and address fields are its parent topic's."""
    number = _first(metadata, "callccm2Id") or _number(key)
    parent = _line(metadata, "title")
    return _Names(
        title=_line(metadata, "caName") or _line(metadata, "callTitle") or parent,
        url=f"{SCREEN}/competitive-calls-cs/{number}",
        identifier=_first(metadata, "identifier"),
        call_identifier=_first(metadata, "callIdentifier"),
        call_title=parent,
        project=_line(metadata, "projectAcronym") or _line(metadata, "projectName"),
    )


def _external_names(key: str, metadata: Metadata) -> _Names:
    return _Names(
        title=_line(metadata, "title"),
        url=f"{PROSPECT}{_number(key)}",
        identifier=_first(metadata, "identifier"),
        call_identifier=_first(metadata, "callIdentifier"),
        call_title=_line(metadata, "callTitle"),
    )


def _tender_names(key: str, metadata: Metadata) -> _Names:
    identifier = _first(metadata, "identifier") or key
    return _Names(
        title=_line(metadata, "title") or _line(metadata, "caName"),
        url=f"{SCREEN}/tender-details/{quote(identifier, safe='')}",
        identifier=identifier,
        call_identifier=_first(metadata, "callIdentifier"),
    )


NAMES = {
    CallKind.TOPIC: _topic_names,
    CallKind.CASCADE: _cascade_names,
    CallKind.EXTERNAL: _external_names,
    CallKind.TENDER: _tender_names,
}


def _number(key: str) -> str:
    """Return the number that a reference begins with: 13862 of 13862COMPETITIVE_CALLen."""
    digits = re.match(r"\d+", key)
    return digits[0] if digits else key


# --- words ------------------------------------------------------------------------------------------------------------


def _first(metadata: Metadata, field: str) -> str | None:
    values = metadata.get(field)
    return (values[0].strip() or None) if values else None


def _line(metadata: Metadata, field: str) -> str | None:
    values = metadata.get(field)
    return (line_of(values[0]) or None) if values else None


def _programme(metadata: Metadata) -> str | None:
    code = _first(metadata, "frameworkProgramme")
    return PROGRAMMES.get(code, code) if code else None


def _type_of_action(metadata: Metadata) -> str | None:
    return "; ".join(sorted({line_of(value) for value in metadata.get("typesOfAction") or ()})) or None


def _divisions(metadata: Metadata) -> tuple[str, ...]:
    codes = [code for code in metadata.get("programmeDivision") or () if code not in PROGRAMMES]
    return tuple(sorted({DIVISIONS.get(code, code) for code in codes}))


def _mission(metadata: Metadata) -> str | None:
    codes = [*(metadata.get("mission") or ()), *(metadata.get("missionGroup") or ())]
    return _line(metadata, "missionDescription") or next((MISSIONS[code] for code in codes if code in MISSIONS), None)


def _keywords(key: str, metadata: Metadata, names: _Names) -> tuple[str, ...]:
    values = metadata.get("keywords") or ()
    if len(values) == 1 and values[0].startswith("["):  # the whole list as JSON, as in 2023
        values = Record(KEY, key, {"keywords": _json(key, "keywords", values[0])}).texts("keywords")
    words = {line_of(value) for value in values} - {names.identifier, names.call_identifier, ""}
    return tuple(sorted(words, key=str.casefold))


def _text(kind: CallKind, metadata: Metadata) -> str | None:
    parts = [text_of(value) for field in ("descriptionByte", "description") for value in metadata.get(field) or ()]
    if kind is CallKind.CASCADE:  # written by projects, not by the Commission: some name contacts
        parts = [without_contacts(part) for part in parts]
        parts += _headed(metadata, {"beneficiaryAdministration": "Administration of the call:"})
        parts += _headed(metadata, {"furtherInformation": "Further information:", "duration": "Duration:"})
    return "\n".join(filter(None, parts)) or None


def _headed(metadata: Metadata, headings: Mapping[str, str]) -> Iterator[str]:
    for field, heading in headings.items():
        text = without_contacts(text_of("".join(metadata.get(field) or ())))
        if text:
            yield f"{heading}\n{text}"


_PARTY = re.compile(r"consorti|applicant|beneficiar|legal entit|partner|participant|organisation", re.IGNORECASE)
_LEAST = re.compile(
    r"(?:at least|minimum(?: of)?|no fewer than|not less than)\s+"
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\b(?!\s*(?:%|months|years|pages))",
    re.IGNORECASE,
)


_OF_APPLYING = re.compile(
    r"applicants|consorti|legal entit|beneficiar|funding rate|lump sum|natural person|eligib", re.IGNORECASE
)
MOST_CONDITIONS = 4000


def _consortium(metadata: Metadata) -> str | None:
    """Find the sentence of the conditions that says how many must apply together, if any."""
    conditions = metadata.get("topicConditions")
    if not conditions or not _LEAST.search(conditions[0]):
        return None
    for line in text_of(conditions[0]).split("\n"):
        for sentence in re.split(r"(?<=[.;])\s", line):
            if _LEAST.search(sentence) and _PARTY.search(sentence):
                return sentence.removeprefix("- ")[:300]
    return None


def _conditions(metadata: Metadata) -> str | None:
    """Keep the lines of the conditions that say who may apply and on what terms, and the model grant agreement."""
    given = metadata.get("topicConditions")
    lines = [line for line in text_of(given[0]).split("\n") if _OF_APPLYING.search(line)] if given else []
    agreements = {AGREEMENTS[code] for code in metadata.get("typeOfMGAs") or () if code in AGREEMENTS}
    lines += [f"Model grant agreement: {name}" for name in sorted(agreements)]
    return "\n".join(lines)[:MOST_CONDITIONS] or None


def _note(key: str, metadata: Metadata) -> Note | None:
    """Return the newest of the publisher's remarks; they are usually listed newest first, but not always."""
    encoded_remarks = [
        value for field in ("latestInfos", "callUpdates") for value in metadata.get(field) or () if len(value) > 2
    ]
    remarks = [remark for value in encoded_remarks for remark in _remarks(key, value)]
    if not remarks:
        return None
    newest = max(remarks, key=lambda remark: _remark_on(remark) or date.min)
    text = text_of(newest.text("content"))
    return Note(at=_remark_on(newest), text=text) if text else None


def _remarks(key: str, value: str) -> list[Record]:
    return Record(KEY, key, {"latestInfos": _json(key, "latestInfos", value)}).records("latestInfos")


def _remark_on(remark: Record) -> date | None:
    """Read a remark's day from `2026-02-12T15:50:54.218`, or the older `Mar 12, 2020 4:55:38 PM`."""
    changed_at = remark.text("lastChangeDate") or remark.text("approvalDate")
    old = re.match(r"([A-Z][a-z]{2}) (\d{1,2}), (\d{4})", changed_at)
    try:
        if re.match(r"2\d{3}-\d\d-\d\d", changed_at):
            return date.fromisoformat(changed_at[:10])
        return date(int(old[3]), MONTHS.index(old[1].lower()) + 1, int(old[2])) if old else None
    except ValueError as error:
        raise ParseError(KEY, "date", f"{remark.key} has a remark of the day {changed_at!r:.60}") from error


# --- dates ------------------------------------------------------------------------------------------------------------


def _days(key: str, metadata: Metadata, field: str) -> list[date]:
    return [_day(key, value) for value in metadata.get(field) or ()]


def _deadlines(key: str, kind: CallKind, model: str | None, metadata: Metadata) -> tuple[Deadline, ...]:
    """Read all cut-off dates, earliest first; the stages of a two-stage call are numbered."""
    values = metadata.get("deadlineDate")
    if not values:
        return ()
    if kind is CallKind.CASCADE:
        return tuple(_cascade_deadline(key, at) for at in sorted({_instant(key, value) for value in values}))
    days = sorted({_day(key, value) for value in values})
    is_staged = model == "two-stage" and len(days) > 1
    return tuple(Deadline(on=day, stage=stage if is_staged else None) for stage, day in enumerate(days, start=1))


def _cascade_deadline(key: str, at: datetime) -> Deadline:
    """Read a cascade deadline: Brussels time that the index stamps as UTC; midnight means no hour."""
    wall = at.astimezone(UTC).replace(tzinfo=BRUSSELS)
    return Deadline(on=wall.date(), at=wall if (wall.hour, wall.minute) != (0, 0) else None)


def _day(key: str, value: str) -> date:
    """Return the Brussels date of a timestamp. Topics have no real time of day.

    `+0000` marks Brussels time, except 22:00 and 23:00 sharp, which are Brussels midnight in UTC.
    """
    at = _instant(key, value)
    if value[10:11] == "T" and value.endswith("+0000") and value[11:16] not in ("22:00", "23:00"):
        return date(at.year, at.month, at.day)
    return at.astimezone(BRUSSELS).date()


def _instant(key: str, value: str) -> datetime:
    """Read every form of date so far: ISO with an offset, a bare ISO date, epoch milliseconds, `09 March 2023`."""
    try:
        if value.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        if value[4:5] == "-":
            at = datetime.fromisoformat(value)
        else:
            day, month, year = value.split()
            at = datetime(int(year), MONTHS.index(month[:3].lower()) + 1, int(day), tzinfo=BRUSSELS)
    except (ValueError, OverflowError, OSError) as error:
        raise ParseError(KEY, "date", f"{key} has the date {value!r:.60}") from error
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ParseError(KEY, "date", f"{key} has the date {value!r:.60}: a year that nobody means")
    return at if at.tzinfo else at.replace(tzinfo=BRUSSELS)


# --- money ------------------------------------------------------------------------------------------------------------


def _budget_lines(key: str, identifier: str | None, metadata: Metadata) -> Iterator[Record]:
    """Return this topic's own lines of a call's budget; the overview holds all topics of the call.

    A line is `<identifier> - <type of action>`; only the exact prefix tells -01 from -012.
    """
    overview = _first(metadata, "budgetOverview")
    if not overview or not identifier:
        return
    decoded = _json(key, "budgetOverview", overview)
    if not isinstance(decoded, dict):
        raise odd_shape(KEY, key, "an object", "budgetOverview", decoded)
    yield from all_budget_lines(Record(KEY, key, decoded), f"{identifier} - ")


def all_budget_lines(overview: Record, action: str = "") -> Iterator[Record]:
    """Yield the lines whose action begins so; in 2024, detail pages held a single line in place of each list."""
    for lines in overview.record("budgetTopicActionMap").values.values():
        for line in lines if isinstance(lines, list) else [lines]:
            if not isinstance(line, dict) or not isinstance(line.get("action", ""), str):
                raise odd_shape(KEY, overview.key, "a line with its action", "budgetTopicActionMap", line)
            if line.get("action", "").startswith(action):
                yield Record(KEY, overview.key, line)


def _topic_money(lines: Iterable[Record]) -> _Money:
    """Sum a topic's money over years and lines; 0 means that nothing is stated."""
    total, least, most, grants = 0, [], [], 0
    for line in lines:
        by_year = line.record("budgetYearMap")
        total += sum(map(by_year.euro, by_year.values))
        least.append(line.euro("minContribution"))
        most.append(line.euro("maxContribution"))
        grants += line.euro("expectedGrants")
    return _Money(
        total=total or None,
        project_min=min(filter(None, least), default=None),
        project_max=max(filter(None, most), default=None),
        grants=grants or None,
    )


_AMOUNT = re.compile(r"(\d+)(?:\.\d+)?(?: EUR)?")


def _stated_money(metadata: Metadata) -> _Money:
    """Read the one amount that cascade calls, external action and tenders may state, if it is in euro."""
    amount = _first(metadata, "budget") or _first(metadata, "cftEstimatedTotalProcedureValue")
    digits = _AMOUNT.fullmatch(amount or "")
    if not digits or (_first(metadata, "currency") or "EUR") != "EUR":
        return _Money()
    return _Money(total=int(digits[1]) or None)


def _json(key: str, field: str, text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ParseError(KEY, "embedded_json", f"{key}: {field} is not JSON: {error}") from error
