"""The reasons that the ledger keeps as words, in plain English for a terminal; JSON shows the words themselves.

Does not show anything.
"""

from typing import assert_never

from db.deliveries import DeliveryReason
from db.editions import HoldReason, WithheldReason

DELIVERIES = {
    DeliveryReason.NOTHING_TO_SAY: "nothing to say",
    DeliveryReason.PAUSED: "the reader pauses",
    DeliveryReason.BOUNCED: "the mailbox bounced and gets no more mail",
    DeliveryReason.TAKES_NO_MAIL: "the reader takes no mail any more",
    DeliveryReason.LEFT: "the reader has left",
    DeliveryReason.NOT_ALLOWED: "not on mail.allow",
    DeliveryReason.ERASED: "everything of the reader was erased",
    DeliveryReason.TOO_OLD: "too old",
    DeliveryReason.BACKED_OFF: "the mailbox bounced; it is tried again later",
    DeliveryReason.MAIL_SERVER: "the mail server",
    DeliveryReason.OUTBOX: "the outbox cannot be written",
    DeliveryReason.GIVEN_UP: "given up after the last attempt",
    DeliveryReason.DIED: "the process died while it was sending; look in the mail server's log",
    DeliveryReason.FAULT: "a fault in this program",
    DeliveryReason.RESOLVED: "a person resolved it",
    DeliveryReason.OTHER: "as an earlier version wrote",
}
HOLDS = {
    HoldReason.FLOOD: "far above its history",
    HoldReason.STALE: "not sent in time",
    HoldReason.ADMIN: "held by a person",
}
WITHHELD = {
    WithheldReason.MUTED: "muted by the reader",
    WithheldReason.NOT_OPEN: "not open yet, and the reader wants open calls only",
    WithheldReason.CAME_TO_NOTHING: "came to nothing: what had changed was changed back, or is no news",
    WithheldReason.OVER: "the call was over before it could be told",
    WithheldReason.WITHDRAWN: "the call was withdrawn, and the reader had not been told of it since it came",
    WithheldReason.KNOWN_BEFORE: "the call was the reader's before",
    WithheldReason.ELSEWHERE: "another source still has the call",
    WithheldReason.HELD: "held back for an admin",
    WithheldReason.DROPPED: "found to be no news by an admin",
    WithheldReason.OTHER: "as an earlier version wrote",
}
Reason = DeliveryReason | HoldReason | WithheldReason


def reason_in_words(reason: Reason) -> str:
    """A reason in plain English."""
    match reason:
        case DeliveryReason():
            return DELIVERIES[reason]
        case HoldReason():
            return HOLDS[reason]
        case WithheldReason():
            return WITHHELD[reason]
        case _:
            assert_never(reason)
