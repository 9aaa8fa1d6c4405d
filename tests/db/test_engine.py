"""The database: its transactions, its schema, its locks and its backup, on both kinds."""

from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import select

from db import revisions
from db.audit import AuditEntry, Signed, append_audit
from db.engine import Database, OldSchema, backup, drift, require_schema, upgrade
from db.revisions import Kind

pytestmark = pytest.mark.both_kinds
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_a_test_for_both_kinds_runs_on_the_kind_that_its_name_says(
    db: Database, request: pytest.FixtureRequest
) -> None:
    assert db.url.get_backend_name() == request.node.callspec.params["database_url"]


def test_the_migrations_make_exactly_the_tables_that_the_code_has(db: Database) -> None:
    assert drift(db) == []


def test_an_empty_database_is_set_up_on_first_use(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'deep' / 'new.sqlite3'}")
    require_schema(db)
    assert drift(db) == []
    db.dispose()


def test_another_schema_is_refused_with_what_there_is_and_what_is_needed(db: Database) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'older'"))
    with pytest.raises(OldSchema, match="older") as caught:
        require_schema(db)
    assert (caught.value.have, caught.value.url) == ("older", db.url.render_as_string())
    assert caught.value.needed > "0004"


def test_a_transaction_that_fails_leaves_nothing(db: Database) -> None:
    def fail_half_way() -> None:
        with db.write() as session:
            append_audit(session, Signed("operator", "a test", NOW), "tried", "thing")
            session.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        fail_half_way()
    with db.read() as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_what_is_written_comes_back_with_its_instant_in_utc(db: Database) -> None:
    with db.write() as session:
        append_audit(session, Signed("operator", "a test", NOW), "did", "thing", {"ä": [1, None]})
    with db.read() as session:
        entry = session.exec(select(AuditEntry)).one()
    assert (entry.at, entry.detail) == (NOW, {"reason": "a test", "ä": [1, None]})


def test_an_error_does_not_show_the_values_that_were_bound(db: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, db.write() as session:
        session.connection().execute(sa.text("SELECT nonsense(:address)"), {"address": "somebody@example.org"})
    assert "somebody@example.org" not in str(caught.value)


def test_only_one_may_do_a_work_at_a_time_and_gives_it_back(db: Database) -> None:
    with db.only_one("deliver") as first, db.only_one("deliver") as second, db.only_one("serve") as other:
        assert (first, second, other) == (True, False, True)
    with db.only_one("deliver") as again:
        assert again


def test_a_backup_is_a_whole_database_and_never_overwrites(tmp_path: Path, sqlite_template: Path) -> None:
    db = Database(f"sqlite:///{sqlite_template}")
    target = tmp_path / "copy.sqlite3"
    backup(db, target)
    db.dispose()
    copy = Database(f"sqlite:///{target}")
    assert drift(copy) == []
    with pytest.raises(FileExistsError, match="copy"):
        backup(copy, target)
    copy.dispose()


def test_what_stood_before_its_revisions_were_kept_has_a_first_one(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}", "paijat_hame")
    config = Config()
    config.set_main_option("script_location", str(resources.files("db") / "migrations"))
    config.attributes["engine"] = db.engine
    command.upgrade(config, "0002")
    with db.engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO masks (key, text) VALUES ('m', 'circular letter')"))
        connection.execute(
            sa.text(
                "INSERT INTO rule_revisions (rule, revision, spearhead, text, weight, enabled, author, at, reason)"
                " VALUES ('r', 1, 's', 'food', 4, 1, 'a', '2026-11-23 06:00:00.000000', 'first')"
            )
        )
    upgrade(db)
    with db.read() as session:
        [first] = revisions.revisions_of(session, Kind.MASK, "m")
    assert (first.state or {})["text"] == "circular letter"
    assert (first.revision, first.at) == (1, NOW)
    db.dispose()
