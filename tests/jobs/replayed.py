"""The portal's recorded days, collected once, with a clock set to them, for all tests that look at the result.

Five readers get editions of the first month.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from db.calls import CallKind
from db.event_log import last_seq
from db.subscribers import Cadence, Interest, Language, Subscriber, enrol
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition, make_urgent
from jobs.opening import open_app
from tests.jobs.world import Clock, clock_of, collect, reading
from tests.support.databases import settle
from tests.support.recorded_days import RecordedDay
from tests.support.replay import tell
from tracker import config

FIRST, LAST = date(2026, 4, 21), date(2026, 5, 20)
CLOSING = datetime(2026, 6, 1, 6, 30, tzinfo=UTC)  # the editions that tell the rest of the month
Wanted = Mapping[str, tuple[str, ...]]
EVERYTHING = tuple(kind.value for kind in CallKind)
READERS: dict[str, tuple[Cadence, bool, Wanted]] = {  # name: cadence, urgent, interest
    "daily": (Cadence.DAILY, False, {"kinds": EVERYTHING}),
    "weekly": (Cadence.WEEKLY, False, {"spearheads": ("circular", "food", "manufacturing")}),
    "urgent": (Cadence.WEEKLY, True, {"kinds": EVERYTHING}),
    "monthly": (Cadence.MONTHLY, False, {"spearheads": ("circular", "design", "experiences")}),
    "topics": (Cadence.MONTHLY, False, {"kinds": ("topic",)}),
}


@dataclass(frozen=True, slots=True)
class Replayed:
    """Two data folders: at the end of the month with its last editions, and after all days."""

    month: Path
    whole: Path


def replay_days(days: tuple[RecordedDay, ...], replay: str, folder: Path) -> Replayed:
    """Collect every morning; until the end of the month, make each edition that is due."""
    made = Replayed(folder / "month", folder / "whole")
    app = _open(made.whole, days[0].now, replay)
    for day in days:
        tell(replay, "_day", day=f"{day.on}")
        collect(app, day.now)
        if day.on <= LAST:
            _tell(app, day)
        if day.on == LAST:
            settle(app.db)
            shutil.copytree(made.whole, made.month)
    app.db.dispose()
    _close(_open(made.month, CLOSING, replay))
    return made


def _open(folder: Path, now: datetime, replay: str) -> App:
    app = open_app(config.given({"data": {"dir": folder}}), Clock(now))
    return reading(app, replay, least=10, gone_after_days=4)


def open_month(made: Replayed) -> App:
    """Open the app as it was at the end of the month."""
    return open_app(config.given({"data": {"dir": made.month}}), Clock(CLOSING))


def _tell(app: App, day: RecordedDay) -> None:
    if day.on == FIRST:
        _enrol(app)
    make_urgent(app)
    _editions(app, day.now + timedelta(minutes=30))


def _enrol(app: App) -> None:
    with app.db.write() as session:
        start = last_seq(session)
        for name, (cadence, urgent, interest) in READERS.items():
            made = {"language": Language.EN, "cadence": cadence, "urgent": urgent, "created_at": app.clock()}
            reader = Subscriber(address=f"{name}@reader.example", lead_days=(), **made)
            enrol(session, reader, [Interest(**interest, cursor=start)])


def _editions(app: App, at: datetime) -> None:
    clock_of(app).now = at
    for cadence in Cadence:
        if is_due(cadence, at.date()):
            make_edition(app, cadence)
    deliver(app)


def _close(app: App) -> None:
    _editions(app, CLOSING)
    app.db.dispose()


def is_due(cadence: Cadence, on: date) -> bool:
    """Tell whether an edition is due on this day."""
    due = {Cadence.DAILY: on.weekday() < 5, Cadence.WEEKLY: on.weekday() == 0, Cadence.MONTHLY: on.day == 1}
    return due[cadence] and on > FIRST
