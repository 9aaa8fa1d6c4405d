"""The answers of the API. A fact of a call is named as in exports; days and instants are ISO, money is whole euro."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from db.calls import Call, CallStatus, CallVersion
from db.eligibility import Finding
from db.event_log import CallEvent, EventKind
from db.strategies import Level, Spearhead, Tagging
from jobs.publishing.coverage import CoveredSource
from jobs.publishing.listing import SpearheadCount
from tracker.emails.sanitise import safe_url
from tracker.feeds.tables import CSV_COLUMNS, CallRow
from tracker.rounds.linking import Likeness


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


EXAMPLES: dict[str, Any] = {
    "id": 341,
    "status": "open",
    "closes_on": "2026-09-17",
    "spearheads": ["food"],
    "source": "portal",
    "kind": "topic",
    "identifier": "HORIZON-CL6-2026-01-BIODIV-01",
    "title": "Understanding and tackling the decline of insects",
    "programme": "HORIZON",
    "deadlines": [{"on": "2026-09-17", "at": None, "stage": None}],
    "budget_total": 13_000_000,
    "may_apply": ["sme", "research"],
    "funding_percent": [100],
}


def _shown(name: str) -> tuple[Any, Any]:
    return CallRow.model_fields[name].annotation, Field(examples=[EXAMPLES[name]] if name in EXAMPLES else None)


# All facts but the whole pages, as in a spreadsheet.
ListedFacts = create_model(
    "ListedFacts",
    __base__=_Answer,
    __doc__="A call of a list: all facts but its text and its conditions, and who may apply.",
    **{name: _shown(name) for name in CSV_COLUMNS},  # type: ignore[call-overload]
)


class CallsAnswer(_Answer):
    """One page of a list. `after` is what to ask with for the next page, `before` for the one before it."""

    total: int = Field(description="calls of all pages", examples=[78])
    after: str | None
    before: str | None
    calls: tuple[ListedFacts, ...]


class EvidenceOfTag(_Answer):
    """Where one rule matched in one field of a call: spans of characters, and the words there."""

    rule: str
    field: str = Field(examples=["title", "text"])
    points: float
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]
    under: str = Field("", description="the heading in the text above the first of them")
    further_down: bool = False


class TagOfCall(_Answer):
    """A spearhead of a call. Without evidence a person has set it."""

    spearhead: str = Field(examples=["food"])
    strategy: str
    score: int
    tagged_at: datetime
    evidence: tuple[EvidenceOfTag, ...]


class RoundOfCall(_Answer):
    """Another round of a call: in an earlier or a later year. `likeness` says how sure that is."""

    call_id: int = Field(examples=[290])
    identifier: str
    title: str
    year: int = Field(description="of its identifier", examples=[2024])
    likeness: Likeness
    status: CallStatus
    opens_on: date | None
    deadlines: tuple[date, ...]
    budget_total: int | None


class CallAnswer(_Answer):
    """One call in full: its facts with who may apply, its tags, what both rest on, and its other rounds."""

    call: CallRow
    tags: tuple[TagOfCall, ...]
    eligibility: tuple[Finding, ...] = Field(description="what the facts of who may apply rest on")
    rounds: tuple[RoundOfCall, ...] = Field(description="its other rounds, newest first; most topics open once")
    set_by_hand: tuple[str, ...] = Field(description="the facts that a person has set above the source")
    read_at: datetime | None = Field(description="when its source was last read as it should be")
    page: str = Field(description="the address for people")


class VersionAnswer(_Answer):
    """The facts of a call as its source stated them from an instant on."""

    seen_at: datetime
    changed: tuple[str, ...] = Field(description="the facts that differ from the version before")
    facts: dict[str, Any] = Field(description="by the names of a call's facts, without what we add to them")


class VersionsAnswer(_Answer):
    """All versions of a call, the oldest first."""

    versions: tuple[VersionAnswer, ...]


class EventAnswer(_Answer):
    """A change of a call that is news. What `old` and `new` hold hangs on the kind."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 129,
                "at": "2026-11-05T04:00:00Z",
                "kind": "deadline_later",
                "call": 341,
                "title": "Understanding and tackling the decline of insects",
                "url": "https://ec.europa.eu/topic/341",
                "old": {"deadlines": ["2026-09-17"]},
                "new": {"deadlines": ["2026-11-04"]},
            }
        }
    )

    id: int
    at: datetime
    kind: EventKind
    call: int = Field(description="the call's id")
    title: str
    url: str | None = Field(description="the official page")
    old: dict[str, Any] | None
    new: dict[str, Any] | None


class EventsAnswer(_Answer):
    """Some events, the oldest first; `after` is what to ask with next, now or another day."""

    after: str = Field(examples=["MTI5"])
    more: bool = Field(description="whether there are more right now")
    events: tuple[EventAnswer, ...]


class SpearheadAnswer(_Answer):
    """A spearhead: what it is, by language, and what is open and coming of it."""

    key: str = Field(examples=["food"])
    level: Level
    names: dict[str, str]
    descriptions: dict[str, str]
    links: tuple[str, ...]
    open: int
    forthcoming: int
    deadlines: tuple[date, ...] = Field(description="the cut-offs ahead of all its calls")


class SpearheadsAnswer(_Answer):
    """All spearheads, by key."""

    spearheads: tuple[SpearheadAnswer, ...]


class SourceAnswer(_Answer):
    """A source and how well it is read."""

    key: str = Field(examples=["portal"])
    name: str
    publisher: str
    home: str
    licence: str
    read_at: datetime | None = Field(description="when it was last read as it should be")
    blind_since: datetime | None = Field(description="since when it is not")
    readings_a_week: int
    calls_now: int = Field(description="open and forthcoming")
    calls_known: int


class SourcesAnswer(_Answer):
    """The sources that are read, by name."""

    sources: tuple[SourceAnswer, ...]


def tag_answer(tagging: Tagging) -> TagOfCall:
    """A tagging with its evidence."""
    return TagOfCall.model_validate(tagging)


def versions_answer(versions: Iterable[CallVersion]) -> VersionsAnswer:
    """Versions, oldest first, each with what changed."""
    made: list[VersionAnswer] = []
    before: dict[str, Any] | None = None
    for version in versions:
        facts = dict(version.facts)
        names = dict.fromkeys([*facts, *(before or ())]) if before is not None else {}
        changed = tuple(name for name in names if facts.get(name) != (before or {}).get(name))
        made.append(VersionAnswer(seen_at=version.seen_at, changed=changed, facts=facts))
        before = facts
    return VersionsAnswer(versions=tuple(made))


def event_answer(event: CallEvent, call: Call) -> EventAnswer:
    """An event of a call."""
    return EventAnswer(
        id=event.seq or 0,
        at=event.at,
        kind=event.kind,
        call=event.call_id,
        title=call.title,
        url=safe_url(call.url),
        old=event.old,
        new=event.new,
    )


def spearhead_answer(head: Spearhead, counted: SpearheadCount) -> SpearheadAnswer:
    """A spearhead with what is ahead of it."""
    return SpearheadAnswer(
        key=head.key,
        level=head.level,
        names=dict(head.names),
        descriptions=dict(head.descriptions),
        links=head.links,
        open=counted.open,
        forthcoming=counted.coming,
        deadlines=counted.deadlines,
    )


def source_answer(covered: CoveredSource) -> SourceAnswer:
    """A source with its coverage."""
    return SourceAnswer(
        **{name: getattr(covered.source, name) for name in ("key", "name", "publisher", "home", "licence")},
        read_at=covered.read.accepted_at,
        blind_since=covered.read.blind_since,
        readings_a_week=covered.readings_a_week,
        calls_now=covered.calls_now,
        calls_known=covered.calls_known,
    )
