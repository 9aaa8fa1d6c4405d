"""What one stored call or one reader can hold, and what becomes of all the others: they are told all the same."""

import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import select
from typer.testing import CliRunner

from db import call_rows
from db.audit import Signed
from db.calls import Call, CallFacts, CallTracking, Deadline
from db.deliveries import DeliveryItem, DeliveryReason, DeliveryState
from db.editions import Edition, EditionState, WithheldReason
from db.engine import Database
from db.event_log import EventKind
from db.owed import OwedEvent
from db.sources import NoticeKind, list_notices
from db.subscribers import Cadence, Interest, Language, Subscriber
from db.types import Values
from jobs.base.app import App
from jobs.cli import app as command_line
from jobs.delivery.deliver import deliver
from jobs.editions.corrections import Wrong, correct
from jobs.editions.planning import make_edition, make_urgent, make_welcome
from jobs.editions.verify import Withheld, verify
from jobs.publishing import catalogue, feeds
from jobs.publishing.catalogue import CallQuery
from tests.jobs.editions.test_editions import mail_of
from tests.jobs.world import Clock, add_call, add_event, add_news, enrol, facts, newest_deliveries
from tracker.errors import NotFound
from tracker.feeds.addresses import FeedFormat

NOT_SHOWN = Withheld(WithheldReason.NOT_SHOWN)
SOON = (Deadline(on=date(2026, 6, 18)),)  # closes in three days: an urgent edition tells it, too
TEXTS: tuple[Any, ...] = (
    *("", "0001-01-01", "strange_code", "x" * 200_000, "t" * 5000, "nul\x00inside", "a\u202eb\u2028c\x1b[31m"),
    *("{{ x }}%s%(n)d<b>&\ue000unsubscribe\ue001\x1f", "=1+1", 10**18, -1, b"\xff\xfe\xed\xa0\x80"),
)
DAYS: tuple[Any, ...] = ("0001-01-01", "9999-12-31", "0026-03-02", "2070-01-01", "no day", "", 5, None)
SUMS: tuple[Any, ...] = (0, -1, 10**18, 1.5e300, "1e30", "a million", b"\xff", None)
LISTS: tuple[Any, ...] = (
    *("null", "[]", "{}", '"x"', "[null]", "[1]", "[{}]", "no json", '["\\ud800"]', '["\\u0000"]', "5"),
    json.dumps(["y" * 5000]),
)
DEADLINES: tuple[Any, ...] = (
    '[{"on": "0001-01-01"}]',
    '[{"on": "9999-12-31"}]',
    '[{"on": "0001-01-01"}, {"on": "9999-12-31"}]',
    '[{"on": "9999-12-31", "at": "9999-12-31T23:59:59.000+0000"}]',
    '[{"on": "9999-12-31", "at": "9999-12-31T23:59:59-11:00"}]',
    '[{"on": "0001-01-01", "at": "0001-01-01T00:00:00+02:00"}]',
    '[{"on": "2026-10-01", "at": "0001-01-01T00:00:00+14:00"}]',
    f'[{{"on": "2026-10-01", "stage": {10**30}}}]',
    '[{"on": "2026-10-01", "stage": -5}]',
    json.dumps([{"on": f"{year}-01-01"} for year in range(1800, 2300)]),
    *LISTS,
)


def odd_values(name: str) -> tuple[Any, ...]:
    """What a column may hold that no publisher should write, by its type."""
    kind = Call.__table__.c[name].type  # type: ignore[attr-defined]
    if name == "deadlines":
        return DEADLINES
    if isinstance(kind, Values):
        return LISTS
    if isinstance(kind, sa.Date):
        return DAYS
    if isinstance(kind, sa.DateTime):
        return ("0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999", "no day", b"\xff")
    if isinstance(kind, sa.Integer):
        return SUMS
    return TEXTS


def damage(db: Database, call_id: int, column: str, value: Any) -> bool:
    """Write a value past every check of ours; False if the database itself refuses it."""
    with db.engine.connect() as connection:
        try:
            connection.exec_driver_sql(f"UPDATE calls SET {column} = ? WHERE id = ?", (value, call_id))  # noqa: S608
            connection.commit()
        except sa.exc.IntegrityError:
            return False
    return True


def odd_calls(app: App, clock: Clock, fields: list[str]) -> dict[int, str]:
    """A new call for each odd value of each of these fields, and what is odd about it, by id."""
    found: dict[int, str] = {}
    for name in fields:
        for number, value in enumerate(odd_values(name)):
            call_id = add_news(app.db, clock.now, f"odd-{name}-{number}", "food", deadlines=SOON)
            add_event(app.db, clock.now, call_id, EventKind.BUDGET, {"budget_total": 5}, {"budget_total": 10**18})
            if damage(app.db, call_id, name, value):
                found[call_id] = f"{name} = {value!r}"[:80]
    return found


def told_calls(db: Database) -> dict[int, set[int]]:
    """The calls that each reader was told."""
    told: dict[int, set[int]] = {}
    with db.read() as session:
        for item in session.exec(select(DeliveryItem)):
            told.setdefault(item.subscriber_id, set()).add(item.call_id)
    return told


def notices(db: Database) -> list[str]:
    with db.read() as session:
        return [one.detail for one in reversed(list_notices(session)) if one.kind is NoticeKind.LEFT_OUT]


def owed(db: Database) -> list[tuple[int, int]]:
    with db.read() as session:
        return [(one.subscriber_id, one.event_seq) for one in session.exec(select(OwedEvent))]


GONE = "withdrawn_at"  # a call that is withdrawn is left out with good reason
COLUMNS = [name for name in (*CallFacts.model_fields, *CallTracking.model_fields) if name != GONE]
PARTS = [COLUMNS[start::4] for start in range(4)]  # a world of each keeps a test short and a failure near its cause


@pytest.mark.slow
@pytest.mark.parametrize("fields", PARTS, ids=range(4))
def test_whatever_one_call_holds_every_other_call_and_every_reader_is_told(
    app: App, clock: Clock, fields: list[str]
) -> None:
    readers = [enrol(app.db, clock.now, language.value, language=language) for language in Language]
    readers.append(enrol(app.db, clock.now, "new", cadence=Cadence.DAILY))
    with app.db.write() as session:
        session.get_one(Subscriber, readers[0]).urgent = True
        session.get_one(Subscriber, readers[-1]).confirmed_at = clock.now
    sane = [add_news(app.db, clock.now, f"sane-{n}", "food", deadlines=SOON) for n in range(2)]
    odd = odd_calls(app, clock, fields)
    make_urgent(app)
    make_edition(app, Cadence.WEEKLY)
    make_welcome(app)
    assert set(deliver(app)) == {DeliveryState.SENT}
    told = told_calls(app.db)
    assert all(told[reader] >= set(sane) for reader in readers)
    named = " ".join(notices(app.db))
    unnamed = {call: why for call, why in odd.items() if call not in told[readers[1]] and f"call {call} " not in named}
    assert unnamed == {}
    assert verify(app).discrepancies == []
    for form in FeedFormat:
        written = feeds.export(app, form, CallQuery(spearhead="food"), "fi")
        if form is FeedFormat.XLSX:
            written = zipfile.ZipFile(io.BytesIO(written)).read("xl/sharedStrings.xml")
        assert all(f"sane-{n}".encode() in written.replace(b"\r\n ", b"") for n in range(2)), form
    with app.db.read() as session:
        listed = {one.call.id for one in catalogue.listed_calls(session, app, [], "", "", None)}
        assert set(sane) <= listed
        shown = {call for call in odd if call in listed or call_rows.unread_calls_named(session, str(call))}
    assert shown == odd.keys()
    signed = Signed("admin", "a slip", clock.now)
    days = {"from_on": date(2026, 6, 1), "to_on": date(2026, 6, 30)}
    edition, counts = correct(app, Wrong(sane[0], "title", "a", "b", **days), signed)
    assert (edition.state, counts) == (EditionState.BUILT, {DeliveryState.RENDERED: 4})


def ledger_of(app: App) -> tuple[dict[int, set[int]], list[tuple[int, int]]]:
    assert verify(app).discrepancies == []
    return told_calls(app.db), owed(app.db)


def next_week(app: App, clock: Clock) -> None:
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)


def test_what_could_not_be_read_is_told_once_when_it_can_be(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    bertta = enrol(app.db, clock.now, "bertta", "circular")
    sane, odd = (add_news(app.db, clock.now, key, "food") for key in ("sane", "odd"))
    damage(app.db, odd, "audience", "[1]")
    make_edition(app, Cadence.WEEKLY)
    assert ledger_of(app) == ({anna: {sane}}, [(anna, 2), (bertta, 2)])  # nobody can say whose an unread call is
    assert verify(app).withheld == {NOT_SHOWN: 2}
    next_week(app, clock)
    assert ledger_of(app) == ({anna: {sane}}, [(anna, 2), (bertta, 2)])
    add_call(app.db, clock.now, facts("odd"), "food", fingerprint="read again")
    next_week(app, clock)
    assert ledger_of(app) == ({anna: {sane, odd}}, [])
    next_week(app, clock)
    assert newest_deliveries(app.db)["anna"].reason is DeliveryReason.NOTHING_TO_SAY


@pytest.mark.both_kinds
def test_what_could_not_be_put_into_words_is_owed_to_those_who_want_it(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    enrol(app.db, clock.now, "bertta", "circular")
    sane, odd = add_news(app.db, clock.now, "sane", "food"), add_call(app.db, clock.now, facts("odd"), "food")
    seq = add_event(app.db, clock.now, odd, EventKind.CUTOFFS, {"deadlines": ["no day"]}, {"deadlines": ["2026-10-01"]})
    make_edition(app, Cadence.WEEKLY)
    assert ledger_of(app) == ({anna: {sane}}, [(anna, seq)])
    with app.db.write() as session:
        mended = sa.text("UPDATE call_events SET old = :old WHERE seq = :seq")
        session.connection().execute(mended, {"old": '{"deadlines": ["2026-09-01"]}', "seq": seq})
    next_week(app, clock)
    assert ledger_of(app) == ({anna: {sane, odd}}, [])


def test_what_is_owed_is_settled_if_the_call_is_over_by_then(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    odd = add_news(app.db, clock.now, "odd", "food", deadlines=SOON)
    damage(app.db, odd, "keywords", "{}")
    make_edition(app, Cadence.WEEKLY)
    damage(app.db, odd, "keywords", "[]")
    next_week(app, clock)
    assert ledger_of(app) == ({}, [])
    assert verify(app).withheld == {NOT_SHOWN: 1, Withheld(WithheldReason.OVER): 1}


def test_a_call_that_is_left_out_is_named_with_the_reason_and_a_command_once_a_week(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", cadence=Cadence.DAILY)
    odd = add_news(app.db, clock.now, "odd", "food")
    damage(app.db, odd, "title", b"\xff")
    for _ in range(8):
        make_edition(app, Cadence.DAILY)
        clock.forward(days=1)
    first, again = notices(app.db)
    assert first == again
    assert first.startswith(f"call {odd} (odd) is left out of digests: title: Input should be a valid string")
    assert first.endswith(f"; look at it with: tracker calls show {odd}")


def test_a_call_that_nobody_can_read_has_no_calendar_and_no_correction(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    odd = add_news(app.db, clock.now, "odd", "food")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    damage(app.db, odd, "kind", "strange")
    with pytest.raises(NotFound):
        feeds.calendar_of_call(app, odd, "fi")
    wrong = Wrong(odd, "title", "a", "b", date(2026, 6, 1), date(2026, 6, 30))
    _, counts = correct(app, wrong, Signed("admin", "a slip", clock.now))
    assert counts == {DeliveryState.SKIPPED: 1}
    assert newest_deliveries(app.db)["anna"].reason is DeliveryReason.FAULT
    assert len(notices(app.db)) == 1


@pytest.mark.parametrize(
    ("table", "column", "value", "mended"),
    [
        ("subscribers", "lead_days", "no json", "[28]"),
        ("subscribers", "lead_days", '["x"]', "[28]"),
        ("interests", "spearheads", "no json", '["food"]'),
        ("interests", "programmes", "5", "[]"),
        ("interests", "query", "food AND (", "food"),
    ],
)
def test_a_reader_who_cannot_be_composed_stops_nobody_and_is_told_next_time(
    app: App, clock: Clock, table: str, column: str, value: str, mended: str
) -> None:
    anna = enrol(app.db, clock.now, "anna")
    bertta = enrol(app.db, clock.now, "bertta", interests=[Interest(spearheads=("food",), query="food")])
    call = add_news(app.db, clock.now, "one", "food")
    write = f"UPDATE {table} SET {column} = ? WHERE id = ?"  # noqa: S608
    for value_now, told in ((value, {anna: {call}}), (mended, {anna: {call}, bertta: {call}})):
        with app.db.engine.begin() as connection:
            connection.exec_driver_sql(write, (value_now, bertta))
        make_edition(app, Cadence.WEEKLY)
        assert ledger_of(app) == (told, [])
        clock.forward(days=7)
    [notice] = notices(app.db)
    assert notice.startswith(f"reader {bertta} is left out of digests: ")
    assert "@" not in notice


def test_what_fails_for_every_reader_is_no_readers_fault(app: App, clock: Clock) -> None:
    for name in ("anna", "bertta"):
        enrol(app.db, clock.now, name)
    with app.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE subscribers SET lead_days = 'no json'")
    with pytest.raises(ValueError, match="line 1"):
        make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        assert session.exec(select(Edition.state)).one() is EditionState.PLANNED


def test_the_days_of_a_call_without_end_are_not_counted(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna")
    moved = add_call(app.db, clock.now, facts("endless", deadlines=(Deadline(on=date(9999, 12, 31)),)), "food")
    was, becomes = {"deadlines": ["0026-10-01", "2026-10-01"]}, {"deadlines": ["9999-12-31"]}
    add_event(app.db, clock.now, moved, EventKind.DEADLINE_LATER, was, becomes)
    make_edition(app, Cadence.WEEKLY)
    text = " ".join(mail_of(app.db, "anna").split())
    assert "Deadline removed (it was 1 October 2026)" in text
    assert "9999" not in text
    assert "0026" not in text


@pytest.mark.parametrize("name", ["list", "show"])
def test_the_command_line_shows_a_row_that_cannot_be_read_as_it_is_stored(
    app: App, clock: Clock, tmp_path: Path, name: str
) -> None:
    sane, odd = (add_news(app.db, clock.now, key, "food") for key in ("sane", "odd"))
    damage(app.db, odd, "status", "strange")
    words = ["calls", "list"] if name == "list" else ["calls", "show", str(odd)]
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{app.settings.database.url}"\n[data]\ndir = "{tmp_path / "data"}"\n')
    done = CliRunner().invoke(command_line, ["--config", str(config), *words])
    assert done.exit_code == 0, done.output
    if name == "list":
        assert f"tracker calls show {odd}" in done.stderr
        assert done.stdout.splitlines()[1].startswith(f"{sane}\t")
    else:
        assert "status\tstrange" in done.stdout
        assert "unreadable\tValueError: 'strange' is not a valid CallStatus" in done.stdout


def test_a_pause_of_a_thousand_lives_harms_nobody(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna")
    with app.db.write() as session:
        session.get_one(Subscriber, anna).lead_days = (10**12,)
    call = add_news(app.db, clock.now, "one", "food", deadlines=(Deadline(on=date(2026, 6, 15) + timedelta(days=90)),))
    make_edition(app, Cadence.WEEKLY)
    assert ledger_of(app) == ({anna: {call}}, [])
