"""The log: what the program decides, in its order, with ids and counts, and without addresses and tokens."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from db.audit import Signed
from db.strategies import Rule, Weight
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.collecting.collect import due_sources
from jobs.delivery.deliver import deliver
from jobs.editions.holds import drop_part
from jobs.editions.planning import make_edition, make_urgent
from jobs.rulebook.saving import rule_edit, save
from jobs.running.scheduler import tracked
from tests.jobs.editions.test_beside import flooded
from tests.jobs.world import (
    Clock,
    PostOffice,
    ToldPortal,
    add_news,
    collect,
    enrol,
    free_port,
    mailing,
    reading,
)

Line = dict[str, Any]
TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")  # none is shorter


@pytest.fixture
def log() -> Iterator[list[Line]]:
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines  # type: ignore[misc]


def told(log: list[Line], *events: str) -> list[Line]:
    """The lines of these events, without their level."""
    return [{name: one[name] for name in one if name != "log_level"} for one in log if one["event"] in events]


def test_a_day_is_told_in_its_order_with_ids_and_counts_and_no_addresses_or_tokens(
    app: App, clock: Clock, portal: ToldPortal, office: PostOffice, log: list[Line]
) -> None:
    service = mailing(reading(app, portal.url), office.port)
    collect(service)
    for name in ("anna", "bertta"):
        enrol(app.db, clock.now, name)
    add_news(app.db, clock.now, "one", "food")
    make_edition(service, Cadence.WEEKLY)
    deliver(service)
    assert [one["event"] for one in log] == [
        "run judged",
        "edition planned",
        "edition built",
        "delivery begun",
        "delivery ended",
    ]
    judged, planned, built, begun, ended = log
    assert (judged["source"], judged["verdict"], judged["reasons"], judged["new"]) == ("portal", "accepted", [], 58)
    assert (planned["edition"], planned["kind"], planned["to_seq"]) == (1, "weekly", 1)
    assert (built["edition"], built["events"], built["rendered"]) == (1, 1, 2)
    assert (begun["run"], ended["run"], ended["sent"]) == (begun["run"], begun["run"], 2)
    everything = json.dumps(log)
    assert "@" not in everything
    assert TOKEN.search(everything) is None
    assert TOKEN.search(office.mails[0].decode()) is not None  # the mails have what the log must not


def test_a_reading_that_is_not_believed_is_a_warning_that_says_why(app: App, log: list[Line]) -> None:
    collect(reading(app, f"http://127.0.0.1:{free_port()}"))
    [line] = log
    assert (line["log_level"], line["verdict"], line["reasons"]) == ("warning", "failed", ["unreachable"])


def test_a_source_that_is_left_alone_is_named_with_the_time_of_its_next_try(
    app: App, clock: Clock, log: list[Line]
) -> None:
    away = reading(app, f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        collect(away)
    until = clock.now + timedelta(hours=11)
    due_sources(away)
    assert told(log, "source skipped") == [
        {"event": "source skipped", "source": "portal", "troubled_runs": 3, "until": until.isoformat()}
    ]


def test_an_edition_that_was_made_before_and_an_urgent_one_that_nobody_needs_are_nothing_due(
    app: App, log: list[Line]
) -> None:
    for _ in range(2):
        edition, _ = make_edition(app, Cadence.WEEKLY)
    make_urgent(app)
    assert told(log, "nothing due") == [
        {"event": "nothing due", "kind": "weekly", "edition": 1, "period": edition.period},
        {"event": "nothing due", "kind": "urgent"},
    ]


def test_what_is_held_back_and_what_a_person_decides_of_it_is_told(app: App, clock: Clock, log: list[Line]) -> None:
    strict = flooded(app, clock)
    make_edition(strict, Cadence.WEEKLY)
    drop_part(strict, 1, Signed("eve", "an old list", clock.now))
    [held, dropped] = told(log, "part held back", "hold dropped")
    assert (held["hold"], held["edition"], held["subject"], held["events"]) == (1, 4, "source:eura", 6)
    assert (dropped["hold"], dropped["by"], dropped["events"]) == (1, "eve", 6)


def test_the_brake_is_a_warning(app: App, clock: Clock, office: PostOffice, log: list[Line]) -> None:
    for name in ("anna", "bertta"):
        enrol(app.db, clock.now, name)
    add_news(app.db, clock.now, "one", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(mailing(app, office.port, per_day=1))
    assert [(one["log_level"], one["event"]) for one in log[-2:]] == [
        ("warning", "delivery stopped at the daily limit"),
        ("info", "delivery ended"),
    ]


def test_a_rule_that_is_saved_is_told_with_its_revision_and_by_whom(app: App, log: list[Line]) -> None:
    rule = Rule(key="farming", spearhead="food", text="farming", weight=Weight.STRONG)
    with app.db.read() as session:
        edit = rule_edit(session, rule)
    save(app, edit, Signed("maija", "a test", app.clock()))
    [line] = told(log, "rule saved")
    assert (line["key"], line["revision"], line["by"]) == ("farming", 1, "maija")


def test_the_scheduler_tells_of_jobs_and_of_none_that_failed_that_it_ended(app: App, log: list[Line]) -> None:
    async def works() -> None:
        return None

    async def breaks() -> None:
        raise OSError("somebody@reader.example")

    asyncio.run(tracked("good", works, set())())
    with pytest.raises(OSError, match="somebody"):
        asyncio.run(tracked("bad", breaks, set())())
    told = [(one["event"], one["job"]) for one in log]
    assert told == [("job started", "good"), ("job ended", "good"), ("job started", "bad")]
