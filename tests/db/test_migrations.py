"""Migrations: a database that is in use is brought to today's schema without losing a row, and is its region's."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from db.engine import Database, _alembic, drift, upgrade
from db.examples import Example
from db.regions import NoRegion

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
def in_use(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> Database:
    """A database of the second schema with a row in every table of the ledger."""
    if kind == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'used.sqlite3'}", REGION)
    else:
        template: sa.URL = request.getfixturevalue("postgres_url")
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
    return db


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
    in_use.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_stands_already_is_the_regions_for_which_the_database_is_opened(in_use: Database) -> None:
    upgrade(in_use)
    with in_use.engine.connect() as connection:
        region = sa.select(sa.column("region"))
        whose = {name: connection.scalar(region.select_from(sa.table(name))) for name in ITS_OWN}
    assert whose == dict.fromkeys(ITS_OWN, REGION)
    in_use.dispose()


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
        session.add(example := Example(spearhead="food", must=True, document={}))
        session.flush()
        assert example.id == 9
    in_use.dispose()
