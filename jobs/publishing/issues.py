"""Issues: what an edition told of each spearhead, for anybody, without what single readers had chosen beside it.

It is what a follower of the spearhead was told who chose nothing else, counted from the event log: so nobody can read
off it who follows what, even where only one does. Editions for single readers (welcome, switch, urgent) are no issues.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from sqlmodel import Session

from db import duplicates, issues, strategies
from db.calls import Call, calls_by_id
from db.editions import REGULAR, CorrectionAbout, Edition, EditionKind, ReleaseAbout, about_as
from db.event_log import CallEvent, events_after
from db.strategies import Level, Spearhead
from jobs.base.app import App
from tracker.digests.content import Change
from tracker.digests.selection import net_changes
from tracker.errors import NotFound, Noun

ISSUES = REGULAR | {EditionKind.RELEASE}


@dataclass(frozen=True, slots=True)
class ToldCall:
    """A call as an issue told of it: the events of its span, and the net changes that they make."""

    call: Call
    events: tuple[CallEvent, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition with what it told of each spearhead that it told anything of."""

    edition: Edition
    told: tuple[tuple[Spearhead, tuple[ToldCall, ...]], ...]


@dataclass(frozen=True, slots=True)
class PublicCorrection:
    """A correction that readers got, with the calls that it is about as they are now."""

    edition: Edition
    about: CorrectionAbout
    calls: tuple[Call, ...]


def list_issues(session: Session, below: int | None, most: int) -> Sequence[Edition]:
    """The newest issues (below a number) that have left, newest first."""
    return issues.sent_editions(session, ISSUES, below, most)


def issue_of(session: Session, app: App, number: int) -> Issue:
    """An issue by its number. NotFound if there is none that anybody may see."""
    edition = issues.sent_edition(session, ISSUES, number)
    if edition is None:
        raise NotFound(Noun.EDITION, number)
    untold = issues.untold_events(session, number)
    by_call: dict[int, tuple[Call, list[CallEvent]]] = {}
    for event, call in _events(session, app, edition):
        if event.seq not in untold:
            by_call.setdefault(event.call_id, (call, []))[1].append(event)
    calls = [ToldCall(call, tuple(events), net_changes(events)) for call, events in _without_twins(session, by_call)]
    return Issue(edition, tuple(_by_spearhead(session, calls)))


def public_corrections(session: Session, most: int) -> list[PublicCorrection]:
    """The newest corrections that have left, newest first."""
    sent = issues.sent_editions(session, {EditionKind.CORRECTION}, None, most)
    abouts = [(edition, about_as(edition, CorrectionAbout)) for edition in sent]
    known = calls_by_id(session, {call_id for _, about in abouts for call_id in about.calls})
    return [
        PublicCorrection(edition, about, tuple(known[one] for one in about.calls if one in known))
        for edition, about in abouts
    ]


def _events(session: Session, app: App, edition: Edition) -> Sequence[tuple[CallEvent, Call]]:
    """The events between the edition before and this one; of a release, those that it released."""
    if edition.kind is EditionKind.RELEASE:
        return events_after(session, edition.to_seq, edition.to_seq, about_as(edition, ReleaseAbout).events)
    before = issues.edition_before(session, edition)
    begins = datetime.combine(edition.from_on, time(), app.region.zone)
    first = before.to_seq if before else issues.last_seq_before(session, begins)
    return events_after(session, first, edition.to_seq)


def _without_twins(
    session: Session, by_call: Mapping[int, tuple[Call, list[CallEvent]]]
) -> Iterable[tuple[Call, list[CallEvent]]]:
    """A call that several sources have, once."""
    twins = duplicates.partners(session, by_call)
    first = {call_id: min({call_id, *twins.get(call_id, ())} & by_call.keys()) for call_id in by_call}
    return [told for call_id, told in by_call.items() if first[call_id] == call_id]


def _by_spearhead(session: Session, calls: Sequence[ToldCall]) -> Iterable[tuple[Spearhead, tuple[ToldCall, ...]]]:
    """The calls under each of their spearheads, as they are tagged now; the region's own spearheads first."""
    tags = strategies.spearheads_of(session, [one.call.id for one in calls if one.call.id])
    order = list(Level)
    for head in sorted(strategies.all_spearheads(session), key=lambda one: order.index(one.level)):
        theirs = tuple(one for one in calls if head.key in tags.get(one.call.id or 0, ()))
        if theirs:
            yield head, theirs
