"""Migrations: a database that is in use is brought to today's schema without losing a row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from db.engine import Database, _alembic, drift, upgrade

AT = datetime(2026, 11, 1, 6, tzinfo=UTC).isoformat(sep=" ")
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


@pytest.fixture
def in_use(tmp_path: Path, request: pytest.FixtureRequest, kind: str) -> Database:
    """A database of the second schema with a row in every table of the ledger."""
    if kind == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'used.sqlite3'}")
    else:
        template: sa.URL = request.getfixturevalue("postgres").url
        name = f"used_{tmp_path.name.replace('-', '_').lower()}"[:60]
        admin = sa.create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        admin.dispose()
        db = Database(template.set(database=name).render_as_string(hide_password=False))
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
