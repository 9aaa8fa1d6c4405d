"""Tokens: signed numbers that stand in a mail's links, so that a click needs no login.

What a token allows is its purpose; a token of one purpose is never good for another. Those of `sign` are good for ever:
an unsubscribe link must work for as long as the mail is kept (LESSONS F23). Those of `sign_at` hold the instant they
were made at, and whoever reads them says how long they are good for. Does not count how often a token is used.
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
    """A link's token that we did not make, or not for this purpose; what it says is not believed."""


class ExpiredToken(BadToken):
    """A link's token that we made, and that is good no longer."""


def sign(secret: bytes, purpose: str, number: int) -> str:
    """The token of a number (a subscriber's or delivery's id) for a purpose: 44 URL-safe characters, always the same.

    HMAC-SHA256, cut to 200 bits. ValueError for a secret under 16 bytes.
    """
    identity = number.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(identity + _mac(secret, purpose, identity)).decode()


def verify_token(secret: bytes, purpose: str, token: str) -> int:
    """The number that a token was made for; BadToken where it was not made by `sign` with this secret and purpose."""
    return int.from_bytes(_proven(secret, purpose, token, ID_BYTES), "big")


def sign_caseless(secret: bytes, purpose: str, number: int) -> str:
    """The token of a number for an address, whose case servers may fold: 32 small letters and digits (base32)."""
    identity = number.to_bytes(ID_BYTES, "big")
    return base64.b32encode(identity + _mac(secret, purpose, identity)[:SHORT_MAC_BYTES]).decode().lower()


def verify_caseless(secret: bytes, purpose: str, token: str) -> int:
    """The number that a token of `sign_caseless` was made for, in whatever case it came back; BadToken."""
    try:
        raw = base64.b32decode(token.encode("ascii"), casefold=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken(Code.BAD_LINK) from None
    identity, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, identity)[:SHORT_MAC_BYTES]):
        raise BadToken(Code.BAD_LINK)
    return int.from_bytes(identity, "big")


def sign_at(secret: bytes, purpose: str, number: int, at: datetime) -> str:
    """The token of a number for a purpose, made at an aware instant (kept to the second): 52 URL-safe characters."""
    made = int(at.timestamp()).to_bytes(INSTANT_BYTES, "big")
    payload = number.to_bytes(ID_BYTES, "big") + made
    return base64.urlsafe_b64encode(payload + _mac(secret, purpose, payload)).decode()


def verify_at(secret: bytes, purpose: str, token: str, now: datetime, good_for: timedelta) -> tuple[int, datetime]:
    """The number that a token of `sign_at` was made for, and when; BadToken, or ExpiredToken `good_for` later."""
    payload = _proven(secret, purpose, token, ID_BYTES + INSTANT_BYTES)
    at = datetime.fromtimestamp(int.from_bytes(payload[ID_BYTES:], "big"), UTC)
    if now - at >= good_for:
        raise ExpiredToken(Code.EXPIRED_LINK)
    return int.from_bytes(payload[:ID_BYTES], "big"), at


def _proven(secret: bytes, purpose: str, token: str, length: int) -> bytes:
    """What a token says, in so many bytes, once its signature is found to be ours."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken(Code.BAD_LINK) from None
    payload, mac = raw[:length], raw[length:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, payload)):
        raise BadToken(Code.BAD_LINK)
    return payload


def sign_feed(secret: bytes, interest_id: int, feed_number: int) -> str:
    """The token of an interest's feed; another one for each number, so that an old link can be told from the new."""
    return sign(secret, FEED, interest_id << FEED_NUMBER_BITS | feed_number)


def verify_feed(secret: bytes, token: str) -> tuple[int, int]:
    """The interest that a feed's token was made for, and the number that it had then; BadToken as from `verify`."""
    return divmod(verify_token(secret, FEED, token), 1 << FEED_NUMBER_BITS)


def _mac(secret: bytes, purpose: str, payload: bytes) -> bytes:
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret that signs links must have at least {LEAST_SECRET} bytes")
    return hmac.digest(secret, purpose.encode() + b"\0" + payload, "sha256")[:MAC_BYTES]
