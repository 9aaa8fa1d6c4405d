"""Verify: proof from the ledger that every event was told once to everyone whose interest it met, or why it was not.

Holds against each other what is written at different times: the events; what each reader's interests were when an
edition was built (its shapes); what its deliveries told, and what they kept and why. Does not change anything.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from db import calls, deliveries, editions, ledger_checks, subscribers
from db.calls import Call, CallFacts
from db.editions import (
    Edition,
    EditionKind,
    EditionState,
    HoldState,
    ReleaseAbout,
    WithheldReason,
    about_as,
)
from db.ledger_checks import Step, ToldAlike
from db.subscribers import SubscriptionEvent
from jobs.base.app import App
from jobs.editions import candidates
from jobs.editions.composer import MOVES_CURSORS, Segment, stored_segment
from tracker.digests.interests import QUERY, Tagged, wanted

# A reader who begins (again) is told what comes.
FRESH_STARTS = frozenset({SubscriptionEvent.ADDED, SubscriptionEvent.CONFIRMED, SubscriptionEvent.UNBANNED})
LONGEST_BUILD = timedelta(days=1)  # who has not built an edition by then has died
TELLS_ALL = MOVES_CURSORS | {EditionKind.RELEASE}  # kinds that settle every event in their reach


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that must not be: what, of which edition and reader (one of several alike), and which event."""

    what: str
    edition: int | None
    subscriber: int | None
    seq: int | None
    detail: str


class Withheld(NamedTuple):
    """Why an event was kept from readers; of one that was held back, what became of it."""

    why: WithheldReason
    became: HoldState | None = None


@dataclass(slots=True)
class Verified:
    """What was held against each other, and what did not fit. Events kept from readers are counted by their reason."""

    editions: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)  # by state
    told: int = 0
    kept: Counter[Withheld] = field(default_factory=Counter)
    discrepancies: list[Discrepancy] = field(default_factory=list)


def verify(app: App, since: date | None = None) -> Verified:
    """Hold the ledger of the editions from a day on against the events and the interests of its readers."""
    found = Verified()
    with app.db.read() as session:
        for edition in ledger_checks.editions_since(session, since):
            found.editions += 1
            _verify_edition(session, app, edition, found)
        found.discrepancies += _told_twice(session)
        found.discrepancies += _never_in_reach(session)
        found.deliveries.update({s.value: n for s, n in deliveries.count_states(session).items()})
    return found


def _verify_edition(session: Session, app: App, edition: Edition, found: Verified) -> None:
    edition_id = edition.id or 0
    if edition.state is EditionState.PLANNED and edition.planned_at < app.clock() - LONGEST_BUILD:
        found.discrepancies.append(
            Discrepancy("unfinished", edition_id, None, None, f"planned at {edition.planned_at}, not built")
        )
    alike = ledger_checks.told_alike(session, edition_id)
    if alike and edition.kind in TELLS_ALL:
        tagged = _in_reach(session, app, edition, alike)
        for group in alike:
            found.discrepancies += _untold(session, app, edition, group, tagged, found)
    for subscriber_id, delivery_id, has, wants in ledger_checks.unlike_their_content(session, edition_id):
        detail = f"delivery {delivery_id} tells {has} things, its mail {wants}"
        found.discrepancies.append(Discrepancy("told_otherwise", edition_id, subscriber_id, None, detail))
    for subscriber_id, delivery_id in ledger_checks.without_reason(session, edition_id):
        detail = f"delivery {delivery_id} did not become a mail, and nobody wrote down why"
        found.discrepancies.append(Discrepancy("no_reason", edition_id, subscriber_id, None, detail))


def _in_reach(session: Session, app: App, edition: Edition, alike: Iterable[ToldAlike]) -> list[Tagged]:
    """Every call with an event in the edition's reach, each source's by itself, with the spearheads of that time."""
    made_at = min(group.made_at for group in alike)
    released = about_as(edition, ReleaseAbout).events if edition.kind is EditionKind.RELEASE else ()
    if released:
        first, last = min(released) - 1, max(released)
    else:
        segments = (stored_segment(ledger_checks.segment(session, group.segment_id))[0] for group in alike)
        first, last = min(segment.cursor for segment in segments), edition.to_seq
    found = candidates.each_alone(session, first, last, {}, released, made_at)
    return candidates.with_queries(found, subscribers.queries(session), app.compiled)


def _untold(
    session: Session, app: App, edition: Edition, group: ToldAlike, tagged: list[Tagged], found: Verified
) -> list[Discrepancy]:
    """The events that readers of one shape wanted, and that were neither told to them nor kept for a reason."""
    row = ledger_checks.segment(session, group.segment_id)
    told = ledger_checks.events_told(session, group.first_id)
    found.told += len(told) * group.readers
    became = editions.events_held(session, *HoldState) if WithheldReason.HELD in row.withheld.values() else {}
    for seq, why in row.withheld.items():
        found.kept[Withheld(why, became.get(seq) if why is WithheldReason.HELD else None)] += group.readers
    segment, told_before = stored_segment(row)
    settled = told | row.withheld.keys() | told_before
    return [
        Discrepancy(
            "lost", edition.id, None, seq, f"{one.call.source} {one.call.key}: {group.readers} readers, shape {row.id}"
        )
        for seq, one in _expected(edition, segment, tagged)
        if seq not in settled and _met_then(session, app, one, segment, group.made_at)
    ]


def _expected(edition: Edition, segment: Segment, tagged: list[Tagged]) -> Iterator[tuple[int, Tagged]]:
    """The events that readers of this shape want, within the edition's reach, with their calls."""
    is_release = edition.kind is EditionKind.RELEASE
    interest_queries = (
        [replace(interest_query, cursor=0) for interest_query in segment.interest_queries]
        if is_release
        else segment.interest_queries
    )
    for one in wanted(tagged, interest_queries, segment.followed, segment.muted):
        yield from ((event.seq or 0, one) for event in one.events)


def _met_then(session: Session, app: App, one: Tagged, segment: Segment, at: datetime) -> bool:
    """Whether an interest met the call as it was known when the edition was built: its programme, money and words."""
    facts = calls.facts_at(session, one.call.id or 0, at)
    if facts is None or one.call.id in segment.followed:
        return True
    then = Call.model_construct(**CallFacts.model_validate(facts).__dict__, id=one.call.id)
    tags = tuple(reason for reason in one.reasons if not reason.spearhead.startswith(QUERY))
    lines = [interest_query.query for interest_query in segment.interest_queries if interest_query.query]
    [met] = candidates.with_queries([replace(one, call=then, reasons=tags)], lines, app.compiled)
    return any(interest_query.reasons(then, met.reasons) for interest_query in segment.interest_queries)


def _told_twice(session: Session) -> list[Discrepancy]:
    return [
        Discrepancy("told_twice", None, subscriber_id, seq, "one reader, one event, two mails")
        for subscriber_id, seq in ledger_checks.told_twice(session)
    ]


def _never_in_reach(session: Session) -> list[Discrepancy]:
    """Events between two editions of a reader that were in neither's reach, unless the reader began anew."""
    kinds = sorted(MOVES_CURSORS)
    steps = [*ledger_checks.leaps(session, kinds), *ledger_checks.runaways(session, kinds)]
    return [
        Discrepancy("leapt_over", step.edition_id, step.subscriber_id, step.before_seq + 1, _leap(step))
        for step in steps
        if FRESH_STARTS.isdisjoint(
            ledger_checks.changes_between(session, step.subscriber_id, step.before_at, step.made_at)
        )
    ]


def _leap(step: Step) -> str:
    return f"events {step.before_seq + 1} to {step.from_seq} were in no edition's reach"
