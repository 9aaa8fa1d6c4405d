"""Plan and make editions: due → plan → build → render.

A plan freezes the range of events; what is built once is never told again. Does not go through readers
(`jobs.editions.build`) or decide what they are told (`jobs.editions.composer`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog
from sqlmodel import Session

from db import audiences, deliveries, editions, event_log, strategies
from db.deliveries import DeliveryState
from db.editions import REGULAR, About, Edition, EditionHold, EditionKind, EditionState, HoldReason, HoldState
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.base.runs import recorded
from jobs.base.ticks import next_day
from jobs.editions.build import build, finish
from jobs.editions.composer import Composer
from tracker.digests import periods
from tracker.digests.periods import Period
from tracker.digests.volume_guard import WHOLE, floods, share_of
from tracker.errors import Code, Refusal

WORK = "editions"  # made by one process at a time; a second one waits its turn
HISTORY = 8  # earlier editions that say what is usual
LONGEST_BUILD = timedelta(minutes=15)  # an edition that stays planned for longer was interrupted
# Nobody asks for these a second time, or, for the regular ones, not before the next period.
MADE_ONCE = REGULAR | {EditionKind.SWITCH, EditionKind.RELEASE, EditionKind.CORRECTION, EditionKind.SELECTION}
Made = tuple[Edition, dict[DeliveryState, int]]


def make(app: App, kind: EditionKind, period: str | None = None, *, allow_late: bool = False) -> Made | None:
    """Make an edition of a kind that the schedule makes: urgent, welcome, or a regular one of a period.

    None if nobody waits for an urgent or a welcome one.
    """
    if kind is EditionKind.URGENT:
        return make_urgent(app)
    if kind is EditionKind.WELCOME:
        return make_welcome(app)
    return make_edition(app, Cadence(kind.value), period, allow_late=allow_late)


def make_edition(app: App, cadence: Cadence, period: str | None = None, *, allow_late: bool = False) -> Made:
    """Plan, build and render a regular edition, or finish an interrupted one; return it and its deliveries by state."""
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            edition = plan_guarded(session, app, cadence, period, allow_late=allow_late)
        if edition.state is not EditionState.PLANNED:
            structlog.get_logger().info("nothing due", kind=cadence.value, edition=edition.id, period=edition.period)
        made = make_planned(app, edition)
        finish_interrupted(app)
    return made


def make_urgent(app: App) -> Made | None:
    """Make an edition of what cannot wait for the next regular one; None if nothing has happened since the last."""
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            edition = next(iter(editions.unfinished(session, EditionKind.URGENT)), None) or _plan_urgent(session, app)
        return _make_if_due(app, EditionKind.URGENT, edition)


def _plan_urgent(session: Session, app: App) -> Edition | None:
    last = editions.newest_edition(session, EditionKind.URGENT)
    if last and _is_as_at(session, app, last):
        return None
    if not audiences.has_audience(session, _beside(session, app, EditionKind.URGENT)):
        return None
    edition = plan_beside(session, app, EditionKind.URGENT)
    _guard(session, app, edition, last.to_seq if last else edition.to_seq)
    return edition


def _is_as_at(session: Session, app: App, last: Edition) -> bool:
    """Whether nothing can have become urgent since this edition was planned."""
    is_same = (last.to_seq, last.on) == (event_log.last_seq(session), app.today())
    return is_same and not editions.is_released_since(session, last.planned_at)


def make_welcome(app: App) -> Made | None:
    """Make an edition of what is open now, for newly confirmed readers; None if there are none."""
    with app.db.in_turn(WORK):
        with app.db.write() as session:
            edition = next(iter(editions.unfinished(session, EditionKind.WELCOME)), None)
            if edition is None and audiences.has_audience(session, _beside(session, app, EditionKind.WELCOME)):
                edition = plan_beside(session, app, EditionKind.WELCOME)
        return _make_if_due(app, EditionKind.WELCOME, edition)


def _make_if_due(app: App, kind: EditionKind, edition: Edition | None) -> Made | None:
    if edition is None:
        structlog.get_logger().debug("nothing due", kind=kind.value)  # so it is at most ticks of the schedule
    made = make_planned(app, edition) if edition else None
    finish_interrupted(app)
    return made


def finish_interrupted(app: App) -> None:
    """Finish interrupted editions that nobody would ask for again soon."""
    with app.db.read() as session:
        planned = editions.unfinished(session, *MADE_ONCE)
    for edition in planned:
        if edition.planned_at <= app.clock() - LONGEST_BUILD:
            structlog.get_logger().warning("edition was interrupted", edition=edition.id, kind=edition.kind.value)
            make_planned(app, edition)


def make_planned(app: App, edition: Edition) -> Made:
    """Build and render an edition unless that is done; return it with its deliveries by state."""
    with recorded(app.db, "edition", edition.kind.value, app.clock) as run:
        if edition.state is EditionState.PLANNED:
            edition.on = edition.to_on = max(edition.on, app.today())  # days left count from when it is told
            _log_planned(app, edition)
            build(app, open_composer(app, edition), run.id or 0)
        with app.db.read() as session:
            counts = deliveries.count_states(session, edition.id)
        run.counts = {"edition": edition.id, "period": edition.period} | {s.value: n for s, n in counts.items()}
    return edition, counts


def _log_planned(app: App, edition: Edition) -> None:
    log = structlog.get_logger().bind(edition=edition.id, kind=edition.kind.value)
    log.info("edition planned", period=edition.period, to_seq=edition.to_seq, catch_up=edition.catch_up)
    with app.db.read() as session:
        for hold in editions.holds_of(session, edition.id or 0):
            details = {"subject": hold.subject, "events": len(hold.events), "usual": hold.usual}
            log.warning("part held back", hold=hold.id, **details)


def open_composer(app: App, edition: Edition) -> Composer:
    """Open the composer of an edition: read from the database what all its readers share."""
    with app.db.read() as session:
        return Composer(session, app, edition, next_regular(app))


def next_regular(app: App) -> dict[str, date]:
    """The scheduled day of the next regular edition of each cadence."""
    schedule, zone, now = app.settings.schedule, app.region.zone, app.clock()
    return {cadence.value: next_day(getattr(schedule, cadence.value), zone, now) for cadence in Cadence}


# --- planning ---------------------------------------------------------------------------------------------------------


def plan_guarded(
    session: Session, app: App, cadence: Cadence, period: str | None = None, *, allow_late: bool = False
) -> Edition:
    """Plan the edition of a period as `plan` does; hold back floods in one that is planned only now."""
    newest = editions.newest_edition(session, EditionKind.of(cadence))
    edition = plan(session, cadence, app.today(), app.clock(), period, allow_late=allow_late)
    if newest and edition.id != newest.id:
        _guard(session, app, edition, newest.to_seq)
    return edition


def plan(
    session: Session,
    cadence: Cadence,
    on: date,
    now: datetime,
    period_key: str | None = None,
    *,
    allow_late: bool = False,
) -> Edition:
    """Plan the edition of a period (this day's if none is named), or return the one that was planned before.

    Periods missed since the newest edition are merged into this one. Refusal for a key that is no period, for a period
    that has not begun or that a newer edition exists for, and, unless `allow_late`, for one that is over.
    """
    period = _period(cadence, on, period_key)
    known = editions.edition_of(session, EditionKind.of(cadence), period.key)
    if known:
        return known
    newest = editions.newest_edition(session, EditionKind.of(cadence))
    _must_be_timely(cadence, period, on, newest, allow_late)
    left_undone = _give_up(session, newest)
    edition = Edition(
        kind=EditionKind.of(cadence),
        period=period.key,
        on=on,
        from_on=left_undone or (newest.on if newest else on - timedelta(days=periods.CALENDARS[cadence].days)),
        to_on=on,
        catch_up=newest is not None and bool(left_undone or periods.is_missed_period(cadence, newest.period, period)),
        to_seq=event_log.last_seq(session),
        planned_at=now,
    )
    session.add(edition)
    session.flush()
    return edition


def _give_up(session: Session, newest: Edition | None) -> date | None:
    """Close an interrupted edition, whose rest the next one tells; return its first day, or None if there is none."""
    if newest is None or newest.state is not EditionState.PLANNED:
        return None
    finish(session, newest)
    return newest.from_on


def _must_be_timely(cadence: Cadence, period: Period, on: date, newest: Edition | None, allow_late: bool) -> None:
    if period.first > on:
        raise Refusal(Code.NOT_BEGUN, cadence=cadence, period=period.key, on=on)
    if newest and newest.period > period.key:
        raise Refusal(Code.NEWER_EDITION, cadence=cadence, newest=newest.period, period=period.key)
    if period.last < on and not allow_late:
        raise Refusal(Code.PERIOD_OVER, cadence=cadence, period=period.key, on=on)


def _period(cadence: Cadence, on: date, key: str | None) -> Period:
    return periods.period_of(cadence, on) if key is None else periods.period_named(cadence, key)


def plan_beside(session: Session, app: App, kind: EditionKind, about: About | None = None) -> Edition:
    """Plan an edition beside the regular ones, named by its instant; all events so far are its candidates."""
    edition = _beside(session, app, kind)
    edition.about = about
    session.add(edition)
    session.flush()
    return edition


def _beside(session: Session, app: App, kind: EditionKind) -> Edition:
    on, now = app.today(), app.clock()
    instant = now.isoformat(timespec="seconds").removesuffix("+00:00")
    alike = editions.count_periods(session, kind, instant)
    period = f"{instant}.{alike + 1}" if alike else instant
    newest = editions.newest_edition(session, kind)
    from_on = newest.on if newest and kind is EditionKind.URGENT else on
    last = event_log.last_seq(session)
    return Edition(kind=kind, period=period, on=on, from_on=from_on, to_on=on, to_seq=last, planned_at=now)


# --- the flood guard --------------------------------------------------------------------------------------------------


def _guard(session: Session, app: App, edition: Edition, from_seq: int) -> None:
    """Hold back the shares of sources and rules far above their history, or the whole edition if the rest is, too.

    Events that another edition has held back are left out: an admin decides on them there, or has decided.
    """
    everything = _subjects(session, from_seq, edition.to_seq)
    edition.shares = share_of(everything.items())
    looked_at = editions.events_held(session, *HoldState)
    rest = {seq: subjects for seq, subjects in everything.items() if seq not in looked_at}
    history = editions.shares_before(session, edition, HISTORY)
    limits = app.settings.editions
    for prefix in ("source:", "rule:"):
        for subject, usual in floods(share_of(rest.items()), history, limits.flood_least, limits.flood_times).items():
            if subject.startswith(prefix):
                held = [seq for seq, subjects in rest.items() if subject in subjects]
                session.add(EditionHold(edition_id=edition.id or 0, subject=subject, events=held, usual=usual))
                rest = {seq: subjects for seq, subjects in rest.items() if seq not in held}
    usual_whole = floods(share_of(rest.items()), history, limits.flood_least, limits.flood_times).get(WHOLE)
    if usual_whole is not None:
        edition.held_for = HoldReason.FLOOD
        edition.held_detail = f"{len(rest)} events, usually {usual_whole:.0f}"
    session.add(edition)


def _subjects(session: Session, from_seq: int, to_seq: int) -> dict[int, Sequence[str]]:
    """The subjects of each event: its call's source, and the rules that the call matches."""
    events = event_log.events_after(session, from_seq, to_seq)
    tags = strategies.taggings_of(session, {event.call_id for event, _ in events})
    return {
        event.seq or 0: (
            f"source:{call.source}",
            *sorted({f"rule:{match['rule']}" for tagging in tags.get(event.call_id, ()) for match in tagging.evidence}),
        )
        for event, call in events
    }
