"""Calls and events for the tests of feeds, made in memory. Does not hold tests."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.calls import Call, CallKind, CallStatus, Deadline
from db.event_log import CallEvent, EventKind
from tracker.calls.changes import closes_on
from tracker.digests.interests import Reason, Tagged
from tracker.feeds.addresses import FeedInfo

NOW = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)
FOOD = Reason("food", (("fi", "Ruoka"), ("sv", "Mat"), ("en", "Food")), ("ruoka",))
DOOR = FeedInfo(
    name="spearhead/food/fi",
    title="Kärkivahti: Ruoka",
    address="https://vahti.example/feeds/spearheads/food.fi.atom",
    page="https://vahti.example",
    authority="vahti.example",
    language="fi",
    zone=ZoneInfo("Europe/Helsinki"),
    source_names={"portal": "Portaali"},
)


def day(text: str) -> date:
    """A day of 2026 by its month and day: 10-01."""
    return date.fromisoformat(f"2026-{text}")


def call(*days: str, **given: Any) -> Call:
    """An open food call with a cut-off on each of these days."""
    usual: dict[str, Any] = {
        "id": 7,
        "source": "portal",
        "key": "one",
        "kind": CallKind.TOPIC,
        "identifier": "HORIZON-ONE",
        "title": "Food call",
        "programme": "HORIZON",
        "deadlines": tuple(Deadline(on=day(one)) for one in days),
        "url": "https://example.org/one",
        "fingerprint": "f",
        "parser_version": 1,
        "status": CallStatus.OPEN,
        "first_seen_at": NOW,
        "changed_at": NOW,
        "keywords": (),
        "divisions": (),
        "audience": (),
    }
    made = Call(**usual | given)
    made.closes_on = closes_on(made)
    return made


def moved(seq: int, old: list[str], new: list[str], at: datetime = NOW) -> CallEvent:
    """The event of a list of cut-offs that gave way to another."""
    lists = [{"deadlines": [day(one).isoformat() for one in days]} for days in (old, new)]
    return event(seq, EventKind.DEADLINE_LATER, at, *lists)


def event(seq: int, kind: EventKind, at: datetime = NOW, old: Any = None, new: Any = None) -> CallEvent:
    return CallEvent(seq=seq, call_id=7, run_id=1, kind=kind, at=at, old=old, new=new)


def tagged(one: Call, *events: CallEvent) -> Tagged:
    return Tagged(one, (FOOD,), events)
