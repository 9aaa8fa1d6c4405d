"""Open the app, once at the top of the command line, the web or a worker."""

import secrets

from db import examples, strategies
from db.audit import Signed
from db.engine import Database, require_schema
from jobs.base.app import App, Clock, stores_of
from jobs.rulebook.region_import import import_examples, import_region
from tracker.config import Settings
from tracker.kept_files import KeptFiles
from tracker.regions import load_region, region_path

SECRET, SECRET_BYTES = "secret", 32


def open_app(settings: Settings, clock: Clock) -> App:
    """Open the app on the configured database, setting it up if it is empty. OldSchema if its schema is another's."""
    region = load_region(region_path(settings.region.file))
    db = Database(settings.database_url, region.key)
    require_schema(db)
    with db.read() as session:
        is_new, lacks_examples = not strategies.has_rules(session), not examples.were_ever(session)
    signed = Signed("tracker", "the region file, on first use", clock())
    if is_new or (lacks_examples and region.examples):  # before schema 0004 examples were only in the region file
        with db.write() as session:
            (import_region if is_new else import_examples)(session, region, signed)
    return App(db, settings, region, secret_of(settings, db), clock)


def secret_of(settings: Settings, db: Database) -> bytes:
    """The configured secret, or this installation's own, created on first use (the same for concurrent processes).

    A secret in the other store (`data.keep_in` was changed) stays in use: links already sent are signed with it.
    """
    if configured := settings.mail.secret.get_secret_value():
        return configured.encode()
    files, other_store = stores_of(settings, db)
    return _kept_secret(files) or files.write_once(SECRET, _kept_secret(other_store) or _new_secret())


def _kept_secret(files: KeptFiles) -> bytes | None:
    try:
        return files.read(SECRET)
    except FileNotFoundError:
        return None


def _new_secret() -> bytes:
    return secrets.token_hex(SECRET_BYTES).encode()
