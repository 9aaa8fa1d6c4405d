"""Why a reader was told of a call, or not: the call, the reader, what they want, and what became of each event.

Reads the ledger and today's interests, and changes nothing. Does not put it into words (`jobs.editions.words`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from db import deliveries, editions, event_log, strategies, subscribers
from db.deliveries import Delivery, DeliveryItem, DeliveryState
from db.editions import Edition, WithheldReason
from db.event_log import CallEvent
from db.regions import find_ours
from db.subscribers import Actor, Subscriber, SubscriberState
from jobs.base.app import App
from jobs.editions import candidates
from jobs.editions.composer import MOVES_CURSORS
from jobs.editions.planning import next_regular
from jobs.editions.segments import applicant_of
from tracker import sources
from tracker.digests.interests import FOLLOWED, InterestQuery, Tagged, query_of, wanted, wants_of, with_own_region
from tracker.digests.selection import CHOSEN, OPEN_NOW
from tracker.errors import NotFound, Noun
from tracker.subscriptions.requests import interest_in_words


class ClueKind(StrEnum):
    """What is known of one thing that decides whether a reader is told of a call; comments name its values."""

    CALL = "call"  # source, since, status
    WITHDRAWN = "withdrawn"  # on
    TAGGED = "tagged"  # spearheads, words
    NOT_TAGGED = "not_tagged"
    READER = "reader"  # state, cadence, since
    PAUSED = "paused"  # until
    MET = "met"  # interest
    UNMET = "unmet"  # interest, lacking: names of its fields
    FOLLOWED = "followed"
    NO_INTEREST = "no_interest"
    KEPT_BACK = "kept_back"  # why: of what is wanted
    TOLD = "told"  # event, at, edition, on, state
    REMINDED = "reminded"  # edition, on, state
    LISTED = "listed"  # edition, on, state: as open at that time
    WITHHELD = "withheld"  # event, at, edition, on, why
    NOT_WANTED_THEN = "not_wanted_then"  # event, at, edition, on
    NO_MAIL_THEN = "no_mail_then"  # event, at, edition, on, why
    BEFORE = "before"  # event, at
    WAITS = "waits"  # event, at, on
    NOT_WANTED = "not_wanted"  # event, at
    NO_NEWS = "no_news"


class WasTold(StrEnum):
    """Whether the reader was told."""

    TOLD = "told"
    NOT_ARRIVED = "not_arrived"  # they were to be told, by a mail that did not arrive, or may not have
    WAITS = "waits"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing that is known, with its values."""

    kind: ClueKind
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict, the step that decided it, and every step in order."""

    verdict: WasTold
    because: Clue
    steps: tuple[Clue, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """A reader with the call as they would be told it; `want` is None where no interest of theirs wants it."""

    reader: Subscriber
    queries: tuple[InterestQuery, ...]
    tagged: Tagged
    want: Tagged | None


Ledger = Sequence[tuple[Delivery, Edition]]


def why(session: Session, app: App, subscriber_id: int, call_id: int, language: str) -> Explanation:
    """Everything that decides whether a reader is told of a call; interests are worded in a language. NotFound."""
    standing = _standing(session, app, subscriber_id, call_id)
    ledger = deliveries.deliveries_of(session, subscriber_id)
    steps = [
        *_of_call(session, app, standing.tagged, language),
        *_of_reader(app, standing.reader),
        *_of_interests(session, app, standing, language),
        *_of_news(session, app, standing, ledger),
    ]
    verdict, because = _judged(standing, steps)
    return Explanation(verdict, because, tuple(steps))


def _standing(session: Session, app: App, subscriber_id: int, call_id: int) -> Standing:
    reader = find_ours(session, Subscriber, subscriber_id)
    if reader is None:
        raise NotFound(Noun.SUBSCRIBER, subscriber_id)
    names = {head.key: dict(head.names) for head in strategies.all_spearheads(session)}
    tagged = candidates.of_calls(session, [call_id], names)
    if not tagged:
        raise NotFound(Noun.CALL, call_id)
    interests = subscribers.interests_of(session, [subscriber_id]).get(subscriber_id, [])
    own = strategies.own_tags(session) if reader.own_region else ()
    queries = with_own_region([query_of(interest) for interest in interests], own)
    lines = [query.query for query in queries if query.query]
    [with_searches] = candidates.with_queries(tagged, lines, app.compiled)
    marks = subscribers.choices_of(session, [subscriber_id]).get(subscriber_id, [])
    followed, muted = ([m.call_id for m in marks if m.choice.value == mark] for mark in ("follow", "mute"))
    actor = find_ours(session, Actor, reader.actor_id) if reader.actor_id else None
    applicant = applicant_of(actor.type if actor else None, reader.own_kind)
    want = wanted([with_searches], queries, followed, muted, (), applicant)
    return Standing(reader, queries, with_searches, want[0] if want else None)


# --- the call, the reader, and what they want -------------------------------------------------------------------------


def _of_call(session: Session, app: App, tagged: Tagged, language: str) -> Iterator[Clue]:
    call = tagged.call
    source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    source = source_names.get(call.source, call.source)
    yield Clue(ClueKind.CALL, {"source": source, "since": call.first_seen_at, "status": call.status})
    if call.withdrawn_at:
        yield Clue(ClueKind.WITHDRAWN, {"on": call.withdrawn_at})
    heads = [reason for reason in tagged.reasons if reason.names]
    if not heads:
        yield Clue(ClueKind.NOT_TAGGED)
    for reason in heads:
        name = dict(reason.names).get(language, reason.spearhead)
        yield Clue(ClueKind.TAGGED, {"spearhead": name, "words": reason.words or ("–",)})


def _of_reader(app: App, reader: Subscriber) -> Iterator[Clue]:
    since = reader.confirmed_at or reader.created_at
    yield Clue(ClueKind.READER, {"state": reader.state, "cadence": reader.cadence, "since": since})
    if reader.paused_until and reader.paused_until > app.today():
        yield Clue(ClueKind.PAUSED, {"until": reader.paused_until})


def _of_interests(session: Session, app: App, standing: Standing, language: str) -> Iterator[Clue]:
    names = {head.key: head.name_in(language) for head in strategies.all_spearheads(session)}
    source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    if not standing.queries:
        yield Clue(ClueKind.NO_INTEREST)
    for query in standing.queries:
        words = interest_in_words(wants_of(query), names, source_names, language)
        lacking = min((query.lacking(call, standing.tagged.reasons) for call in _same(standing.tagged)), key=len)
        yield (
            Clue(ClueKind.UNMET, {"interest": words, "lacking": lacking})
            if lacking
            else Clue(ClueKind.MET, {"interest": words})
        )
    if standing.want and any(reason.spearhead == FOLLOWED for reason in standing.want.reasons):
        yield Clue(ClueKind.FOLLOWED)
    if standing.want and standing.want.withheld:
        yield Clue(ClueKind.KEPT_BACK, {"why": standing.want.withheld})


def _same(tagged: Tagged) -> Iterable[Any]:
    return (tagged.call, *tagged.also)


# --- what became of each event ----------------------------------------------------------------------------------------


def _of_news(session: Session, app: App, standing: Standing, ledger: Ledger) -> Iterator[Clue]:
    """A step for each event of the call, and for each reminder of it that the reader got."""
    ids = standing.tagged.ids
    by_id = {delivery.id: (delivery, edition) for delivery, edition in ledger}
    told = [item for item in deliveries.told_to(session, standing.reader.id or 0) if item.call_id in ids]
    events = sorted((e for call_id in ids for e in event_log.events_of(session, call_id)), key=lambda e: e.seq or 0)
    told_by = {item.event_seq: by_id[item.delivery_id] for item in told if item.event_seq is not None}
    withheld = _withheld_from(session, ledger)
    for event in events:
        yield _of_event(app, standing, event, ledger, told_by, withheld)
    yield from _reminders(told, by_id, told_by)
    if not events:
        yield Clue(ClueKind.NO_NEWS)


def _reminders(told: Sequence[DeliveryItem], by_id: dict[int | None, Any], told_by: dict[int, Any]) -> Iterator[Clue]:
    """A clue for each mail that told of the call without any event: a first mail's list, or a closing reminder."""
    by_events = {delivery.id for delivery, _ in told_by.values()}
    reminders: dict[int, list[str]] = {}
    for item in told:
        if item.reminder is not None and item.delivery_id not in by_events:
            reminders.setdefault(item.delivery_id, []).append(item.reminder)
    for delivery_id, names in reminders.items():
        is_listed = any(name.startswith((f"{OPEN_NOW}:", f"{CHOSEN}:")) for name in names)
        yield Clue(ClueKind.LISTED if is_listed else ClueKind.REMINDED, _by(*by_id[delivery_id]))


def _withheld_from(session: Session, ledger: Ledger) -> dict[int, tuple[WithheldReason, Edition]]:
    """The events that were withheld from a reader, each with the newest reason and its edition."""
    of = {delivery.segment_id: edition for delivery, edition in ledger if delivery.segment_id}
    rows = editions.segments_by_id(session, list(of))
    return {seq: (reason, of[row.id or 0]) for row in rows for seq, reason in row.withheld.items()}


def _of_event(
    app: App,
    standing: Standing,
    event: CallEvent,
    ledger: Ledger,
    told_by: dict[int, tuple[Delivery, Edition]],
    withheld: dict[int, tuple[WithheldReason, Edition]],
) -> Clue:
    seq, what = event.seq or 0, {"event": event.kind, "at": event.at}
    if seq in told_by:
        return Clue(ClueKind.TOLD, what | _by(*told_by[seq]))
    if seq in withheld:
        reason, edition = withheld[seq]
        return Clue(ClueKind.WITHHELD, what | _of(edition) | {"why": reason})
    if covering := _covering(ledger, seq):
        return Clue(ClueKind.NOT_WANTED_THEN, what | _of(covering))
    if seq <= min((query.cursor for query in standing.queries), default=0):
        return Clue(ClueKind.BEFORE, what)
    if standing.want is None:
        return Clue(ClueKind.NOT_WANTED, what)
    if missed := _missed(standing.reader, ledger, seq):
        return Clue(ClueKind.NO_MAIL_THEN, what | _of(missed[1]) | {"why": missed[0].reason})
    return Clue(ClueKind.WAITS, what | {"on": _next_mail(app, standing.reader)})


def _covering(ledger: Ledger, seq: int) -> Edition | None:
    """The edition of a reader that dealt with an event."""
    found = (
        edition
        for delivery, edition in ledger
        if delivery.segment_id and edition.kind in MOVES_CURSORS and (delivery.from_seq or 0) < seq <= edition.to_seq
    )
    return next(found, None)


def _missed(reader: Subscriber, ledger: Ledger, seq: int) -> tuple[Delivery, Edition] | None:
    """The newest delivery with this event that was skipped because the reader takes no mail."""
    skipped = (
        (delivery, edition)
        for delivery, edition in reversed(ledger)
        if delivery.state is DeliveryState.SKIPPED and delivery.segment_id is None and seq <= edition.to_seq
    )
    return next(skipped, None) if reader.state is not SubscriberState.ACTIVE else None


def _next_mail(app: App, reader: Subscriber) -> date:
    return max(next_regular(app)[reader.cadence.value], reader.paused_until or date.min)


def _by(delivery: Delivery, edition: Edition) -> dict[str, Any]:
    return _of(edition) | {"state": delivery.state, "delivery": delivery.id}


def _of(edition: Edition) -> dict[str, Any]:
    return {"edition": edition.kind, "on": edition.on}


# --- the verdict ------------------------------------------------------------------------------------------------------

TELLS = (ClueKind.TOLD, ClueKind.LISTED, ClueKind.REMINDED)
REASONS = (  # what a call was not told for, the strongest first
    ClueKind.KEPT_BACK,
    ClueKind.NO_MAIL_THEN,
    ClueKind.WITHHELD,
    ClueKind.NOT_WANTED,
    ClueKind.NOT_WANTED_THEN,
    ClueKind.BEFORE,
    ClueKind.NO_NEWS,
)


def _judged(standing: Standing, steps: Sequence[Clue]) -> tuple[WasTold, Clue]:
    told = [step for step in steps if step.kind in TELLS]
    if told:
        sent = next((step for step in told if step.values["state"] is DeliveryState.SENT), None)
        return (WasTold.TOLD, sent) if sent else (WasTold.NOT_ARRIVED, told[-1])
    of_reader = next(step for step in steps if step.kind is ClueKind.READER)
    if standing.reader.state is not SubscriberState.ACTIVE:
        return WasTold.NOT_TOLD, of_reader
    waiting = next((step for step in steps if step.kind is ClueKind.WAITS), None)
    if waiting and not any(step.kind is ClueKind.KEPT_BACK for step in steps):
        return WasTold.WAITS, waiting
    reasons = sorted((step for step in steps if step.kind in REASONS), key=lambda step: REASONS.index(step.kind))
    return WasTold.NOT_TOLD, reasons[0]
