"""Signing in: by a link the first time, then by password, with a code where the second factor is on.

What fails is always told in the same words, whatever was wrong. Guessing is slowed down by the account that is guessed
at, whether it exists or not, and by the client (`jobs.web.limits`).
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from db import admins
from db.acts import Act
from db.admins import Admin, AdminSession, Role
from db.audit import Signed, append_audit
from db.buckets import take_tokens
from db.regions import get_ours
from db.subscribers import Language
from jobs.admins.accounts import hashed
from jobs.admins.passwords import is_right, password_hash
from jobs.admins.second_factor import takes_code
from jobs.base.app import App
from tracker.addresses import sought_address
from tracker.errors import Code, Refusal

IDLE = timedelta(hours=4)  # after which a session ends by itself
LONGEST = timedelta(hours=12)
MOST_TRIES, TRIES_WITHIN = 10, timedelta(minutes=15)  # of one account
SEEN_EVERY = timedelta(minutes=1)  # a page view writes no oftener


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is at the desk."""

    id: int
    name: str
    address: str
    role: Role
    language: Language
    has_factor: bool


def invited(app: App, link: str) -> Admin:
    """The admin to whom a link belongs; Refusal if it is used up, too old, or none of ours."""
    with app.db.read() as session:
        return _invited(session, link, app.clock())


def _invited(session: Session, link: str, now: datetime) -> Admin:
    admin = admins.admin_of_link(session, hashed(link))
    if admin is None or admin.link_until is None or admin.link_until < now:
        raise Refusal(Code.ADMIN_LINK_GONE)
    return admin


def choose_password(app: App, link: str, password: str) -> str:
    """Set the password by the link of an invitation, which is used up, and sign in; returns the session's token.

    Refusal if the link leads nowhere, InputFaults if the password will not do.
    """
    now, chosen = app.clock(), password_hash(password, own=_own_words(app, invited(app, link)))
    with app.db.write() as session:
        admin = _invited(session, link, now)
        admin.password_hash = chosen
        admin.link_hash = admin.link_until = None
        append_audit(session, Signed(admin.name, "", now), Act.PASSWORD_CHOSEN, f"admin {admin.id}")
        return _begun(session, admin, now)


def change_password(app: App, admin_id: int, old: str, new: str) -> str:
    """Change the password, sign out everywhere, and sign in again; returns the new session's token.

    Refusal if the old one is wrong, InputFaults if the new one will not do.
    """
    now = app.clock()
    with app.db.read() as session:
        admin = get_ours(session, Admin, admin_id)
    if not is_right(old, admin.password_hash):
        raise Refusal(Code.NOT_SIGNED_IN)
    chosen = password_hash(new, own=_own_words(app, admin))
    with app.db.write() as session:
        admin = get_ours(session, Admin, admin_id)
        admin.password_hash = chosen
        admins.end_sessions(session, admin_id)
        append_audit(session, Signed(admin.name, "", now), Act.PASSWORD_CHANGED, f"admin {admin.id}")
        return _begun(session, admin, now)


def _own_words(app: App, admin: Admin) -> tuple[str, ...]:
    return (admin.address, admin.address.partition("@")[0], admin.name, "kärkivahti", "karkivahti", app.region.key)


def sign_in(app: App, address: str, password: str, code: str = "") -> str:
    """Sign in; returns the session's token. Refusal if anything is wrong, or after too many tries."""
    now, sought = app.clock(), sought_address(address)
    _slow_down(app, sought, now)
    with app.db.read() as session:
        account = admins.admin_of_address(session, sought)
    stored = account.password_hash if account and account.removed_at is None else None
    is_known = is_right(password, stored)  # reckoned before the database's one writer is asked for
    with app.db.write() as session:
        admin = admins.admin_of_address(session, sought) if is_known else None
        if admin and admin.password_hash == stored and (admin.factor_since is None or takes_code(admin, code, now)):
            append_audit(session, Signed(admin.name, "", now), Act.SIGNED_IN, f"admin {admin.id}")
            return _begun(session, admin, now)
    structlog.get_logger().warning("sign-in refused", admin=account.id if account else None)
    raise Refusal(Code.NOT_SIGNED_IN)


def _slow_down(app: App, address: str, now: datetime) -> None:
    key = hmac.digest(app.secret, b"sign in\0" + address.encode(), "sha256").hex()
    with app.db.write() as session:
        wait = take_tokens(session, key, now, MOST_TRIES, TRIES_WITHIN)
    if wait:
        raise Refusal(Code.TOO_MANY_TRIES, minutes=int(TRIES_WITHIN / timedelta(minutes=1)))


def _begun(session: Session, admin: Admin, now: datetime) -> str:
    """Begin a session under a new token, whatever the browser had before."""
    token = secrets.token_urlsafe(32)
    admins.remove_old_sessions(session, now - IDLE)
    session.add(AdminSession(token_hash=hashed(token), admin_id=admin.id or 0, started_at=now, seen_at=now))
    return token


def who_is(app: App, token: str) -> SignedIn | None:
    """Who is signed in by this token; None if nobody is, or no longer."""
    now = app.clock()
    with app.db.read() as session:
        found = admins.admin_of_session(session, hashed(token)) if token else None
    if found is None:
        return None
    admin, kept = found
    if now - kept.seen_at > IDLE or now - kept.started_at > LONGEST:
        return None
    if now - kept.seen_at >= SEEN_EVERY:
        _note_seen(app, kept.token_hash, now)
    has_factor = admin.factor_since is not None
    return SignedIn(admin.id or 0, admin.name, admin.address, admin.role, admin.language, has_factor)


def _note_seen(app: App, token_hash: str, now: datetime) -> None:
    with app.db.write() as session:
        admins.session_seen(session, token_hash, now)


def sign_out(app: App, token: str) -> None:
    """End the session of this browser."""
    with app.db.write() as session:
        admins.end_session(session, hashed(token))


def sign_out_everywhere(app: App, admin_id: int, signed: Signed) -> None:
    """End every session of an admin."""
    with app.db.write() as session:
        admins.end_sessions(session, admin_id)
        append_audit(session, signed, Act.SIGNED_OUT, f"admin {admin_id}")
