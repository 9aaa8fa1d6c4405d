"""The app of the job tests, as the first command on it leaves it: with the examples of the region file."""

from pathlib import Path

import pytest

from db.audit import Signed
from db.engine import Database
from jobs.base.app import App
from jobs.rulebook.region_import import import_examples
from tests.jobs.cli.terminal import Terminal
from tests.jobs.world import MONDAY, add_rules
from tests.support.databases import filled
from tracker.regions import Region


@pytest.fixture(scope="session")
def ruled(sqlite_template: Path, for_all_workers: Path, region: Region) -> Path:
    """A SQLite file with the small rulebook and the examples, which take longer than most commands."""

    def fill(db: Database) -> None:
        add_rules(db, MONDAY)
        with db.write() as session:
            import_examples(session, region, Signed("tracker", "the region file, on first use", MONDAY))

    return filled(sqlite_template, for_all_workers / "ruled-with-examples", fill)


@pytest.fixture
def terminal(app: App, tmp_path: Path) -> Terminal:
    return Terminal(app, tmp_path)
