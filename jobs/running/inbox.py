"""What waits for a person: one list of all that the service left to somebody's judgement."""

from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import Session

from db import deliveries, editions, next_strategies, proposals, reports
from db.deliveries import DeliveryState
from db.editions import EditionState, HoldReason, HoldState
from db.next_strategies import NextState
from db.proposals import ProposalState
from db.reports import ReportState
from jobs.base.app import App
from jobs.collecting.quarantine import undecided
from jobs.delivery.bans import bans_held

NEWEST = 50  # editions that are looked at


class WaitingKind(StrEnum):
    """What somebody has to decide on."""

    READING = "reading"  # it was not believed
    EDITION = "edition"  # it is held
    PART = "part"  # of an edition, held back as far more than usual
    MAILS = "mails"  # nobody knows whether they arrived
    BANS = "bans"  # so many mails came back that nobody was banned
    STRATEGY = "strategy"  # of a next period; it did not take over on its day
    PROPOSAL = "proposal"  # one person prepared it, another must approve it
    REPORT = "report"  # somebody wrote of an error or an obstacle, and an answer is due


class Waiting(NamedTuple):
    """One thing that waits: its number or name, since when (None if that is not kept), and why."""

    kind: WaitingKind
    subject: str
    since: datetime | None
    why: str
    code: str = ""  # the name of the reason, by which screens word it


def all_waiting(session: Session, app: App) -> list[Waiting]:
    """List what waits, by kind."""
    decisions = [*_readings(session, app), *_editions(session), *_parts(session), *_mails(session)]
    return [*decisions, *_bans(session, app), *_strategies(session), *_proposals(session), *_reports(session)]


def _readings(session: Session, app: App) -> list[Waiting]:
    return [
        Waiting(
            WaitingKind.READING, f"{run.subject} {run.id}", run.started_at, run.reasons[0].detail, run.reasons[0].name
        )
        for run in undecided(session, app)
    ]


def _editions(session: Session) -> list[Waiting]:
    held = [one for one in editions.list_editions(session, NEWEST) if one.state is EditionState.HELD]
    return [
        Waiting(
            WaitingKind.EDITION,
            f"{one.kind.value} {one.period}",
            one.planned_at,
            one.held_detail or "",
            (one.held_for or HoldReason.ADMIN).value,
        )
        for one in held
    ]


def _parts(session: Session) -> list[Waiting]:
    held = [hold for hold in editions.list_holds(session) if hold.state is HoldState.HELD]
    return [Waiting(WaitingKind.PART, hold.subject, None, f"{len(hold.events)} ({hold.usual:.1f})") for hold in held]


def _mails(session: Session) -> list[Waiting]:
    unknown = deliveries.list_deliveries(session, [DeliveryState.UNKNOWN], None, None)
    first = {one.edition_id: one.settled_at for one in unknown}  # newest first, so the oldest of each stays
    return [
        Waiting(WaitingKind.MAILS, str(edition), first[edition], str(count))
        for edition, count in Counter(one.edition_id for one in unknown).items()
    ]


def _bans(session: Session, app: App) -> list[Waiting]:
    held = bans_held(session, app.clock())
    return [Waiting(WaitingKind.BANS, "", None, f"{held[0]} / {held[1]}")] if held else []


def _strategies(session: Session) -> list[Waiting]:
    return [
        Waiting(WaitingKind.STRATEGY, one.name, None, one.trouble)
        for one in next_strategies.list_next(session, [NextState.PREPARED])
        if one.trouble
    ]


def _proposals(session: Session) -> list[Waiting]:
    return [
        Waiting(WaitingKind.PROPOSAL, f"{one.id} {one.subject}", one.made_at, f"{one.author}: {one.reason}")
        for one in proposals.list_proposals(session, [ProposalState.OPEN], NEWEST)
    ]


def _reports(session: Session) -> list[Waiting]:
    """The reports without an answer; why is the last day for one."""
    return [
        Waiting(WaitingKind.REPORT, str(one.id), one.made_at, one.due_on.isoformat())
        for one in reports.list_reports(session, [ReportState.OPEN], NEWEST)
    ]
