"""What every job works with: the database, the configuration, the region and the clock.

Made once at the top (the command line, the scheduler, a test) and handed down. Does not do anything itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from db.engine import Database
from tracker.config import Settings
from tracker.regions import Region

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Desk:
    """`clock` gives aware instants; the command line's `--now` stands in for it in replays and tests."""

    db: Database
    settings: Settings
    region: Region
    secret: bytes  # signs the links in mails
    clock: Clock

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.region.zone)

    def today(self) -> date:
        """The calendar day in the region."""
        return self.clock().astimezone(self.zone).date()
