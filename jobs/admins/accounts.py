"""Accounts of admins: made, changed and ended by another admin or the operator, each with an entry in the audit log.

A new admin gets a link that sets a password once. Nobody types a password for somebody else.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlmodel import Session

from db import admins
from db.acts import Act
from db.admins import Admin, Role
from db.audit import Signed, append_audit
from db.subscribers import Language
from jobs.base.app import App
from tracker.addresses import sought_address, stored_address
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal

LINK_LASTS = timedelta(days=7)
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Invited:
    """An admin, and the token of the link that sets a password; it is shown once and kept nowhere."""

    admin: Admin
    token: str
    until: datetime


def add_admin(app: App, address: str, name: str, role: Role, language: Language, signed: Signed) -> Invited:
    """Make an account; one that was removed comes back. Refusal if the address has one, InputFaults for bad values."""
    checked = _checked_address(address)
    with app.db.write() as session:
        admin = admins.admin_of_address(session, checked)
        if admin and admin.removed_at is None:
            raise Refusal(Code.ADMIN_EXISTS, address=checked)
        admin = admin or Admin(address=checked, name="", created_at=signed.at)
        admin.name, admin.role, admin.language, admin.removed_at = _checked_name(name), role, language, None
        session.add(admin)
        session.flush()
        append_audit(session, signed, Act.ADMIN_ADDED, f"admin {admin.id}", after={"role": role})
        return _invited(session, admin, signed.at)


def _checked_address(address: str) -> str:
    try:
        return stored_address(address)
    except ValueError:
        raise InputFaults(Fault(Code.BAD_ADDRESS, "address", {"given": address[:LONGEST_NAME]})) from None


def _checked_name(name: str) -> str:
    whole = " ".join(name.split())
    if not whole:
        raise InputFaults(Fault(Code.MISSING, "name"))
    if len(whole) > LONGEST_NAME:
        raise InputFaults(Fault(Code.TOO_LONG, "name", {"most": LONGEST_NAME}))
    return whole


def invite_again(app: App, who: str, signed: Signed) -> Invited:
    """Make a new link for an admin: the old link, the password and the second factor end, and so do all sessions."""
    with app.db.write() as session:
        admin = admin_named(session, who)
        append_audit(session, signed, Act.ADMIN_INVITED, f"admin {admin.id}")
        return _invited(session, admin, signed.at)


def _invited(session: Session, admin: Admin, now: datetime) -> Invited:
    token = secrets.token_urlsafe(32)
    admin.link_hash, admin.link_until = hashed(token), now + LINK_LASTS
    admin.password_hash = admin.factor_secret = admin.factor_since = admin.factor_step = None
    admin.recovery_hashes = []
    admins.end_sessions(session, admin.id or 0)
    session.flush()
    session.refresh(admin)
    session.expunge(admin)
    return Invited(admin, token, now + LINK_LASTS)


def change_role(app: App, who: str, role: Role, signed: Signed) -> Admin:
    """Change what an admin may do; Refusal where nobody would be left who may do everything."""
    with app.db.write() as session:
        admin = admin_named(session, who)
        _keep_one(session, admin, role)
        before, admin.role = admin.role, role
        changed = {"before": {"role": before}, "after": {"role": role}}
        append_audit(session, signed, Act.ADMIN_ROLE, f"admin {admin.id}", **changed)
        session.flush()
        session.expunge(admin)
        return admin


def remove_admin(app: App, who: str, signed: Signed) -> Admin:
    """End an account and its sessions; the log keeps what the admin did. Refusal for the last who may do everything."""
    with app.db.write() as session:
        admin = admin_named(session, who)
        _keep_one(session, admin, None)
        admin.removed_at, admin.password_hash, admin.link_hash = signed.at, None, None
        admin.factor_secret = admin.factor_since = None
        admins.end_sessions(session, admin.id or 0)
        append_audit(session, signed, Act.ADMIN_REMOVED, f"admin {admin.id}", before={"role": admin.role})
        session.flush()
        session.expunge(admin)
        return admin


def _keep_one(session: Session, admin: Admin, role: Role | None) -> None:
    others = [other for other in admins.all_admins(session) if other.id != admin.id and other.role is Role.ADMIN]
    if admin.role is Role.ADMIN and role is not Role.ADMIN and not others:
        raise Refusal(Code.LAST_ADMIN, name=admin.name)


def listed_admins(session: Session) -> Sequence[Admin]:
    """List the admins, by name."""
    return admins.all_admins(session)


def admin_named(session: Session, who: str) -> Admin:
    """Find an admin by address or number; NotFound if there is none, or if the account has ended."""
    found = admins.all_admins(session)
    address = sought_address(who)
    for admin in found:
        if admin.address == address or str(admin.id) == who.strip():
            return admin
    raise NotFound(Noun.ADMIN, who)


def hashed(token: str) -> str:
    """What is stored of a link or a session."""
    return sha256(token.encode()).hexdigest()
