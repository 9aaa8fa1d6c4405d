"""What every job works with: the database, the configuration, the region, the rules and the clock.

Made once at the top (the command line, the scheduler, a test) and handed down. Does not do any work itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from db.engine import Database
from jobs.base.compiled_rules import CompiledRules
from tracker.config import Settings
from tracker.kept_files import DatabaseFiles, FolderFiles, KeptFiles
from tracker.regions import Region

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class App:
    """`clock` gives aware instants; the command line's `--now` stands in for it in replays and tests."""

    db: Database
    settings: Settings
    region: Region
    secret: bytes  # signs the links in mails
    clock: Clock
    compiled: CompiledRules = field(default_factory=CompiledRules)

    @property
    def files(self) -> KeptFiles:
        """Where kept pages and remembered answers lie."""
        return stores_of(self.settings, self.db)[0]

    def today(self) -> date:
        """The calendar day in the region."""
        return self.clock().astimezone(self.region.zone).date()


def stores_of(settings: Settings, db: Database) -> tuple[KeptFiles, KeptFiles]:
    """Where files are kept by the configuration, and where they are kept by the other one."""
    folder, database = FolderFiles(settings.data.dir), DatabaseFiles(db)
    return (folder, database) if settings.data.keep_in == "folder" else (database, folder)
