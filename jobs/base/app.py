"""The app: the database, configuration, region, compiled rules and clock that every job works with.

Created once at the top (`jobs.opening`, or a test) and passed down.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from db.engine import Database
from jobs.base.compiled_rules import CompiledRules
from tracker.config import Settings
from tracker.eligibility.programmes import ProgrammeTable, load_table, table_path
from tracker.kept_files import DatabaseFiles, FolderFiles, KeptFiles
from tracker.regions import Region

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class App:
    """What a job works with. `clock` returns aware instants; `--now` replaces it in replays and tests."""

    db: Database
    settings: Settings
    region: Region
    secret: bytes  # signs the links in mails
    clock: Clock
    compiled: CompiledRules = field(default_factory=CompiledRules)
    stop: threading.Event = field(default_factory=threading.Event)  # set: what takes long ends between two batches

    @property
    def files(self) -> KeptFiles:
        """The store for kept pages, cached responses and the secret."""
        return stores_of(self.settings, self.db)[0]

    @property
    def programmes(self) -> ProgrammeTable:
        """The table of who may apply by programme."""
        return load_table(table_path(self.settings.eligibility.table))

    def today(self) -> date:
        """The current calendar day in the region's zone."""
        return self.clock().astimezone(self.region.zone).date()


def stores_of(settings: Settings, db: Database) -> tuple[KeptFiles, KeptFiles]:
    """The store that `data.keep_in` chooses, and the other one."""
    folder, database = FolderFiles(settings.data.dir), DatabaseFiles(db)
    return (folder, database) if settings.data.keep_in == "folder" else (database, folder)
