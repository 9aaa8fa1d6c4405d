"""Tokens: signed numbers that stand in a mail's links, so that a click needs no login.

Does not expire or count anything: an unsubscribe link must work for as long as the mail is kept (LESSONS F23).
What a token allows is its purpose; a token of one purpose is never good for another.
"""

import base64
import binascii
import hmac

from tracker.errors import TrackerError

UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"
WEB_COPY = "web-copy"
BOUNCE = "bounce"  # a delivery's id, in the return path of its mail
LETTER_BOUNCE = "letter-bounce"

ID_BYTES = 8
MAC_BYTES = 25  # with the id 33 bytes, which base64 writes as 44 characters without padding
LENGTH = 44
LEAST_SECRET = 16


class BadToken(TrackerError):
    """A link's token that we did not make, or not for this purpose; what it says is not believed."""


def sign(secret: bytes, purpose: str, number: int) -> str:
    """The token of a number (a subscriber's or delivery's id) for a purpose: 44 URL-safe characters, always the same.

    HMAC-SHA256, cut to 200 bits. ValueError for a secret under 16 bytes.
    """
    identity = number.to_bytes(ID_BYTES, "big")
    return base64.urlsafe_b64encode(identity + _mac(secret, purpose, identity)).decode()


def verify(secret: bytes, purpose: str, token: str) -> int:
    """The number that a token was made for; BadToken where it was not made by `sign` with this secret and purpose."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise BadToken("this link is not one of ours; open the link of a newer mail") from None
    identity, mac = raw[:ID_BYTES], raw[ID_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, purpose, identity)):
        raise BadToken("this link is not one of ours; open the link of a newer mail")
    return int.from_bytes(identity, "big")


def _mac(secret: bytes, purpose: str, identity: bytes) -> bytes:
    if len(secret) < LEAST_SECRET:
        raise ValueError(f"the secret that signs links must have at least {LEAST_SECRET} bytes")
    return hmac.digest(secret, purpose.encode() + b"\0" + identity, "sha256")[:MAC_BYTES]
