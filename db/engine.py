"""The database: SQLite (WAL) or PostgreSQL, its transactions, its schema and its backup.

Holds no queries; each stands in the module of the table it reads. Alembic is imported only to change or to compare the
schema: most commands just ask which one there is.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from copy import copy
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

from db import (  # noqa: F401  (fills the metadata)
    admins,
    asked_jobs,
    audit,
    banners,
    bounces,
    buckets,
    calls,
    consents,
    deliveries,
    duplicates,
    editions,
    eligibility,
    evaluations,
    event_log,
    examples,
    feedback,
    invitations,
    judgements,
    kept_files,
    letters,
    monthly_letters,
    next_strategies,
    overrides,
    owed,
    proposals,
    regions,
    reports,
    revisions,
    rule_points,
    runs,
    saved_views,
    search,
    source_choices,
    source_drafts,
    sources,
    strategies,
    subscribers,
    types,
)

if TYPE_CHECKING:
    from alembic.config import Config

PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"),
    f"mmap_size={2**30}",  # bytes of the file that are read in place, not copied into the cache of each connection
)


class OldSchema(Exception):
    """The database has another schema than this program. `url` hides the password; `have` is empty if there is none."""

    def __init__(self, url: str, have: str, needed: str) -> None:
        super().__init__(f"the database {url} has schema {have or 'none'}, this program needs {needed}")
        self.url, self.have, self.needed = url, have, needed


class Database:
    """An engine with its kinds of transaction. Create one at the top of a process and pass it down.

    Opened for a region (by key), its sessions read and write that region's rows (`db.regions`); without a region they
    raise NoRegion.
    """

    def __init__(self, url: str, region: str | None = None) -> None:
        self.url = sa.make_url(url)
        if self.is_sqlite and self.url.database:
            _make_private(Path(self.url.database))
        self.engine = sa.create_engine(
            self.url,
            hide_parameters=True,
            execution_options={regions.OPTION: region},
            pool_pre_ping=not self.is_sqlite,
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
        )
        if self.is_sqlite:
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        self._watch: sqlite3.Connection | None = None
        self._watching = threading.Lock()

    def of_region(self, region: str) -> "Database":
        """The same database with the same connections, opened for another region."""
        other = copy(self)
        other.engine = self.engine.execution_options(**{regions.OPTION: region})
        return other

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; changes are discarded."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def answers(self) -> bool:
        """Whether the database answers at all."""
        try:
            with self.engine.connect() as connection:
                return bool(connection.execute(sa.text("SELECT 1")).scalar())
        except sa.exc.SQLAlchemyError:
            return False

    def version(self) -> object:
        """What changes with every change of what is stored, by whatever process; the same again where nothing has.

        SQLite: its `data_version`, which counts for one connection, so one is held for it. PostgreSQL: the snapshot.
        """
        if not self.is_sqlite:
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                return connection.execute(sa.text("SELECT pg_current_snapshot()::text")).scalar_one()
        with self._watching:
            if self._watch is None:
                self._watch = sqlite3.connect(str(self.url.database), check_same_thread=False, isolation_level=None)
            return self._watch.execute("PRAGMA data_version").fetchone()[0]

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open one transaction: committed at the end, rolled back on an error.

        On SQLite it takes the write lock at once, so that it cannot fail half-way because of another writer.
        """
        with self.engine.connect() as connection:
            connection = connection.execution_options(karkivahti_writes=True)
            with Session(connection, expire_on_commit=False) as session, session.begin():
                yield session

    @contextmanager
    def rehearse(self) -> Iterator[Session]:
        """Open a transaction that is always rolled back at its end."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(karkivahti_writes=True)
            with Session(connection, expire_on_commit=False) as session, session.begin() as transaction:
                yield session
                transaction.rollback()

    @contextmanager
    def only_one(self, work: str) -> Iterator[bool]:
        """Lock `work` for this process; yields False if another process has it. A process that dies releases it.

        SQLite: a lock on a file beside the database. PostgreSQL: an advisory lock on a connection of its own.
        """
        with self._lock(work, waits=False) as is_ours:
            yield is_ours

    @contextmanager
    def in_turn(self, work: str) -> Iterator[None]:
        """Lock `work` as `only_one` does, but wait while another process or thread has it. Cannot be nested."""
        with self._lock(work, waits=True):
            yield

    def _lock(self, work: str, *, waits: bool) -> AbstractContextManager[bool]:
        return self._file_lock(work, waits=waits) if self.is_sqlite else self._advisory_lock(work, waits=waits)

    @contextmanager
    def _file_lock(self, work: str, *, waits: bool) -> Iterator[bool]:
        with Path(f"{self.url.database}.{work}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True

    @contextmanager
    def _advisory_lock(self, work: str, *, waits: bool) -> Iterator[bool]:
        lock = "pg_advisory_lock" if waits else "pg_try_advisory_lock"
        ask = sa.text(f"SELECT {lock}(hashtext(:work))")
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            answer = connection.execute(ask, {"work": work}).scalar_one()
            is_ours = waits or bool(answer)
            try:
                yield is_ours
            finally:
                if is_ours:
                    connection.execute(sa.text("SELECT pg_advisory_unlock(hashtext(:work))"), {"work": work})

    def dispose(self) -> None:
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self.engine.dispose()


def _make_private(file: Path) -> None:
    """Make the database's file and its folder, if they do not exist, for their owner alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)


def _to_json(value: Any) -> str:
    return value if isinstance(value, types.Json) else orjson.dumps(value).decode()


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by us, see _begin_sqlite
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("karkivahti_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _alembic(database: Database) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("db") / "migrations"))
    config.attributes["engine"] = database.engine
    return config


def _revision(database: Database) -> str | None:
    if not sa.inspect(database.engine).has_table("alembic_version"):
        return None
    with database.engine.connect() as connection:
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _is_empty(database: Database) -> bool:
    return not sa.inspect(database.engine).get_table_names()


def _head() -> str:
    """The revision of this program's schema: the files of the migrations begin with their numbers, in order."""
    files = (resources.files("db") / "migrations" / "versions").iterdir()
    return max(file.name for file in files if file.name.endswith(".py"))[:4]


def upgrade(database: Database) -> str:
    """Migrate the schema to this program's revision, forward only; return the revision."""
    with database.in_turn("schema"):
        _migrate(database)
    return _head()


def _migrate(database: Database) -> None:
    from alembic import command

    command.upgrade(_alembic(database), "head")


def require_schema(database: Database) -> None:
    """Raise OldSchema if the schema is not this program's; set up an empty database."""
    head = _head()
    if _revision(database) == head:
        return
    with database.in_turn("schema"):  # another process may be setting it up just now
        if _is_empty(database):
            _migrate(database)
        have = _revision(database)
    if have != head:
        raise OldSchema(database.url.render_as_string(), have or "", head)


def drift(database: Database) -> list[Any]:
    """The differences between the tables in code and in the database; empty if there are none."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": search.is_compared, "compare_type": False}
        )
        return list(compare_metadata(context, SQLModel.metadata))


def backup(database: Database, target: Path) -> None:
    """Copy a SQLite database, as it is now, into one file, while others keep working.

    NotImplementedError on PostgreSQL, where pg_dump does this better; FileExistsError if the file exists.
    """
    if not database.is_sqlite:
        raise NotImplementedError("only SQLite is copied into a file")
    if target.exists():
        raise FileExistsError(str(target))
    partial = target.with_name(target.name + ".partial")
    partial.touch(mode=0o600)  # it holds what the database holds
    try:
        with closing(sqlite3.connect(str(database.url.database))) as source, closing(sqlite3.connect(partial)) as copy:
            source.backup(copy)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
