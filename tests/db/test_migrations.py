"""Migrations: a database that is in use is brought to today's schema without losing a row, and is its region's."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlmodel import col, select

from db.audit import AuditEntry
from db.deliveries import Delivery
from db.editions import Edition, EditionSegment, WithheldReason
from db.engine import Database, _alembic, drift, upgrade
from db.examples import ExampleRow
from db.letters import Letter
from db.regions import NoRegion
from db.subscribers import Subscriber, SubscriberChange

AT = datetime(2026, 11, 1, 6, tzinfo=UTC).isoformat(sep=" ")
REGION = "kainuu"  # for which the database is opened
ROWS = {  # what a service has after its first week, as the second schema had it
    "runs": "(id, job, subject, started_at, verdict, reasons, baseline, counts, receipt) "
    f"VALUES (1, 'collect', 'portal', '{AT}', 'accepted', '[]', true, '{{}}', '{{}}')",
    "calls": "(id, source, key, kind, title, deadlines, keywords, divisions, audience, url, language, fingerprint, "
    "parser_version, status, first_seen_at, changed_at, absent_runs) VALUES (1, 'portal', '1', 'topic', 'A call', "
    f"'[]', '[]', '[]', '[]', 'https://example.org', 'en', 'f', 1, 'open', '{AT}', '{AT}', 0)",
    "call_events": f"(seq, call_id, run_id, kind, at) VALUES (1, 1, 1, 'new', '{AT}')",
    "actors": "(id, name, type) VALUES (1, 'LAB', 'university')",
    "subscribers": "(id, address, actor_id, language, cadence, state, lead_days, created_at) "
    f"VALUES (1, 'a@reader.example', 1, 'fi', 'weekly', 'active', '[28, 7]', '{AT}')",
    "interests": "(id, subscriber_id, spearheads, programmes, sources, cursor) "
    "VALUES (1, 1, '[\"food\"]', '[]', '[]', 1)",
    "editions": '(id, cadence, period, "on", from_on, to_on, catch_up, to_seq, planned_at, state) '
    f"VALUES (1, 'weekly', '2026-W45', '2026-11-02', '2026-10-26', '2026-11-02', false, 1, '{AT}', 'built')",
    "deliveries": f"(id, edition_id, subscriber_id, state, made_at, attempts) VALUES (1, 1, 1, 'sent', '{AT}', 1)",
    "delivery_items": "(id, delivery_id, subscriber_id, call_id, event_seq, section) VALUES (1, 1, 1, 1, 1, 'new')",
}

ITS_OWN = ("actors", "subscribers", "editions", "deliveries")


@pytest.fixture
def in_use(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> Iterator[Database]:
    """A database of the second schema with a row in every table of the ledger."""
    if kind == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'used.sqlite3'}", REGION)
    else:
        template: sa.URL = request.getfixturevalue("postgres").url
        name = f"used_{tmp_path.name.replace('-', '_').lower()}"[:60]
        admin = sa.create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        admin.dispose()
        db = Database(template.set(database=name).render_as_string(hide_password=False), REGION)
    command.upgrade(_alembic(db), "0002")
    with db.engine.begin() as connection:
        for table, row in ROWS.items():
            connection.exec_driver_sql(f"INSERT INTO {table} {row}")
    yield db
    db.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_of_a_database_in_use_survives_the_way_to_todays_schema(in_use: Database) -> None:
    assert upgrade(in_use) == ScriptDirectory.from_config(_alembic(in_use)).get_current_head()
    with in_use.engine.connect() as connection:
        left = {name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) for name in ROWS}
        kind = connection.exec_driver_sql("SELECT kind FROM editions").scalar_one()
        welcomed = connection.exec_driver_sql("SELECT welcomed_at IS NOT NULL FROM subscribers").scalar_one()
    assert left == dict.fromkeys(ROWS, 1)
    assert (kind, bool(welcomed)) == ("weekly", True)
    assert drift(in_use) == []


# --- 0006: sentences become words -------------------------------------------------------------------------------------

OLD_REASONS = [  # state, the sentence as it was, today's word, and what somebody said
    ("skipped", "nothing to say", "nothing_to_say", None),
    ("skipped", "paused", "paused", None),
    ("skipped", "bounced", "bounced", None),
    ("skipped", "the reader takes no mail any more", "takes_no_mail", None),
    ("skipped", "the reader has left", "left", None),
    ("skipped", "not on mail.allow", "not_allowed", None),
    ("skipped", "erased", "erased", None),
    ("skipped", "too old", "too_old", None),
    ("skipped", "the moon was full", "other", "the moon was full"),
    ("deferred", "the mailbox bounced; it is tried again later", "backed_off", None),
    ("deferred", "RCPT: 451 greylisted", "mail_server", "RCPT: 451 greylisted"),
    ("refused", "RCPT: 550 5.1.1 no such user", "mail_server", "RCPT: 550 5.1.1 no such user"),
    ("refused", "given up after 7 attempts; the last answer was: RCPT: 451 full", "given_up", "RCPT: 451 full"),
    ("refused", "lost: no trace of it", "resolved", "no trace of it"),
    ("sent", "sent: queued as 4F2", "resolved", "queued as 4F2"),
    ("sent", None, None, None),
    ("unknown", "the process died while it was sending; look in the mail server's log", "died", None),
    ("unknown", "a fault in this program", "fault", None),
    ("unknown", "no answer after the mail: timed out", "mail_server", "no answer after the mail: timed out"),
    ("sending", "RCPT: 451 greylisted", "mail_server", "RCPT: 451 greylisted"),
]  # fmt: skip
NEVER_SAID = {WithheldReason.NOT_SHOWN, WithheldReason.NOT_FOR_THEM}  # by a sentence
OLD_WITHHELD = [why for why in WithheldReason if why not in NEVER_SAID]
OLD_HOLDS = [
    ("stale", "stale", None),
    ("120 events, usually 8", "flood", "120 events, usually 8"),
    ("wait for the press release", "admin", "wait for the press release"),
    (None, None, None),
]
OLD_SILENT = {
    "1": "muted by the reader",
    "2": "not open yet, and the reader wants open calls only",
    "3": "came to nothing: what had changed was changed back, or is no news",
    "4": "the call was over before it could be told",
    "5": "the call was withdrawn, and the reader had not been told of it since it came",
    "6": "the call was the reader's before",
    "7": "another source still has the call",
    "8": "held back for an admin",
    "9": "found to be no news by an admin",
    "10": "it rained",
}
OLD_AUDIT = [  # action and subject, as they were and as they are
    ("alias joined", "alias 3", "duplicate joined", "duplicate 3"),
    ("alias apart", "alias 4", "duplicate apart", "duplicate 4"),
    ("call edited", "call 1", "field overridden", "call 1"),
    ("edit lifted", "call 1", "override lifted", "call 1"),
    ("run accepted", "run 1", "run accepted", "run 1"),
]
OLD_CHANGES = [
    ("asked", "asked", {"wish": 1}),
    ("not for us", "not_for_us", {"wish": 1}),
    ("came back", "came_back", {"wish": 1}),
    ("backed off", "backed_off", {"wish": 1}),
    ("feed link replaced", "feed_link_replaced", {"wish": 1}),
    ("unbanned", "unbanned", {"wish": 1}),
    ("went fishing", "other", {"wish": 1, "what": "went fishing"}),
]


@pytest.fixture
def worded(in_use: Database) -> Database:
    """A database of today's schema that came from sentences."""
    command.upgrade(_alembic(in_use), "0005")
    with in_use.engine.begin() as connection:
        _add_sentences(connection)
    assert upgrade(in_use) == ScriptDirectory.from_config(_alembic(in_use)).get_current_head()
    return in_use


def _add_sentences(connection: sa.Connection) -> None:
    def add(table: str, columns: str, **row: object) -> None:
        names = ", ".join(f":{name}" for name in row)
        connection.execute(sa.text(f"INSERT INTO {table} ({columns}) VALUES ({names})"), row)  # noqa: S608

    kept = {"at": datetime.fromisoformat(AT)}
    for number, (said, _, _) in enumerate(OLD_HOLDS, start=100):
        add(
            "editions", 'id, kind, period, "on", from_on, to_on, catch_up, to_seq, planned_at, state, shares, held_for',
            id=number, kind="weekly", period=str(number), on="2026-11-02", first="2026-11-02", last="2026-11-02",
            catch_up=False, seq=1, **kept, state="held", shares="{}", said=said,
        )  # fmt: skip
    for number, (state, said, _, _) in enumerate(OLD_REASONS, start=100):
        add("subscribers", "id, address, language, cadence, state, lead_days, created_at, urgent, soft_bounces",
            id=number, address=f"{number}@reader.example", language="fi", cadence="weekly", state="active",
            lead_days="[]", **kept, urgent=False, soft=0)  # fmt: skip
        add("deliveries", "id, edition_id, subscriber_id, state, reason, made_at, attempts",
            id=number, edition=1, reader=number, state=state, reason=said, **kept, attempts=1)  # fmt: skip
        add("letters", "id, subscriber_id, kind, message_id, state, reason, made_at, attempts",
            id=number, reader=1, kind="known", name="<a>", state=state, reason=said, **kept, attempts=1)  # fmt: skip
    shape = {"language": "fi", "cadence": "weekly", "events": [1]}
    for number, silent in enumerate((OLD_SILENT, {}), start=1):
        add("edition_shapes", "id, edition_id, hash, shape, silent", id=number, edition=1, hash=str(number),
            shape=json.dumps(shape), silent=json.dumps(silent))  # fmt: skip
    for number, (action, subject, _, _) in enumerate(OLD_AUDIT, start=1):
        add("audit", "id, at, who, action, subject, detail", id=number, **kept, who="eve", action=action,
            subject=subject, detail="{}")  # fmt: skip
    for number, (what, _, _) in enumerate(OLD_CHANGES, start=1):
        add("subscriber_changes", "id, subscriber_id, at, what, by, detail", id=number, reader=1, **kept, what=what,
            by="reader", detail='{"wish": 1}')  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_readers_from_before_there_was_the_choice_are_told_of_their_own_region(worded: Database) -> None:
    with worded.read() as session:
        assert {reader.own_region for reader in session.exec(select(Subscriber))} == {True}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_sentence_becomes_its_word_and_what_somebody_said_stays(worded: Database) -> None:
    with worded.read() as session:
        for table in (Delivery, Letter):
            rows = session.exec(select(table).where(col(table.id) >= 100).order_by(col(table.id))).all()
            assert [(one.state, one.reason, one.detail, one.run_id) for one in rows] == [
                (state, word, detail, None) for state, _, word, detail in OLD_REASONS
            ]
        held = session.exec(select(Edition).where(col(Edition.id) >= 100).order_by(col(Edition.id))).all()
        segments = session.exec(select(EditionSegment).order_by(col(EditionSegment.id))).all()
        audit = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        history = session.exec(select(SubscriberChange).order_by(col(SubscriberChange.id))).all()
    assert [(one.held_for, one.held_detail) for one in held] == [(word, detail) for _, word, detail in OLD_HOLDS]
    assert [one.withheld for one in segments] == [dict(enumerate(OLD_WITHHELD, start=1)), {}]
    assert [one.segment.get("said") for one in segments] == [{"10": "it rained"}, None]
    assert [(entry.action, entry.subject) for entry in audit] == [tuple(row[2:]) for row in OLD_AUDIT]
    assert [(one.what, one.detail) for one in history] == [(word, detail) for _, word, detail in OLD_CHANGES]
    assert drift(worded) == []


# --- 0007: whose rows they are ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_stands_already_is_the_regions_for_which_the_database_is_opened(in_use: Database) -> None:
    upgrade(in_use)
    with in_use.engine.connect() as connection:
        region = sa.select(sa.column("region"))
        whose = {name: connection.scalar(region.select_from(sa.table(name))) for name in ITS_OWN}
    assert whose == dict.fromkeys(ITS_OWN, REGION)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_rows_that_would_be_nobodys_are_refused(in_use: Database) -> None:
    nobodys = Database(in_use.url.render_as_string(hide_password=False))
    with pytest.raises(NoRegion):
        upgrade(nobodys)
    upgrade(in_use)
    assert drift(in_use) == []
    for one in (nobodys, in_use):
        one.dispose()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_the_number_of_an_example_that_was_taken_out_is_not_given_again(in_use: Database) -> None:
    command.upgrade(_alembic(in_use), "0005")
    with in_use.engine.begin() as connection:
        row = {"spearhead": "food", "must": True, "document": "{}", "from_file": False}
        table = sa.table("examples", *(sa.column(name) for name in ("id", *row)))
        connection.execute(sa.insert(table), [{"id": number} | row for number in (7, 8)])
        connection.exec_driver_sql("DELETE FROM examples WHERE id = 8")
    upgrade(in_use)
    with in_use.write() as session:
        session.add(example := ExampleRow(spearhead="food", must=True, document={}))
        session.flush()
        assert example.id == 9
