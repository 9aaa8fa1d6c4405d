"""The app that jobs run on, in tests: a fresh database of each kind, a clock that is set, a small rulebook."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from db.engine import Database
from jobs.admins import passwords
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from tests.jobs.replayed import Replayed, replay_days
from tests.jobs.world import MONDAY, Clock, PostOffice, ToldPortal, add_rules, post_office, told_portal
from tests.support.databases import filled
from tests.support.recorded_days import recorded_days
from tests.support.replay import replay_server
from tracker import config
from tracker.regions import Region, load_region, region_file


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Passwords are hashed as in life, but with less work."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", lambda: hasher)
        yield


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region(region_file("paijat_hame"))


@pytest.fixture(scope="session")
def compiled(dictionaries: Path) -> CompiledRules:
    """One for all tests: its dictionaries take seconds to load, and its index follows the rules of each database."""
    return CompiledRules()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bare_app(
    db: Database, database_url: str, tmp_path: Path, region: Region, clock: Clock, compiled: CompiledRules, keep_in: str
) -> App:
    """An app without any rules."""
    settings = config.given(
        {
            "data": {"dir": tmp_path / "data", "keep_in": keep_in},
            "database": {"url": database_url},
            "fetch": {"gap_seconds": 0},
            "mail": {"secret": "a secret of the tests"},
        }
    )
    return App(db, settings, region, b"a secret of the tests", clock, compiled)


@pytest.fixture(scope="session")
def ruled(sqlite_template: Path, for_all_workers: Path) -> Path:
    """A SQLite file that holds the small rulebook since Monday."""
    return filled(sqlite_template, for_all_workers / "ruled", lambda db: add_rules(db, MONDAY))


@pytest.fixture
def app(bare_app: App, clock: Clock, ruled: Path) -> App:
    """An app with a small rulebook: food and the circular economy."""
    file = bare_app.db.url.database
    if bare_app.db.is_sqlite and file and clock.now == MONDAY:
        shutil.copy(ruled, file)  # nobody has connected yet
    else:
        add_rules(bare_app.db, clock.now)
    return bare_app


@pytest.fixture
def portal() -> Iterator[ToldPortal]:
    with told_portal() as server:
        yield server


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as server:
        yield server


@pytest.fixture(scope="session")
def replay(shared: Path) -> Iterator[str]:
    """The replay of the recorded days, on a free port, at 2026-04-21."""
    with replay_server(shared) as address:
        yield address


@pytest.fixture(scope="session")
def replayed(shared: Path, replay: str, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    """All recorded days, replayed once."""
    return replay_days(recorded_days(shared), replay, tmp_path_factory.mktemp("replayed"))
