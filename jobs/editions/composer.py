"""Composer: what all readers of an edition share while it is being built.

Candidates are read once, and each content is rendered once. Does not go through the readers (`jobs.editions.build`) or
hold the rules of what is told (`tracker.digests.selection`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from sqlmodel import Session

from db import deliveries, editions, event_log, owed, strategies, subscribers
from db.calls import Among
from db.deliveries import Told, ToldThing
from db.editions import (
    REGULAR,
    CorrectionAbout,
    Edition,
    EditionKind,
    HoldState,
    ReleaseAbout,
    SelectionAbout,
    WithheldReason,
    about_as,
)
from db.readable import in_words, unread_rows
from db.subscribers import Cadence, DueReader
from jobs.base.apart import each_apart
from jobs.base.app import App
from jobs.editions import candidates
from jobs.editions.left_out import LeftOut, call_left_out, row_left_out
from jobs.editions.segments import Group, Segment, lead_days_of
from jobs.editions.source_lines import is_of_interest, source_lines
from tracker import l10n, sources
from tracker.digests import content, periods, selection
from tracker.digests.content import Correction, Digest, Item, SectionKind
from tracker.digests.interests import InterestQuery, Tagged, wants_of
from tracker.digests.selection import NOTHING_TOLD, Selection
from tracker.emails import mime
from tracker.emails.render import render, whole_page
from tracker.subscriptions.requests import interest_in_words

MOVES_CURSORS = REGULAR | {EditionKind.SWITCH, EditionKind.WELCOME}
TELLS_ALL = MOVES_CURSORS | {EditionKind.RELEASE}  # kinds that settle every candidate event
WITHHOLDS = {HoldState.HELD: WithheldReason.HELD, HoldState.DROPPED: WithheldReason.DROPPED}  # released ones are told


class Mail(NamedTuple):
    """The mail of one segment's items, before it is stored. `left_out` counts the calls it had no room for."""

    digest: Digest
    subject: str
    template: bytes
    left_out: int


class Frozen(NamedTuple):
    """The mail of one segment's items as its row, and the things that it tells."""

    row: dict[str, Any]
    things: list[ToldThing]


ContentKey = tuple[Segment, tuple[Any, ...]]


class Composer:
    """Composes the digests of one edition, and stores their contents and segments.

    `next_on` is the scheduled day of the next regular edition of each cadence; `among` is a query of the calls that its
    readers can want at all, if that is known. `left_out` is what had to be left out so far, with the reason: calls that
    cannot be put into words, and readers without a digest.
    """

    def __init__(
        self,
        session: Session,
        app: App,
        edition: Edition,
        next_on: Mapping[str, date] | None = None,
        among: Among | None = None,
    ) -> None:
        self.app, self.among = app, among
        self.edition = edition
        correction = edition.about if isinstance(edition.about, CorrectionAbout) else None
        self.chosen = edition.about if isinstance(edition.about, SelectionAbout) else None
        self.answers = correction.answers if correction else {}  # the mail that told the fact, by reader
        self.next_on = {cadence.value: _day_after(edition, cadence, next_on or {}) for cadence in Cadence}
        cadence = edition.kind.cadence
        self.since = subscribers.least_cursor(session, cadence)
        self.own = strategies.own_tags(session)
        self.names = {spearhead.key: dict(spearhead.names) for spearhead in strategies.all_spearheads(session)}
        until_next = max(self.next_on[each.value] - edition.on for each in ([cadence] if cadence else Cadence))
        lead = max(subscribers.lead_days(session, cadence), default=0)
        self.owed = owed.owed_events(session)
        self.queries = subscribers.queries(session)
        self.bad_queries = candidates.bad_queries(self.queries, app.compiled)
        self.tagged = _in_reach(self, session, lead + until_next.days)
        self.unread = event_log.unread_events(session, self.since, edition.to_seq)
        self.left_out: dict[str, LeftOut] = {}
        for row, why in unread_rows(session).items():
            self.leave_out(row_left_out(session, row, why))
        self.withheld = _withheld_events(session, edition)
        self.source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
        self.coverage = source_lines(session, app.settings)
        self.made_at = app.clock()
        self.links = mime.marked_links(app.settings.mail.base_url)
        self._stored = editions.contents_of(session, edition.id or 0)  # of a build that was interrupted
        self._segments = editions.segments_of(session, edition.id or 0)
        self._groups: dict[tuple[Segment, Told], Group] = {}
        self._mails: dict[ContentKey, Mail] = {}
        self._contents: dict[ContentKey, int] = {}

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
        marks |= {selection.chosen_mark(call.call) for call in self.tagged} if self.chosen else set()
        known = {call_id for tagged in self._asked_whether_told() for call_id in tagged.ids}
        since = min(self.events, default=1) - 1
        ids = [reader.id for reader in readers]
        return deliveries.already_told(session, ids, since, names | marks, known)

    @cached_property
    def events(self) -> frozenset[int]:
        """The candidate events of this edition."""
        return frozenset(event.seq or 0 for tagged in self.tagged for event in tagged.events)

    def _asked_whether_told(self) -> list[Tagged]:
        """The calls for which it matters whether a reader was ever told.

        All in a welcome and in a selection, else the withdrawn ones.
        """
        is_any = self.edition.kind in (EditionKind.WELCOME, EditionKind.SELECTION)
        return [tagged for tagged in self.tagged if is_any or tagged.call.withdrawn_at is not None]

    def group(self, segment: Segment, already_told: Told = NOTHING_TOLD) -> Group:
        """The readers of this segment who were already told this much, with what this edition selects for them.

        A call that cannot be put into words is left out, and its events are withheld for that reason.
        """
        key = (segment, already_told)
        found = self._groups.get(key)
        if found is None:
            found = self._groups[key] = Group(segment, already_told, self._select(segment, already_told))
        return found

    def _select(self, segment: Segment, already_told: Told) -> Selection:
        hidden: list[Tagged] = []

        def written(calls: Sequence[Tagged]) -> tuple[Selection, Mail | None]:
            selected = SELECT[self.edition.kind](self, segment, already_told, calls)
            is_trial = calls is not self.tagged
            is_needed = bool(selected.items) and _content_key(segment, selected.items) not in self._contents
            return selected, self._write(segment, selected.items) if is_needed or is_trial else None

        def hide(tagged: Tagged, error: Exception) -> None:
            hidden.append(tagged)
            self.leave_out(call_left_out(tagged.call, in_words(error)))

        selected, mail = each_apart(self.tagged, written, hide)
        if mail and selected.items:
            self._mails[_content_key(segment, selected.items)] = mail
        not_shown = self._not_shown(segment, already_told, hidden) if self.edition.kind in TELLS_ALL else {}
        return Selection(selected.items, selected.withheld | not_shown) if not_shown else selected

    def _not_shown(self, segment: Segment, already_told: Told, hidden: Sequence[Tagged]) -> dict[int, WithheldReason]:
        """The events that this segment's readers may want and that cannot be shown to them."""
        readers = segment.rewound() if self.edition.kind is EditionKind.RELEASE else segment
        seqs = {seq for seq in self.unread if seq > readers.cursor}
        seqs |= {event.seq for call in _picked(readers, hidden) for event in call.events if event.seq is not None}
        return dict.fromkeys(sorted(seqs - already_told.events - self.withheld.keys()), WithheldReason.NOT_SHOWN)

    def leave_out(self, what: LeftOut) -> None:
        """Note that something had to be left out, to be named to the admins."""
        self.left_out.setdefault(what.subject, what)

    def store(self, session: Session, groups: Iterable[Group], mailed: Iterable[Group]) -> None:
        """Store these groups and the mails of those that get one, as far as they are new; then they have their ids.

        It takes a statement for each table, however many there are.
        """
        self._store_segments(session, [group for group in dict.fromkeys(groups) if group.segment_id is None])
        new = {
            group: _content_key(group.segment, group.selected.items)
            for group in dict.fromkeys(mailed)
            if group.content_id is None
        }
        self._store_mails(session, {key: group for group, key in new.items() if key not in self._contents})
        for group, key in new.items():
            group.content_id = self._contents[key]

    def _store_segments(self, session: Session, groups: Sequence[Group]) -> None:
        plain = {group: orjson.dumps(group.in_plain_values()) for group in groups}
        names = {group: sha256(plain[group]).hexdigest() for group in groups}
        rows = {
            names[group]: {
                "edition_id": self.edition.id or 0,
                "hash": names[group],
                "segment": orjson.loads(plain[group]),
                "withheld": dict(sorted(group.selected.withheld.items())),
            }
            for group in groups
            if names[group] not in self._segments
        }
        self._segments |= editions.add_segments(session, list(rows.values()))
        for group, name in names.items():
            group.segment_id = self._segments[name]

    def _store_mails(self, session: Session, mails: Mapping[ContentKey, Group]) -> None:
        frozen = {key: self._frozen(self._mail_of(key, group), group.selected.items) for key, group in mails.items()}
        new = {one.row["hash"]: one for one in frozen.values() if one.row["hash"] not in self._stored}
        ids = editions.add_contents(session, [one.row for one in new.values()])
        things = [(ids[name], thing) for name, one in new.items() for thing in one.things]
        deliveries.add_content_items(session, things)
        self._stored |= ids  # readers of other segments may get the very same mail
        self._contents |= {key: self._stored[one.row["hash"]] for key, one in frozen.items()}

    def message_id(self, reader: DueReader) -> str:
        """The Message-ID of this edition's mail to this reader; the same however often it is built."""
        domain = self.app.settings.mail.sender.rpartition("@")[2]
        return mime.message_id(self.app.secret, self.edition.id or 0, reader.id, domain)

    def digest(self, segment: Segment, items: Sequence[Item]) -> Digest:
        """The digest of these items for readers of this segment."""
        edition, region, chosen = self.edition, self.app.region, self.chosen
        language = segment.language
        notes = chosen.notes.items() if chosen else ()
        remarks = {call_id: l10n.in_language(words, language) for call_id, words in notes}
        coverage = tuple(read.shown for read in self.coverage if is_of_interest(read, segment))
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
            sections=content.sections(items, self.source_names, edition.on, remarks),
            coverage=coverage,
            kind="" if edition.kind.cadence else edition.kind.value,
            since_pause=segment.since is not None,
            correction=_correction(edition),
            title=chosen.title if chosen else "",
            foreword=l10n.in_language(chosen.forewords, language) if chosen else "",
            applicant=segment.applicant,
            without_audience=_count_unsaid(items, segment, _cannot_tell_audience),
            colours=(region.brand.colour, region.brand.dark),
            without_money=_count_unsaid(items, segment, lambda query, item: query.cannot_tell_money(item.call)),
        )

    def _in_words(self, query: InterestQuery, language: str) -> str:
        names = {key: names.get(language, key) for key, names in self.names.items()}
        return interest_in_words(wants_of(query), names, self.source_names, language)

    def _mail_of(self, key: ContentKey, group: Group) -> Mail:
        return self._mails.pop(key) if key in self._mails else self._write(group.segment, group.selected.items)

    def _write(self, segment: Segment, items: Sequence[Item]) -> Mail:
        settings, digest = self.app.settings.mail, self.digest(segment, items)
        rendered = render(digest, self.links, self.app.region.zone, settings.contact)
        is_answer = self.edition.kind is EditionKind.CORRECTION
        template = mime.freeze(rendered, self.links, settings, is_answer=is_answer)
        return Mail(digest, rendered.subject, template, rendered.left_out)

    def _frozen(self, mail: Mail, items: tuple[Item, ...]) -> Frozen:
        things = [thing for item in items for thing in told_things(item)]
        name = sha256(mail.template + orjson.dumps([vars(thing) for thing in things])).hexdigest()
        zone, contact = self.app.region.zone, self.app.settings.mail.contact
        page = whole_page(mail.digest, self.links, zone, contact) if mail.left_out else None
        row = {"edition_id": self.edition.id or 0, "hash": name, "subject": mail.subject}
        return Frozen(row | {"template": mail.template, "page": page}, things)


def _content_key(segment: Segment, items: Sequence[Item]) -> ContentKey:
    return segment, tuple((item.call.id, item.event_seqs, item.reminders) for item in items)


def _picked(segment: Segment, hidden: Sequence[Tagged]) -> list[Tagged]:
    """The calls among these that the segment's readers want; one for which even that cannot be said is among them."""
    doubtful: list[Tagged] = []
    return [*each_apart(hidden, segment.pick, lambda tagged, _: doubtful.append(tagged)), *doubtful]


def _day_after(edition: Edition, cadence: Cadence, scheduled: Mapping[str, date]) -> date:
    """The day of the next regular edition of a cadence; by the calendar where the schedule says none."""
    on = scheduled.get(cadence.value, date.max)
    return on if edition.on < on < date.max else periods.period_of(cadence, edition.on).last + timedelta(days=1)


def _cannot_tell_audience(query: InterestQuery, item: Item) -> bool:
    return query.cannot_tell_audience(item.call, item.eligibility)


def _count_unsaid(items: Sequence[Item], segment: Segment, cannot_tell: Callable[[InterestQuery, Item], bool]) -> int:
    """How many calls are told only to interests that ask for something which the call does not say."""
    count = 0
    for item in items:
        meeting = [query for query in segment.interest_queries if query.reasons(item.call, item.reasons)]
        count += bool(meeting) and all(cannot_tell(query, item) for query in meeting)
    return count


def told_things(item: Item) -> list[ToldThing]:
    """What a mail tells of one call: every event and every reminder."""
    things = [(seq, None) for seq in item.event_seqs] + [(None, name) for name in item.reminders]
    call_id, section = item.call.id or 0, item.section.value
    return [ToldThing(call_id=call_id, section=section, event_seq=seq, reminder=name) for seq, name in things]


# --- candidates and selection by the kind of edition ------------------------------------------------------------------


def _in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    found = REACH[composer.edition.kind](composer, session, lead)
    return candidates.with_queries(found, composer.queries, composer.app.compiled)


def _news_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    edition, names = composer.edition, composer.names
    found = candidates.of_events(session, composer.since, edition.to_seq, names, also=composer.owed)
    return candidates.closing(session, found, edition.on, lead, names, composer.among)


def _open_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    edition, names = composer.edition, composer.names
    found = candidates.of_events(session, composer.since, edition.to_seq, names, also=composer.owed)
    return candidates.open_now(session, found, edition.on, names)


def _released_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    released = about_as(composer.edition, ReleaseAbout).events
    return candidates.of_events(session, min(released) - 1, max(released), composer.names, released)


def _corrected_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    return candidates.of_calls(session, about_as(composer.edition, CorrectionAbout).calls, composer.names)


def _chosen_in_reach(composer: Composer, session: Session, lead: int) -> list[Tagged]:
    return candidates.with_their_events(session, about_as(composer.edition, SelectionAbout).calls, composer.names)


REACH = {
    **dict.fromkeys(REGULAR, _news_in_reach),
    EditionKind.SWITCH: _news_in_reach,
    EditionKind.URGENT: _news_in_reach,
    EditionKind.WELCOME: _open_in_reach,
    EditionKind.RELEASE: _released_in_reach,
    EditionKind.CORRECTION: _corrected_in_reach,
    EditionKind.SELECTION: _chosen_in_reach,
}


def _wanted(
    composer: Composer, segment: Segment, among: Sequence[Tagged]
) -> tuple[list[Tagged], dict[int, WithheldReason]]:
    """The calls that readers of this segment want, without the withheld events; and those events, each with why."""
    calls = segment.pick(among)
    withheld = {e.seq: composer.withheld[e.seq] for call in calls for e in call.events if e.seq in composer.withheld}
    free = [replace(call, events=tuple(e for e in call.events if e.seq not in withheld)) for call in calls]
    return (free, withheld) if withheld else (calls, {})


def _regular(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    tagged, withheld = _wanted(composer, segment, calls)
    next_on = None if composer.edition.kind is EditionKind.URGENT else composer.next_on[segment.cadence]
    selected = selection.select_news(tagged, segment.lead_days, composer.edition.on, already_told, next_on)
    return Selection(selected.items, selected.withheld | withheld)


def _urgent(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    return selection.select_urgent(
        _regular(composer, segment, already_told, calls), composer.edition.on, composer.next_on[segment.cadence]
    )


def _welcome(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    tagged, withheld = _wanted(composer, segment, calls)
    next_on = composer.next_on[segment.cadence]
    selected = selection.select_open(tagged, segment.lead_days, composer.edition.on, already_told, next_on)
    return Selection(selected.items, selected.withheld | withheld)


def _release(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    """Only the released events: the readers' cursors are past them, and reminders are left to regular editions."""
    tagged = segment.rewound().pick(calls)
    return selection.select_news(tagged, (), composer.edition.on, already_told)


def _correction_of(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    """Every call it corrects, with this reader's own present reasons only: other readers' queries are private."""
    mark = f"correction:{composer.edition.id}"
    why = {tagged.call.id: tagged.reasons for tagged in segment.pick(calls)}
    items = [
        Item(call, SectionKind.CORRECTED, (), why.get(call.id, ()), (), (f"{mark}:{call.id}",), also)
        for call, also in ((tagged.call, tagged.also) for tagged in calls)
    ]
    return Selection(tuple(items), {})


def _selection_of(composer: Composer, segment: Segment, already_told: Told, calls: Sequence[Tagged]) -> Selection:
    """What was chosen, in its order; events that are held back are not counted as told."""
    about = about_as(composer.edition, SelectionAbout)
    free = [replace(c, events=tuple(e for e in c.events if e.seq not in composer.withheld)) for c in calls]
    in_order = sorted(segment.offer(free), key=lambda tagged: min(map(about.calls.index, tagged.ids & {*about.calls})))
    return selection.select_chosen(in_order, composer.edition.on, already_told, repeats=about.repeats)


SELECT = {
    **dict.fromkeys(REGULAR, _regular),
    EditionKind.SWITCH: _regular,
    EditionKind.URGENT: _urgent,
    EditionKind.WELCOME: _welcome,
    EditionKind.RELEASE: _release,
    EditionKind.CORRECTION: _correction_of,
    EditionKind.SELECTION: _selection_of,
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
