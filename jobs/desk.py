"""What every job works with: the database, the configuration, the region, the rules and the clock.

Made once at the top (the command line, the scheduler, a test) and handed down. Does not do any work itself.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from db import examples, strategies
from db.engine import Database, require_schema
from db.revisions import Signed
from jobs.tagger import Tagger, import_examples, import_region
from tracker.config import Settings
from tracker.kept_files import DatabaseFiles, FolderFiles, KeptFiles
from tracker.regions import Region, load_region, region_path

Clock = Callable[[], datetime]
SECRET, SECRET_BYTES = "secret", 32


@dataclass(frozen=True, slots=True)
class Desk:
    """`clock` gives aware instants; the command line's `--now` stands in for it in replays and tests."""

    db: Database
    settings: Settings
    region: Region
    secret: bytes  # signs the links in mails
    clock: Clock
    tagger: Tagger = field(default_factory=Tagger)

    @property
    def files(self) -> KeptFiles:
        """Where kept pages and remembered answers lie."""
        return _stores(self.settings, self.db)[0]

    def today(self) -> date:
        """The calendar day in the region."""
        return self.clock().astimezone(self.region.zone).date()


def open_desk(settings: Settings, clock: Clock) -> Desk:
    """A desk on the configured database, which is set up if it is empty. OldSchema where it is another version's."""
    region = load_region(region_path(settings.region.file))
    db = Database(settings.database_url, region.key)
    require_schema(db)
    with db.read() as session:
        is_new, lacks_examples = not strategies.has_rules(session), not examples.were_ever(session)
    signed = Signed("tracker", "the region file, on first use", clock())
    if is_new or (lacks_examples and region.examples):  # examples lay in the region file alone until the schema 0004
        with db.write() as session:
            (import_region if is_new else import_examples)(session, region, signed)
    return Desk(db, settings, region, secret_of(settings, db), clock)


def secret_of(settings: Settings, db: Database) -> bytes:
    """The configured secret, or this installation's own: made on first use, the same for all that start together.

    One that lies where `data.keep_in` kept it before goes on being the secret: links that were sent are signed by it.
    """
    if given := settings.mail.secret.get_secret_value():
        return given.encode()
    files, before = _stores(settings, db)
    return _kept_secret(files) or files.write_once(SECRET, _kept_secret(before) or _new_secret())


def _kept_secret(files: KeptFiles) -> bytes | None:
    try:
        return files.read(SECRET)
    except FileNotFoundError:
        return None


def _new_secret() -> bytes:
    return secrets.token_hex(SECRET_BYTES).encode()


def _stores(settings: Settings, db: Database) -> tuple[KeptFiles, KeptFiles]:
    """Where files are kept by the configuration, and where they are kept by the other one."""
    folder, database = FolderFiles(settings.data.dir), DatabaseFiles(db)
    return (folder, database) if settings.data.keep_in == "folder" else (database, folder)
