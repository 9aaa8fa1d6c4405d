"""Verify: prove from the ledger that every event was told once to everyone whose interest it met, or why it was not.

Compares what was written at different times: the events, what each reader's interests were when an edition was built
(its segments), what its deliveries told, and what was withheld and why. Changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlmodel import Session

from db import deliveries, editions, ledger_checks, subscribers, versions
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
from db.subscribers import SubscriberChange, SubscriptionEvent
from jobs.base.app import App
from jobs.delivery.bans import TOLD_AGAIN
from jobs.editions import candidates
from jobs.editions.composer import MOVES_CURSORS, TELLS_ALL
from jobs.editions.segments import Segment, stored_segment
from tracker.digests.interests import QUERY, Tagged

# After these a reader starts anew: earlier events are not told.
FRESH_STARTS = frozenset({SubscriptionEvent.ADDED, SubscriptionEvent.CONFIRMED})
LONGEST_BUILD = timedelta(days=1)  # an edition that is not built by then never will be


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that must not be: what it is, in which edition, for which reader (one of several alike) and event."""

    what: str
    edition: int | None
    subscriber: int | None
    seq: int | None
    detail: str


class Withheld(NamedTuple):
    """Why an event was withheld from readers; for one that was held back, what became of the hold."""

    why: WithheldReason
    became: HoldState | None = None


@dataclass(slots=True)
class Verified:
    """How much was compared, and the discrepancies. Withheld events are counted by their reason."""

    editions: int = 0
    deliveries: Counter[str] = field(default_factory=Counter)  # by state
    told: int = 0
    withheld: Counter[Withheld] = field(default_factory=Counter)
    discrepancies: list[Discrepancy] = field(default_factory=list)


def verify(app: App, since: date | None = None) -> Verified:
    """Check the ledger of the editions from a day on against the events and the readers' interests."""
    verified = Verified()
    with app.db.read() as session:
        for edition in ledger_checks.editions_since(session, since):
            verified.editions += 1
            _verify_edition(session, app, edition, verified)
        verified.discrepancies += _told_twice(session)
        verified.discrepancies += _never_in_reach(session)
        verified.deliveries.update({s.value: n for s, n in deliveries.count_states(session).items()})
    return verified


def _verify_edition(session: Session, app: App, edition: Edition, verified: Verified) -> None:
    edition_id = edition.id or 0
    if edition.state is EditionState.PLANNED and edition.planned_at < app.clock() - LONGEST_BUILD:
        verified.discrepancies.append(
            Discrepancy("unfinished", edition_id, None, None, f"planned at {edition.planned_at}, not built")
        )
    alike = ledger_checks.told_alike(session, edition_id)
    if alike and edition.kind in TELLS_ALL:
        tagged = _candidates(session, app, edition, alike)
        for group in alike:
            verified.discrepancies += _untold(session, app, edition, group, tagged, verified)
    for subscriber_id, delivery_id, has, wants in ledger_checks.unlike_their_content(session, edition_id):
        detail = f"delivery {delivery_id} tells {has} things, its mail {wants}"
        verified.discrepancies.append(Discrepancy("told_otherwise", edition_id, subscriber_id, None, detail))
    for subscriber_id, delivery_id in ledger_checks.without_reason(session, edition_id):
        detail = f"delivery {delivery_id} did not become a mail, and nobody wrote down why"
        verified.discrepancies.append(Discrepancy("no_reason", edition_id, subscriber_id, None, detail))


def _candidates(session: Session, app: App, edition: Edition, alike: Iterable[ToldAlike]) -> list[Tagged]:
    """Every call that the edition could tell of, duplicates not merged, with the spearheads of that time."""
    made_at = min(group.made_at for group in alike)
    released = about_as(edition, ReleaseAbout).events if edition.kind is EditionKind.RELEASE else ()
    if released:
        first, last = min(released) - 1, max(released)
    else:
        segments = (stored_segment(ledger_checks.segment(session, group.segment_id))[0] for group in alike)
        first, last = min(segment.dealt_with for segment in segments), edition.to_seq
    tagged = candidates.each_alone(session, first, last, {}, released, made_at)
    return candidates.with_queries(tagged, subscribers.queries(session), app.compiled)


def _untold(
    session: Session, app: App, edition: Edition, group: ToldAlike, candidate_calls: list[Tagged], verified: Verified
) -> list[Discrepancy]:
    """The events that readers of one segment wanted, and that were neither told to them nor withheld for a reason."""
    row = ledger_checks.segment(session, group.segment_id)
    told_events = ledger_checks.events_told(session, group.first_id)
    verified.told += len(told_events) * group.readers
    became = editions.events_held(session, *HoldState) if WithheldReason.HELD in row.withheld.values() else {}
    for seq, why in row.withheld.items():
        verified.withheld[Withheld(why, became.get(seq) if why is WithheldReason.HELD else None)] += group.readers
    segment, told_before = stored_segment(row)
    settled = told_events | row.withheld.keys() | told_before
    who = f"{group.readers} readers, segment {row.id}"
    return [
        Discrepancy("lost", edition.id, None, seq, f"{tagged.call.source} {tagged.call.key}: {who}")
        for seq, tagged in _expected(edition, segment, candidate_calls)
        if seq not in settled and _met_then(session, app, tagged, segment, group.made_at)
    ]


def _expected(edition: Edition, segment: Segment, candidate_calls: list[Tagged]) -> Iterator[tuple[int, Tagged]]:
    """The candidate events that readers of this segment want, with their calls."""
    readers = segment.rewound() if edition.kind is EditionKind.RELEASE else segment
    for tagged in readers.pick(candidate_calls):
        yield from ((event.seq or 0, tagged) for event in tagged.events)


def _met_then(session: Session, app: App, tagged: Tagged, segment: Segment, at: datetime) -> bool:
    """Whether an interest met the call as it was known when the edition was built (programme, money and words)."""
    facts = versions.facts_at(session, tagged.call.id or 0, at)
    if facts is None or tagged.call.id in segment.followed:
        return True
    then = Call.model_construct(**CallFacts.model_validate(facts).__dict__, id=tagged.call.id)
    tags = tuple(reason for reason in tagged.reasons if not reason.spearhead.startswith(QUERY))
    lines = [interest_query.query for interest_query in segment.interest_queries if interest_query.query]
    [met] = candidates.with_queries([replace(tagged, call=then, reasons=tags)], lines, app.compiled)
    return any(interest_query.reasons(then, met.reasons) for interest_query in segment.interest_queries)


def _told_twice(session: Session) -> list[Discrepancy]:
    return [
        Discrepancy("told_twice", None, subscriber_id, seq, "one reader, one event, two mails")
        for subscriber_id, seq in ledger_checks.told_twice(session)
    ]


def _never_in_reach(session: Session) -> list[Discrepancy]:
    """Events between two editions of a reader that neither covered, unless the reader started anew."""
    kinds = sorted(MOVES_CURSORS)
    steps = [*ledger_checks.leaps(session, kinds), *ledger_checks.runaways(session, kinds)]
    return [
        Discrepancy("leapt_over", step.edition_id, step.subscriber_id, step.before_seq + 1, _leap(step))
        for step in steps
        if not any(
            map(_starts_anew, ledger_checks.changes_between(session, step.subscriber_id, step.before_at, step.made_at))
        )
    ]


def _starts_anew(change: SubscriberChange) -> bool:
    """Whether earlier events are not told afterwards. So it was after an unban, before these kept a reader's place."""
    is_old_unban = change.what is SubscriptionEvent.UNBANNED and TOLD_AGAIN not in change.detail
    return change.what in FRESH_STARTS or is_old_unban


def _leap(step: Step) -> str:
    return f"events {step.before_seq + 1} to {step.from_seq} were covered by no edition"
