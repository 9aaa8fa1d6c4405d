"""Composer: what all readers of an edition share while it is being built.

Candidates are read once, and each content is rendered once. Does not go through the readers (`jobs.editions.build`) or
hold the rules of what is told (`tracker.digests.selection`).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Self

import orjson
from pydantic import TypeAdapter
from sqlmodel import Session

from db import deliveries, editions, runs, strategies, subscribers
from db.calls import Call
from db.deliveries import Told, ToldThing
from db.editions import (
    REGULAR,
    CorrectionAbout,
    Edition,
    EditionKind,
    EditionSegment,
    HoldState,
    MailContent,
    ReleaseAbout,
    WithheldReason,
    about_as,
)
from db.subscribers import LISTS, Cadence, CallChoice, CallMark, DueReader, InterestRow
from jobs.base.app import App
from jobs.editions import candidates
from tracker import sources
from tracker.config import Settings
from tracker.digests import content, periods, selection
from tracker.digests.content import Correction, Digest, Item, SectionKind, SourceRead
from tracker.digests.interests import InterestQuery, Tagged, wanted, wants_of
from tracker.digests.selection import NOTHING_TOLD, Selection
from tracker.emails import mime
from tracker.emails.render import render, whole_page
from tracker.subscriptions.requests import interest_in_words

MOVES_CURSORS = REGULAR | {EditionKind.SWITCH, EditionKind.WELCOME}
WITHHOLDS = {HoldState.HELD: WithheldReason.HELD, HoldState.DROPPED: WithheldReason.DROPPED}  # released ones are told


@dataclass(frozen=True, slots=True)
class Segment:
    """All that decides a reader's digest, apart from what they were told before.

    Readers of one segment who were told the same get the same digest.
    """

    language: str
    cadence: Cadence
    interest_queries: tuple[InterestQuery, ...] = ()
    lead_days: tuple[int, ...] = ()
    followed: tuple[int, ...] = ()
    muted: tuple[int, ...] = ()
    since: date | None = None  # the first day that a pause held back

    @property
    def cursor(self) -> int:
        """The last event that all interests have dealt with."""
        return min((query.cursor for query in self.interest_queries), default=0)

    def pick(self, tagged: Iterable[Tagged]) -> list[Tagged]:
        """The calls that its readers want, each with why and with the events after their cursors."""
        return wanted(tagged, self.interest_queries, self.followed, self.muted)

    def rewound(self) -> Self:
        """The same readers, as if they had been told nothing yet."""
        return replace(self, interest_queries=tuple(replace(query, cursor=0) for query in self.interest_queries))


SEGMENTS = TypeAdapter(Segment)
SEQS: TypeAdapter[frozenset[int]] = TypeAdapter(frozenset[int])


def stored_segment(row: EditionSegment) -> tuple[Segment, frozenset[int]]:
    """A stored segment, maybe written by an earlier version, and the events that its readers were told before.

    Fields that version lacked get their default; fields that today's version lacks are ignored. ValidationError names
    a value that is not valid today.
    """
    return SEGMENTS.validate_python(row.segment), SEQS.validate_python(row.segment.get("events", ()))


class Composer:
    """Composes the digests of one edition, and stores their contents and segments.

    `next_on` is the scheduled day of the next regular edition of each cadence.
    """

    def __init__(self, session: Session, app: App, edition: Edition, next_on: Mapping[str, date] | None = None) -> None:
        self.app = app
        self.edition = edition
        correction = edition.about if isinstance(edition.about, CorrectionAbout) else None
        self.answers = correction.answers if correction else {}  # the mail that told the fact, by reader
        self.next_on = {cadence.value: _day_after(edition, cadence, next_on or {}) for cadence in Cadence}
        cadence = edition.kind.cadence
        self.since = subscribers.least_cursor(session, cadence)
        self.names = {spearhead.key: dict(spearhead.names) for spearhead in strategies.all_spearheads(session)}
        until_next = max(self.next_on[each.value] - edition.on for each in ([cadence] if cadence else Cadence))
        lead = max(subscribers.lead_days(session, cadence), default=0)
        self.tagged = _in_reach(self, session, lead + until_next.days)
        self.withheld = _withheld_events(session, edition)
        self.source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
        self.coverage = _coverage(session, app.settings)
        self.made_at = app.clock()
        self.links = mime.marked_links(app.settings.mail.base_url)
        self._stored = editions.contents_of(session, edition.id or 0)  # of a build that was interrupted
        self._segments = editions.segments_of(session, edition.id or 0)
        self._selections: dict[tuple[Segment, Told], Selection] = {}
        self._contents: dict[tuple[Segment, tuple[Any, ...]], int] = {}
        self._segment_ids: dict[tuple[Segment, Told], int] = {}

    def already_told(self, session: Session, readers: Sequence[DueReader]) -> dict[int, Told]:
        """What each of these readers was told before, as far as this edition could tell it again."""
        leads = {(lead, self.next_on[r.cadence]) for r in readers for lead in lead_days_of(r.lead_days)}
        on = self.edition.on
        names = {
            name
            for call in self.tagged
            for lead, next_on in leads
            for name in selection.reminders(call, (lead,), on, next_on)
        }
        marks = {f"{selection.OPEN_NOW}:{tagged.call.id}" for tagged in self._asked_whether_told()}
        known = {call_id for tagged in self._asked_whether_told() for call_id in tagged.ids}
        since = min(self._events(), default=1) - 1
        ids = [reader.id for reader in readers]
        return deliveries.already_told(session, ids, since, names | marks, known)

    def count_events(self) -> int:
        """The number of candidate events of this edition."""
        return len(self._events())

    def _events(self) -> list[int]:
        return [event.seq or 0 for tagged in self.tagged for event in tagged.events]

    def _asked_whether_told(self) -> list[Tagged]:
        """The calls for which it matters whether a reader was ever told: all in a welcome, else the withdrawn ones."""
        is_welcome = self.edition.kind is EditionKind.WELCOME
        return [tagged for tagged in self.tagged if is_welcome or tagged.call.withdrawn_at is not None]

    def select(self, segment: Segment, already_told: Told = NOTHING_TOLD) -> Selection:
        """What this edition tells and withholds, for a reader of this segment who was already told this much."""
        key = (segment, already_told)
        if key not in self._selections:
            self._selections[key] = SELECT[self.edition.kind](self, segment, already_told)
        return self._selections[key]

    def segment_id(self, session: Session, segment: Segment, already_told: Told) -> int:
        """The id of the row that proves what readers of this segment were told or not; written at the first call."""
        key = (segment, already_told)
        if key not in self._segment_ids:
            plain = asdict(segment) | {name: sorted(values) for name, values in already_told._asdict().items()}
            name = sha256(orjson.dumps(plain)).hexdigest()
            self._segment_ids[key] = self._segments.get(name) or self._note_segment(session, name, plain, key)
        return self._segment_ids[key]

    def _note_segment(self, session: Session, name: str, plain: dict[str, Any], key: tuple[Segment, Told]) -> int:
        withheld = dict(sorted(self.select(*key).withheld.items()))
        as_json = orjson.loads(orjson.dumps(plain))
        row = EditionSegment(edition_id=self.edition.id or 0, hash=name, segment=as_json, withheld=withheld)
        session.add(row)
        session.flush()
        return row.id or 0

    def content(self, session: Session, segment: Segment, items: tuple[Item, ...]) -> int:
        """The id of the frozen mail with these items; rendered for its first reader."""
        key = (segment, tuple((item.call.id, item.event_seqs, item.reminders) for item in items))
        if key not in self._contents:
            self._contents[key] = self._freeze(session, self.digest(segment, items), items)
        return self._contents[key]

    def message_id(self, reader: DueReader) -> str:
        """The Message-ID of this edition's mail to this reader; the same however often it is built."""
        domain = self.app.settings.mail.sender.rpartition("@")[2]
        return mime.message_id(self.app.secret, self.edition.id or 0, reader.id, domain)

    def digest(self, segment: Segment, items: Sequence[Item]) -> Digest:
        """The digest of these items for readers of this segment."""
        edition, region = self.edition, self.app.region
        coverage = tuple(read.shown for read in self.coverage if _is_of(read, segment))
        return Digest(
            edition=edition.id or 0,
            cadence=segment.cadence,
            period=edition.period,
            on=edition.on,
            from_on=segment.since or edition.from_on,
            to_on=edition.to_on,
            catch_up=edition.catch_up,
            language=segment.language,
            region=region.name_in(segment.language),
            interests=tuple(dict.fromkeys(self._in_words(q, segment.language) for q in segment.interest_queries)),
            sections=content.sections(items, self.source_names, edition.on),
            coverage=coverage,
            kind="" if edition.kind.cadence else edition.kind.value,
            since_pause=segment.since is not None,
            correction=_correction(edition),
            without_audience=_count_unsaid(items, segment, InterestQuery.cannot_tell_audience),
            without_money=_count_unsaid(items, segment, InterestQuery.cannot_tell_money),
        )

    def _in_words(self, query: InterestQuery, language: str) -> str:
        names = {key: names.get(language, key) for key, names in self.names.items()}
        return interest_in_words(wants_of(query), names, self.source_names, language)

    def _freeze(self, session: Session, digest: Digest, items: tuple[Item, ...]) -> int:
        mail = self.app.settings.mail
        rendered = render(digest, self.links, self.app.region.zone, mail.contact)
        is_answer = self.edition.kind is EditionKind.CORRECTION
        template = mime.freeze(rendered, self.links, mail, is_answer=is_answer)
        things = [thing for item in items for thing in told_things(item)]
        name = sha256(template + orjson.dumps([vars(thing) for thing in things])).hexdigest()
        if name in self._stored:
            return self._stored[name]
        page = whole_page(digest, self.links, self.app.region.zone, mail.contact) if rendered.left_out else None
        content = MailContent(
            edition_id=self.edition.id or 0, hash=name, subject=rendered.subject, template=template, page=page
        )
        session.add(content)
        session.flush()
        deliveries.add_content_items(session, content.id or 0, things)
        self._stored[name] = content.id or 0  # readers of other segments may get the very same mail
        return content.id or 0


def _day_after(edition: Edition, cadence: Cadence, scheduled: Mapping[str, date]) -> date:
    """The day of the next regular edition of a cadence; by the calendar where the schedule says none."""
    on = scheduled.get(cadence.value, date.max)
    return on if edition.on < on < date.max else periods.period_of(cadence, edition.on).last + timedelta(days=1)


def _count_unsaid(items: Sequence[Item], segment: Segment, cannot_tell: Callable[[InterestQuery, Call], bool]) -> int:
    """How many calls are told only to interests that ask for something which the call does not say."""
    count = 0
    for item in items:
        meeting = [query for query in segment.interest_queries if query.reasons(item.call, item.reasons)]
        count += bool(meeting) and all(cannot_tell(query, item.call) for query in meeting)
    return count


def told_things(item: Item) -> list[ToldThing]:
    """What a mail tells of one call: every event and every reminder."""
    things = [(seq, None) for seq in item.event_seqs] + [(None, name) for name in item.reminders]
    call_id, section = item.call.id or 0, item.section.value
    return [ToldThing(call_id=call_id, section=section, event_seq=seq, reminder=name) for seq, name in things]


# --- candidates and selection by the kind of edition ------------------------------------------------------------------


def _in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    found = REACH[composer.edition.kind](composer, session, lead)
    return candidates.with_queries(found, subscribers.queries(session), composer.app.compiled)


def _news_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    edition, names = composer.edition, composer.names
    found = candidates.of_events(session, composer.since, edition.to_seq, names)
    return candidates.closing(session, found, edition.on, lead, names)


def _open_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    edition, names = composer.edition, composer.names
    found = candidates.of_events(session, composer.since, edition.to_seq, names)
    return candidates.open_now(session, found, edition.on, names)


def _released_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    released = about_as(composer.edition, ReleaseAbout).events
    return candidates.of_events(session, min(released) - 1, max(released), composer.names, released)


def _corrected_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    return candidates.of_calls(session, about_as(composer.edition, CorrectionAbout).calls, composer.names)


REACH = {
    **dict.fromkeys(REGULAR, _news_in_reach),
    EditionKind.SWITCH: _news_in_reach,
    EditionKind.URGENT: _news_in_reach,
    EditionKind.WELCOME: _open_in_reach,
    EditionKind.RELEASE: _released_in_reach,
    EditionKind.CORRECTION: _corrected_in_reach,
}


def _wanted(composer: Composer, segment: Segment) -> tuple[list[Tagged], dict[int, WithheldReason]]:
    """The calls that readers of this segment want, without the withheld events; and those events, each with why."""
    calls = segment.pick(composer.tagged)
    withheld = {e.seq: composer.withheld[e.seq] for call in calls for e in call.events if e.seq in composer.withheld}
    free = [replace(call, events=tuple(e for e in call.events if e.seq not in withheld)) for call in calls]
    return (free, withheld) if withheld else (calls, {})


def _regular(composer: Composer, segment: Segment, already_told: Told) -> Selection:
    tagged, withheld = _wanted(composer, segment)
    next_on = None if composer.edition.kind is EditionKind.URGENT else composer.next_on[segment.cadence]
    selected = selection.select_news(tagged, segment.lead_days, composer.edition.on, already_told, next_on)
    return Selection(selected.items, selected.withheld | withheld)


def _urgent(composer: Composer, segment: Segment, already_told: Told) -> Selection:
    return selection.select_urgent(
        _regular(composer, segment, already_told), composer.edition.on, composer.next_on[segment.cadence]
    )


def _welcome(composer: Composer, segment: Segment, already_told: Told) -> Selection:
    tagged, withheld = _wanted(composer, segment)
    next_on = composer.next_on[segment.cadence]
    selected = selection.select_open(tagged, segment.lead_days, composer.edition.on, already_told, next_on)
    return Selection(selected.items, selected.withheld | withheld)


def _release(composer: Composer, segment: Segment, already_told: Told) -> Selection:
    """Only the released events: the readers' cursors are past them, and reminders are left to regular editions."""
    tagged = segment.rewound().pick(composer.tagged)
    return selection.select_news(tagged, (), composer.edition.on, already_told)


def _correction_of(composer: Composer, segment: Segment, already_told: Told) -> Selection:
    """Every call it corrects, with this reader's own present reasons only: other readers' queries are private."""
    mark = f"correction:{composer.edition.id}"
    why = {tagged.call.id: tagged.reasons for tagged in segment.pick(composer.tagged)}
    items = [
        Item(call, SectionKind.CORRECTED, (), why.get(call.id, ()), (), (f"{mark}:{call.id}",), also)
        for call, also in ((tagged.call, tagged.also) for tagged in composer.tagged)
    ]
    return Selection(tuple(items), {})


SELECT = {
    **dict.fromkeys(REGULAR, _regular),
    EditionKind.SWITCH: _regular,
    EditionKind.URGENT: _urgent,
    EditionKind.WELCOME: _welcome,
    EditionKind.RELEASE: _release,
    EditionKind.CORRECTION: _correction_of,
}


def _withheld_events(session: Session, edition: Edition) -> dict[int, WithheldReason]:
    """The events that this edition tells nobody, each with why; its own holds stay held, whatever was decided since."""
    held_here = [seq for hold in editions.holds_of(session, edition.id or 0) for seq in hold.events]
    states = editions.events_held(session, *WITHHOLDS)
    return {seq: WITHHOLDS[state] for seq, state in states.items()} | dict.fromkeys(held_here, WithheldReason.HELD)


def _correction(edition: Edition) -> Correction | None:
    if edition.kind is not EditionKind.CORRECTION:
        return None
    about = about_as(edition, CorrectionAbout)
    return Correction(about.fact, about.wrong, about.right, about.note)


# --- readers as segments ----------------------------------------------------------------------------------------------


def segment_of(
    reader: DueReader, interests: Sequence[InterestRow], choices: Iterable[CallChoice] = (), since: date | None = None
) -> Segment:
    """The segment of a reader."""
    marks = list(choices)
    return Segment(
        language=reader.language,
        cadence=reader.cadence,
        interest_queries=_interest_queries(tuple(interests)),
        lead_days=lead_days_of(reader.lead_days),
        followed=tuple(mark.call_id for mark in marks if mark.choice is CallMark.FOLLOW),
        muted=tuple(mark.call_id for mark in marks if mark.choice is CallMark.MUTE),
        since=since,
    )


@lru_cache(4096)
def lead_days_of(text: str) -> tuple[int, ...]:
    """Lead times from their JSON text."""
    return tuple(json.loads(text))


@lru_cache(4096)
def _interest_queries(rows: tuple[InterestRow, ...]) -> tuple[InterestQuery, ...]:
    """Interests as queries, sorted so that equal readers share a segment."""
    return tuple(sorted({_interest_query(row) for row in rows}, key=repr))


def _interest_query(row: InterestRow) -> InterestQuery:
    given = row._asdict()
    return InterestQuery(**given | {name: tuple(json.loads(given[name])) for name in LISTS})


# --- coverage ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A source's key, and its line in the coverage footer."""

    key: str
    shown: SourceRead


def _coverage(session: Session, settings: Settings) -> tuple[SourceStatus, ...]:
    """All sources that are read or have been; one that is enabled and never was is named as that."""
    modules = sources.modules(settings.sources).items()
    names = {key: module.SOURCE.name for key, module in modules if not module.SOURCE.for_admins}
    return tuple(
        SourceStatus(read.source, SourceRead(names[read.source], read.accepted_at, read.blind_since, read.unread))
        for read in runs.coverages(session, names)
        if read.accepted_at or read.blind_since or settings.source(read.source).enabled
    )


def _is_of(read: SourceStatus, segment: Segment) -> bool:
    """Whether a reader's interests include this source; they may be limited to some."""
    return (
        any(not query.sources or read.key in query.sources for query in segment.interest_queries)
        or not segment.interest_queries
    )
