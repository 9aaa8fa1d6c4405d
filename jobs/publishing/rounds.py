"""Rounds: the earlier and later rounds of a call, and what is expected to open, in plain values for any face."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from db import calls
from db.calls import Call, CallKind, CallStatus
from db.rounds import IdentifiedCall, calls_beginning, identified_calls
from jobs.base.app import App
from tracker.calls.changes import brussels_day, remembered, status_of
from tracker.instants import days_later
from tracker.rounds.codes import beginnings, read_code
from tracker.rounds.linking import CodedCall, Likeness, linked_rounds
from tracker.rounds.rhythm import ExpectedRound, RoundOpening, expected_rounds

HALF_A_YEAR = 183


@dataclass(frozen=True, slots=True)
class KnownRound:
    """Another round of a call. `year` is that of its identifier; money is in whole euro."""

    call_id: int
    identifier: str
    title: str
    year: int
    likeness: Likeness
    status: CallStatus
    opens_on: date | None
    deadlines: tuple[date, ...]
    budget_total: int | None


@dataclass(frozen=True, slots=True)
class CallRounds:
    """The rounds of a call that we know of, newest first.

    `compared` is how many calls it was compared with, those of the same part of its programme; `since` is the first
    year of these.
    """

    earlier: tuple[KnownRound, ...] = ()
    later: tuple[KnownRound, ...] = ()
    compared: int = 0
    since: int | None = None

    @property
    def all(self) -> tuple[KnownRound, ...]:
        """The later and the earlier ones."""
        return (*self.later, *self.earlier)


def rounds_of(session: Session, app: App, call: Call) -> CallRounds | None:
    """The rounds of a call; None if its identifier does not tell of any, as outside the EU's own programmes."""
    code = read_code(call.identifier) if call.kind is CallKind.TOPIC else None
    if code is None:
        return None
    others = [one for one in coded_calls(calls_beginning(session, beginnings(code.part))) if one.code.part == code.part]
    others = [one for one in others if one.code.year != code.year]
    past = [one for one in others if one.code.year < code.year]
    links = linked_rounds(CodedCall(call.id or 0, code, call.title), others)
    known = calls.calls_by_id(session, [link.call.id for link in links])
    on = brussels_day(app.clock())
    rounds = [
        _known_round(known[link.call.id], link.call.code.year, link.likeness, on)
        for link in links
        if link.call.id in known
    ]
    return CallRounds(
        earlier=tuple(one for one in rounds if one.year < code.year),
        later=tuple(one for one in rounds if one.year > code.year),
        compared=len(past),
        since=min((one.code.year for one in past), default=None),
    )


def coded_calls(found: Sequence[IdentifiedCall]) -> list[CodedCall]:
    """Calls with their identifiers read, without those that have no year; the same call of two sources once."""
    made: dict[str, CodedCall] = {}
    for one in found:
        if code := read_code(one.identifier):
            made.setdefault(one.identifier.upper(), CodedCall(one.id, code, one.title))
    return list(made.values())


def _known_round(call: Call, year: int, likeness: Likeness, on: date) -> KnownRound:
    return KnownRound(
        call_id=call.id or 0,
        identifier=call.identifier or "",
        title=call.title,
        year=year,
        likeness=likeness,
        status=status_of(remembered(call), on),
        opens_on=call.opens_on,
        deadlines=tuple(sorted(deadline.on for deadline in call.deadlines)),
        budget_total=call.budget_total,
    )


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call that nobody has announced, but which opened at this time in each of the last years: its evidence.

    It would open between these days. `call_id`, `identifier` and `title` are those of its newest round, and `opened`
    has the years of its rounds with the days on which they opened, newest first.
    """

    call_id: int
    identifier: str
    title: str
    from_on: date
    to_on: date
    opened: tuple[tuple[int, date], ...]


def expected(
    session: Session,
    app: App,
    spearheads: Collection[str] = (),
    programmes: Collection[str] = (),
    within: int = HALF_A_YEAR,
) -> tuple[ExpectedCall, ...]:
    """What may open within so many days, by its rounds in earlier years, of any of these spearheads and programmes.

    An empty argument does not restrict. Never a fact: say it as `tracker.rounds.rhythm` does.
    """
    found = identified_calls(session, spearheads, programmes)
    opened = [
        RoundOpening(one.id, code, one.title, one.opens_on)
        for one in found
        if one.opens_on and (code := read_code(one.identifier))
    ]
    identifiers = {one.id: one.identifier for one in found}
    on = brussels_day(app.clock())
    rounds = expected_rounds(opened, on, days_later(on, within))
    return tuple(_expected_call(one, identifiers[one.rounds[0].call_id]) for one in rounds)


def _expected_call(found: ExpectedRound, identifier: str) -> ExpectedCall:
    newest = found.rounds[0]
    return ExpectedCall(
        call_id=newest.call_id,
        identifier=identifier,
        title=newest.title,
        from_on=found.from_on,
        to_on=found.to_on,
        opened=tuple((one.code.year, one.opens_on) for one in found.rounds),
    )
