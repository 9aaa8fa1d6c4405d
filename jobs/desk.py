"""What every job works with: the database, the configuration, the region, the rules and the clock.

Made once at the top (the command line, the scheduler, a test) and handed down. Does not do any work itself.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from db import examples, strategies
from db.engine import Database, require_schema
from db.revisions import Signed
from jobs.tagger import Tagger, import_examples, import_region
from tracker.config import Settings
from tracker.regions import Region, load_region, region_path

Clock = Callable[[], datetime]
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Desk:
    """`clock` gives aware instants; the command line's `--now` stands in for it in replays and tests."""

    db: Database
    settings: Settings
    region: Region
    secret: bytes  # signs the links in mails
    clock: Clock
    tagger: Tagger = field(default_factory=Tagger)

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
    return Desk(db, settings, region, secret_of(settings), clock)


def secret_of(settings: Settings) -> bytes:
    """The configured secret, or this installation's own: made on first use, beside its data, for its owner only."""
    if given := settings.mail.secret.get_secret_value():
        return given.encode()
    file = settings.data.dir / "secret"
    if not file.exists():
        _write_once(file, secrets.token_hex(SECRET_BYTES))
    return file.read_text().encode()


def _write_once(file: Path, text: str) -> None:
    """Two processes that start together must end up with one secret: the first link to the name wins."""
    file.parent.mkdir(parents=True, exist_ok=True)
    own = file.with_name(f".secret.{secrets.token_hex(8)}")
    own.touch(mode=0o600)
    own.write_text(text)
    try:
        file.hardlink_to(own)
    except FileExistsError:
        pass
    finally:
        own.unlink()
