"""An app with a past: it has read the portal once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.runs import Verdict
from jobs.base.app import App
from tests.jobs.prepared import prepared
from tests.jobs.world import ToldPortal, collect

JUNE_9 = datetime(2026, 6, 9, 4, tzinfo=UTC)


@pytest.fixture
def reader(app: App, portal: ToldPortal, for_all_workers: Path) -> App:
    """An app that has read the portal once, on 9 June: the baseline."""
    return prepared(app, portal, for_all_workers / "read-once", read_once)


def read_once(app: App, portal: ToldPortal) -> None:
    assert collect(app, JUNE_9).verdict is Verdict.ACCEPTED
