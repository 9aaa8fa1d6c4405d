"""The database: its transactions, its schema, its locks and its backup, on both kinds."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlmodel import select

from db import revisions
from db.acts import Act
from db.audit import AuditEntry, Signed, append_audit, list_audit
from db.bulk import insert_rows
from db.engine import Database, OldSchema, backup, drift, require_schema, upgrade
from db.revisions import Kind
from db.types import Json

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
            append_audit(session, Signed("operator", "a test", NOW), Act.SIGNED_IN, "thing")
            session.flush()
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        fail_half_way()
    with db.read() as session:
        assert session.exec(select(AuditEntry)).all() == []


def test_what_is_written_comes_back_with_its_instant_in_utc(db: Database) -> None:
    with db.write() as session:
        append_audit(session, Signed("operator", "a test", NOW), Act.CORRECTION, "call 1", {"fact": ["ä", None]})
    with db.read() as session:
        entry = session.exec(select(AuditEntry)).one()
    assert (entry.at, entry.detail) == (NOW, {"reason": "a test", "fact": ["ä", None]})


def test_an_error_does_not_show_the_values_that_were_bound(db: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught, db.write() as session:
        session.connection().execute(sa.text("SELECT nonsense(:address)"), {"address": "somebody@example.org"})
    assert "somebody@example.org" not in str(caught.value)


def test_only_one_may_do_a_work_at_a_time_and_gives_it_back(db: Database) -> None:
    with db.only_one("deliver") as first, db.only_one("deliver") as second, db.only_one("serve") as other:
        assert (first, second, other) == (True, False, True)
    with db.only_one("deliver") as again:
        assert again


def test_who_waits_for_its_turn_comes_after_the_first_and_not_during_it(db: Database) -> None:
    done = list[str]()

    def second() -> None:
        with db.in_turn("editions"):
            done.append("second")

    with ThreadPoolExecutor(1) as threads:
        with db.in_turn("editions"), db.in_turn("other"):
            waiting = threads.submit(second)
            with pytest.raises(FutureTimeout):
                waiting.result(0.1)
            done.append("first")
        waiting.result(10)
    assert done == ["first", "second"]


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    url = sa.make_url(database_url)
    if url.get_backend_name() == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE never_set_up")
        yield url.set(database="never_set_up").render_as_string(hide_password=False)
        connection.exec_driver_sql("DROP DATABASE never_set_up WITH (FORCE)")
    server.dispose()


def test_all_that_start_together_on_an_empty_database_find_it_set_up(empty_url: str) -> None:
    together = Barrier(4)

    def start(_: int) -> list[object]:
        db = Database(empty_url)
        together.wait()
        try:
            require_schema(db)
            return drift(db)
        finally:
            db.dispose()

    with ThreadPoolExecutor(4) as starts:
        assert list(starts.map(start, range(4))) == [[]] * 4


def test_the_database_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'data' / 'new.sqlite3'}")
    require_schema(db)
    backup(db, tmp_path / "copy.sqlite3")
    files = [*(tmp_path / "data").glob("new.sqlite3"), tmp_path / "copy.sqlite3"]
    assert [file.stat().st_mode & 0o777 for file in (tmp_path / "data", *files)] == [0o700, 0o600, 0o600]
    db.dispose()


def test_a_backup_that_fails_leaves_no_part_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "torn.sqlite3").write_bytes(b"no database at all" * 100)
    db = Database(f"sqlite:///{tmp_path / 'torn.sqlite3'}")
    with pytest.raises(sqlite3.DatabaseError):
        backup(db, tmp_path / "copy.sqlite3")
    assert [file.name for file in tmp_path.iterdir()] == ["torn.sqlite3"]


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


def test_the_audit_is_listed_newest_first_and_found_by_who_what_and_since(db: Database) -> None:
    with db.write() as session:
        for hour, (who, subject) in enumerate((("anna", "rule one"), ("bertta", "run 1"), ("anna", "rule_two"))):
            append_audit(session, Signed(who, "because", NOW + timedelta(hours=hour)), Act.SIGNED_IN, subject)
    with db.read() as session:

        def subjects(most: int | None = None, **of: Any) -> list[str]:
            return [entry.subject for entry in list_audit(session, most, **of)]

        assert subjects(2) == ["rule_two", "run 1"]
        assert subjects(who="anna") == ["rule_two", "rule one"]
        assert subjects(subject="rule_") == ["rule_two"]
        assert subjects(since=NOW + timedelta(hours=1)) == ["rule_two", "run 1"]


def test_rows_written_in_bulk_are_those_that_the_orm_writes(db: Database) -> None:
    facts = {"reason": "ä", "list": [1, None]}
    rows = [
        {"region": "paijat_hame", "at": NOW, "who": who, "action": "did", "subject": "it", "detail": detail}
        for who, detail in (("anna", facts), ("bertta", Json('{"reason":"kept as it is"}')))
    ]
    with db.write() as session:
        insert_rows(session.connection(), sa.insert(AuditEntry.__table__), [])  # type: ignore[attr-defined]
        insert_rows(session.connection(), sa.insert(AuditEntry.__table__), rows)  # type: ignore[attr-defined]
    with db.read() as session:
        first, second = list_audit(session, None)[::-1]
    assert (first.at, first.who, first.detail) == (NOW, "anna", facts)
    assert second.detail == {"reason": "kept as it is"}
