"""The second factor: a code of six digits from an app (TOTP, RFC 6238), or one of ten recovery codes, each once."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from sqlmodel import Session

from db.acts import Act
from db.admins import Admin
from db.audit import Signed, append_audit
from db.regions import get_ours
from jobs.admins.accounts import hashed
from jobs.base.app import App
from tracker.errors import Code, Fault, InputFaults

SECONDS = 30  # that a code lasts
NEIGHBOURS = (0, -1, 1)  # codes of the 30 seconds before and after are taken, as clocks differ
RECOVERY_CODES = 10
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for one another


@dataclass(frozen=True, slots=True)
class OfferedFactor:
    """A secret to be read by an app: as it is typed in, and as a picture (a data: address of an SVG)."""

    secret: str
    picture: str


def offer_factor(app: App, admin_id: int) -> OfferedFactor:
    """Make a secret for an admin's app. It counts once a code of it was typed in (`begin_factor`)."""
    with app.db.write() as session:
        admin = get_ours(session, Admin, admin_id)
        if admin.factor_since is not None:
            raise InputFaults(Fault(Code.FACTOR_ON, "code"))
        admin.factor_secret = pyotp.random_base32()
        return _offered(admin, app)


def offered_factor(app: App, admin_id: int) -> OfferedFactor | None:
    """The secret that was offered to an admin and waits for its first code; None if there is none."""
    with app.db.read() as session:
        admin = get_ours(session, Admin, admin_id)
        return _offered(admin, app) if admin.factor_secret and admin.factor_since is None else None


def _offered(admin: Admin, app: App) -> OfferedFactor:
    secret = admin.factor_secret or ""
    address = pyotp.TOTP(secret, name=admin.address, issuer=f"Kärkivahti {app.region.key}").provisioning_uri()
    return OfferedFactor(secret, segno.make(address).svg_data_uri(scale=5))


def begin_factor(app: App, admin_id: int, code: str, signed: Signed) -> tuple[str, ...]:
    """Ask for a code at every sign-in from now on; returns the recovery codes, which are shown once.

    InputFaults if the code is not one of the offered secret.
    """
    with app.db.write() as session:
        admin = get_ours(session, Admin, admin_id)
        if admin.factor_since is not None:
            raise InputFaults(Fault(Code.FACTOR_ON, "code"))
        if not takes_code(admin, code, signed.at):
            raise InputFaults(Fault(Code.BAD_CODE, "code"))
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        admin.recovery_hashes, admin.factor_since = [hashed(code) for code in codes], signed.at
        append_audit(session, signed, Act.FACTOR_ON, f"admin {admin.id}")
        return codes


def end_factor(app: App, admin_id: int, code: str, signed: Signed) -> None:
    """Ask for no code any longer; InputFaults without a good one."""
    with app.db.write() as session:
        admin = get_ours(session, Admin, admin_id)
        if not takes_code(admin, code, signed.at):
            raise InputFaults(Fault(Code.BAD_CODE, "code"))
        _forget(session, admin, signed)


def _forget(session: Session, admin: Admin, signed: Signed) -> None:
    admin.factor_secret = admin.factor_since = admin.factor_step = None
    admin.recovery_hashes = []
    append_audit(session, signed, Act.FACTOR_OFF, f"admin {admin.id}")


def takes_code(admin: Admin, code: str, now: datetime) -> bool:
    """Whether a code is good; it is used up by that, in the caller's transaction."""
    typed = "".join(code.split()).replace("-", "").lower()
    return bool(admin.factor_secret) and (_takes_digits(admin, typed, now) or _takes_recovery(admin, typed))


def _takes_digits(admin: Admin, typed: str, now: datetime) -> bool:
    factor, step = pyotp.TOTP(admin.factor_secret or "", interval=SECONDS), int(now.timestamp()) // SECONDS
    for near in (step + by for by in NEIGHBOURS):
        is_fresh = admin.factor_step is None or near > admin.factor_step
        if is_fresh and secrets.compare_digest(factor.generate_otp(near).encode(), typed.encode()):
            admin.factor_step = near
            return True
    return False


def _takes_recovery(admin: Admin, typed: str) -> bool:
    left = [known for known in admin.recovery_hashes if known != hashed(typed)]
    was_one = len(left) < len(admin.recovery_hashes)
    admin.recovery_hashes = left
    return was_one


def _recovery_code() -> str:
    return "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_CODES))
