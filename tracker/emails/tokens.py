"""Tokens: signed numbers in a mail's links, so that a click needs no login.

A token's purpose is what it allows; a token of one purpose is never valid for another. Those of `sign` are valid for
ever: an unsubscribe link must work as long as the mail is kept (LESSONS F23). Those of `sign_at` hold the instant at
which they were made, and the caller that verifies them decides how long they are valid. Tokens can be used repeatedly.
"""

import base64
import binascii
import hmac
from datetime import UTC, datetime, timedelta

from tracker.errors import Code, Refusal

UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"
WEB_COPY = "web-copy"
FEED = "feed"
FEEDBACK = "feedback"  # say of a call that it is not for us
CONFIRM = "confirm"  # a sign-up
MANAGE = "manage"  # see and change what one follows
UNDO = "undo"  # a subscription that has ended
BOUNCE = "bounce"  # a delivery's id, in the return path of its mail
LETTER_BOUNCE = "letter-bounce"

ID_BYTES = 8
INSTANT_BYTES = 6  # whole seconds since 1970; with the other two 39 bytes, which base64 writes as 52 characters
MAC_BYTES = 25  # with the id 33 bytes, which base64 writes as 44 characters without padding
LENGTH = 44
SHORT_MAC_BYTES = 12  # with the id 20 bytes, which base32 writes as 32 characters: a local part takes 64 in all
CASELESS_LENGTH = 32
LEAST_SECRET = 16
FEED_NUMBER_BITS = 24  # above them stands the interest's id


class BadToken(Refusal):
    """A link's token that we did not make, or not for this purpose; its content is not believed."""


class ExpiredToken(BadToken):
    """A link's token that we made and that is no longer valid."""


def sign(secret: bytes, purpose: str, number: int) -> str:
    """Make the token of a number (a subscriber's or delivery's id) for a purpose: 44 URL-safe characters, always equal.

    HMAC-SHA256, cut to 200 bits. ValueError for a secret under 16 bytes.
    """
    identity = number.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(identity + _mac(secret, purpose, identity)).decode()


def verify_token(secret: bytes, purpose: str, token: str) -> int:
    """The number that a token was made for. BadToken if `sign` did not make it with this secret and purpose."""
    return int.from_bytes(_proven(secret, purpose, token, ID_BYTES), "big")


def sign_caseless(secret: bytes, purpose: str, number: int) -> str:
    """Make the token of a number for an address, whose case servers may fold: 32 small letters and digits (base32)."""
    identity = number.to_bytes(ID_BYTES, "big")
    return base64.b32encode(identity + _mac(secret, purpose, identity)[:SHORT_MAC_BYTES]).decode().lower()


def verify_caseless(secret: bytes, purpose: str, token: str) -> int:
    """The number that a token of `sign_caseless` was made for, in whatever case it came back. BadToken as above."""
    try:
        raw = base64.b32decode(token.encode("ascii"), casefold=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken(Code.BAD_LINK) from None
    identity, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, identity)[:SHORT_MAC_BYTES]):
        raise BadToken(Code.BAD_LINK)
    return int.from_bytes(identity, "big")


def sign_at(secret: bytes, purpose: str, number: int, at: datetime) -> str:
    """Make the token of a number for a purpose and an aware instant (to the second): 52 URL-safe characters."""
    made = int(at.timestamp()).to_bytes(INSTANT_BYTES, "big")
    payload = number.to_bytes(ID_BYTES, "big") + made
    return base64.urlsafe_b64encode(payload + _mac(secret, purpose, payload)).decode()


def verify_at(secret: bytes, purpose: str, token: str, now: datetime, good_for: timedelta) -> tuple[int, datetime]:
    """The number that a token of `sign_at` was made for, and when. BadToken, or ExpiredToken after `good_for`."""
    payload = _proven(secret, purpose, token, ID_BYTES + INSTANT_BYTES)
    at = datetime.fromtimestamp(int.from_bytes(payload[ID_BYTES:], "big"), UTC)
    if now - at >= good_for:
        raise ExpiredToken(Code.EXPIRED_LINK)
    return int.from_bytes(payload[:ID_BYTES], "big"), at


def _proven(secret: bytes, purpose: str, token: str, length: int) -> bytes:
    """The first `length` bytes of a token, once its signature is proven to be ours. BadToken otherwise."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken(Code.BAD_LINK) from None
    payload, mac = raw[:length], raw[length:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, payload)):
        raise BadToken(Code.BAD_LINK)
    return payload


def sign_feed(secret: bytes, interest_id: int, feed_number: int) -> str:
    """Make the token of an interest's feed; a new number makes a new token, so that old links can be refused."""
    return sign(secret, FEED, interest_id << FEED_NUMBER_BITS | feed_number)


def verify_feed(secret: bytes, token: str) -> tuple[int, int]:
    """The interest that a feed's token was made for, and its feed number then. BadToken as from `verify_token`."""
    return divmod(verify_token(secret, FEED, token), 1 << FEED_NUMBER_BITS)


def _mac(secret: bytes, purpose: str, payload: bytes) -> bytes:
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret that signs links must have at least {LEAST_SECRET} bytes")
    return hmac.digest(secret, purpose.encode() + b"\0" + payload, "sha256")[:MAC_BYTES]
