"""The tests' databases: a migrated SQLite file to copy, and a PostgreSQL server of the suite's own.

Parallel workers (pytest-xdist) share the file and the server; each has a PostgreSQL database of its own, which is
emptied for every test that uses it.
"""

import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from db.engine import Database, upgrade

REGION = "paijat_hame"  # whose rows the tests make
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex  # the same in all workers of one run
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
MOST_STATEMENTS = 5000  # of all tests together, far more than a service has
UNSAFE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")  # no data outlives the tests

# Connections that are still open, of processes that a test left or killed, are ended first: their locks go with them.
# Tables with rows are truncated, not deleted from: rows and plans are then as in a new database.
EMPTY = """
DO $$
DECLARE
    one text;
    is_filled boolean;
    filled text[] := '{}';
BEGIN
    PERFORM pg_terminate_backend(pid, 5000)
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one || ')' INTO is_filled;
        IF is_filled THEN
            filled := filled || one;
        END IF;
    END LOOP;
    IF filled <> '{}' THEN
        EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
    END IF;
    PERFORM setval(quote_ident(sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$;
"""


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let one worker in at a time."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(folder: Path, make: Callable[[Path], None]) -> Path:
    """Let the first worker that needs a folder `make` it for all; return the folder."""
    with alone(folder.with_suffix(".lock")):
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def make_databases_cheap() -> None:
    """Let all databases of a kind in this process keep what they compiled in one place, as a service's single one does.

    Every test has an engine of its own, which would compile each statement anew: half of what a test costs. SQLite does
    not wait for the disk.
    """
    first: dict[str, sa.Engine] = {}
    open_it = Database.__init__

    def opened(self: Database, url: str, region: str | None = None) -> None:
        open_it(self, url, region)
        kind, engine = self.url.get_backend_name(), self.engine
        if self.is_sqlite:
            sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        if kind in first:  # the dialect is part of the key of what was compiled
            engine.dialect = engine.pool._dialect = first[kind].dialect
            engine._compiled_cache = first[kind]._compiled_cache
        else:  # fit to be shared once it knows its server
            engine._compiled_cache.capacity = MOST_STATEMENTS
            sa.event.listen(engine, "first_connect", lambda *_: first.setdefault(kind, engine))

    Database.__init__ = opened  # type: ignore[method-assign]


def make_sqlite(file: Path) -> None:
    """Make a migrated, empty SQLite database in one file."""
    db = Database(f"sqlite:///{file}")
    upgrade(db)
    settle(db)


def filled(template: Path, folder: Path, fill: Callable[[Database], None]) -> Path:
    """A copy of a SQLite file in which something stands, made by one worker for all."""

    def make(unfinished: Path) -> None:
        file = unfinished / template.name
        shutil.copy(template, file)
        db = Database(f"sqlite:///{file}", REGION)
        fill(db)
        settle(db)

    return made_once(folder, make) / template.name


def settle(db: Database) -> None:
    """Close a SQLite database so that a single file holds all of it, ready to be copied."""
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()


@dataclass(frozen=True, slots=True)
class PostgresDatabase:
    """This worker's own database."""

    url: sa.URL
    revision: str  # of its schema; a test may write another one down
    engine: sa.Engine

    def empty(self) -> None:
        """Empty it to its state right after the migrations."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql(EMPTY)
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = %(is)s", {"is": self.revision})


@contextmanager
def postgres_database(pgserver: Any) -> Iterator[PostgresDatabase]:
    """Open a migrated database on the server that the first worker starts and the last one stops.

    Not in pytest's temporary folder: a fourth parallel run would delete it under the server.
    """
    place = Path(tempfile.gettempdir()) / f"karkivahti-postgres-{RUN}"
    lock = place.with_suffix(".lock")
    with alone(lock):
        server = pgserver.get_server(place, cleanup_mode="delete")
        server_url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        if "migrated" not in server.psql("SELECT datname FROM pg_database;"):
            server.psql("".join(f"ALTER SYSTEM SET {name} = off;\n" for name in UNSAFE) + "SELECT pg_reload_conf();")
            server.psql("CREATE DATABASE migrated;")
            db = Database(server_url.set(database="migrated").render_as_string(hide_password=False))
            upgrade(db)
            db.dispose()
        server.psql(f"CREATE DATABASE {WORKER} TEMPLATE migrated;")
    url = server_url.set(database=WORKER)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        revision = str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
    try:
        yield PostgresDatabase(url, revision, engine)
    finally:
        engine.dispose()
        with alone(lock):
            server.cleanup()
            if not place.exists():
                lock.unlink(missing_ok=True)
