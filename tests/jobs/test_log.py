"""The log: what the program decides, in its order, with ids and counts, and without addresses and tokens."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from db.subscribers import Cadence
from jobs.collect import due_sources
from jobs.deliver import deliver
from jobs.desk import Desk
from jobs.editions import make_edition, make_urgent
from jobs.holds import drop_part, release_edition
from jobs.rules import rule_edit, save
from jobs.scheduler import run_until_stopped
from tests.jobs.world import (
    ON_ONE_KIND,
    Clock,
    PostOffice,
    ToldPortal,
    add_news,
    collect,
    enrol,
    mailing,
    reading,
    with_settings,
)

pytestmark = ON_ONE_KIND
Log = list[Any]


@pytest.fixture
def log() -> Iterator[Log]:
    structlog.reset_defaults()
    with capture_logs() as lines:
        yield lines


def events(log: Log) -> list[str]:
    return [line["event"] for line in log]
