"""Open the app: what jobs work with, made once at the top for the command line, the web and workers."""

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
    return App(db, settings, region, secret_of(settings, db), clock)


def secret_of(settings: Settings, db: Database) -> bytes:
    """The configured secret, or this installation's own: made on first use, the same for all that start together.

    One that lies where `data.keep_in` kept it before goes on being the secret: links that were sent are signed by it.
    """
    if given := settings.mail.secret.get_secret_value():
        return given.encode()
    files, before = stores_of(settings, db)
    return _kept_secret(files) or files.write_once(SECRET, _kept_secret(before) or _new_secret())


def _kept_secret(files: KeptFiles) -> bytes | None:
    try:
        return files.read(SECRET)
    except FileNotFoundError:
        return None


def _new_secret() -> bytes:
    return secrets.token_hex(SECRET_BYTES).encode()
