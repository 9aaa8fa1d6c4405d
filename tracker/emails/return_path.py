"""The return path: a signed address for every single mail, so that a bounce says which mail came back (VERP).

The bounce mailbox must accept `name+anything@domain` (RFC 5233). Bounces are read in `tracker.emails.bounces`.
"""

import re

from tracker.emails import tokens
from tracker.emails.mailer import MailSettings
from tracker.emails.tokens import BOUNCE, LETTER_BOUNCE, BadToken

MARKS = {BOUNCE: "", LETTER_BOUNCE: "l"}  # before the token: the kind of mail that the number belongs to
# Today's tokens ignore case, as servers may fold it; mails from before November 2026 have case-sensitive ones.
_TOKEN = rf"[A-Za-z2-7]{{{tokens.CASELESS_LENGTH}}}|[A-Za-z0-9_-]{{{tokens.LENGTH}}}"
RETURNED = re.compile(rf"\+([lL]?)({_TOKEN})@", re.ASCII)


def envelope_sender(settings: MailSettings, secret: bytes, purpose: str, number: int) -> str:
    """The address for a mail's bounces: `purpose` is BOUNCE for a delivery's id, LETTER_BOUNCE for a letter's."""
    if not settings.bounces:
        return settings.sender
    name, _, domain = settings.bounces.rpartition("@")
    return f"{name}+{MARKS[purpose]}{tokens.sign_caseless(secret, purpose, number)}@{domain}"


def returned(secret: bytes, addresses: str) -> tuple[str, int] | None:
    """The purpose and number of the first of our return paths among these addresses; None if none is ours."""
    purposes = {mark: purpose for purpose, mark in MARKS.items()}
    for mark, token in RETURNED.findall(addresses):
        try:
            purpose = purposes[mark.lower()]
            is_caseless = len(token) == tokens.CASELESS_LENGTH
            verify = tokens.verify_caseless if is_caseless else tokens.verify_token
            return purpose, verify(secret, purpose, token)
        except BadToken:
            continue
    return None
