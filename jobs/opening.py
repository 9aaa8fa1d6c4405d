"""Open the app, once at the top of the command line, the web or a worker."""

import secrets
import string
from collections.abc import Callable

from sqlmodel import Session

from db import examples, strategies
from db.audit import Signed
from db.engine import Database, require_schema
from jobs.base.app import App, Clock, stores_of
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.region_import import import_examples, import_region
from tracker.config import Settings
from tracker.emails.tokens import LEAST_SECRET
from tracker.errors import ConfigError
from tracker.kept_files import KeptFiles
from tracker.regions import Region, broken_examples, load_region, region_path

SECRET, SECRET_BYTES = "secret", 32
TORN = (
    "the secret kept with the data (`secret`, in the folder or the table that data.keep_in names) is empty or torn. "
    "Put it back from a backup; if it is lost, remove it: a new one is made, and the links in mails sent so far end"
)


def open_app(settings: Settings, clock: Clock) -> App:
    """Open the app on the configured database, setting it up if it is empty. OldSchema if its schema is another's.

    ConfigError if it is to be filled by a region file whose rules do not keep their own examples.
    """
    region, compiled = load_region(region_path(settings.region.file)), CompiledRules()
    settings.data.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = Database(settings.database_url, region.key)
    require_schema(db)
    with db.read() as session:
        import_missing = _what_imports(session, region)
    if import_missing:
        if unkept := broken_examples(region, compiled.lemmas):
            raise ConfigError([f"{settings.region.file}: an example is not kept: {example}" for example in unkept])
        with db.in_turn("first_use"), db.write() as session:
            if import_missing := _what_imports(session, region):  # unless another process was first
                import_missing(session, region, Signed("tracker", "the region file, on first use", clock()))
    return App(db, settings, region, secret_of(settings, db), clock, compiled)


def _what_imports(session: Session, region: Region) -> Callable[[Session, Region, Signed], object] | None:
    """What imports that part of the region file which the database has never had; None if it has everything."""
    if not strategies.has_rules(session):
        return import_region
    has_examples = examples.were_ever(session) or not region.examples
    return None if has_examples else import_examples  # before schema 0004 examples were only in the region file


def secret_of(settings: Settings, db: Database) -> bytes:
    """The configured secret, or this installation's own, created on first use (the same for concurrent processes).

    A secret in the other store (`data.keep_in` was changed) stays in use: links already sent are signed with it.
    """
    if configured := settings.mail.secret.get_secret_value():
        return configured.encode()
    files, other_store = stores_of(settings, db)
    return _kept_secret(files) or files.write_once(SECRET, _kept_secret(other_store) or _new_secret())


def _kept_secret(files: KeptFiles) -> bytes | None:
    """The secret in this store; None if there is none. ConfigError if it is empty or torn."""
    try:
        secret = files.read(SECRET)
    except FileNotFoundError:
        return None
    is_cut = len(secret) < 2 * SECRET_BYTES and secret.strip(string.hexdigits.encode()) == b""  # of one made here
    if is_cut or len(secret) < LEAST_SECRET:
        raise ConfigError([TORN])
    return secret


def _new_secret() -> bytes:
    return secrets.token_hex(SECRET_BYTES).encode()
