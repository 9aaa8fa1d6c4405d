"""The reasons that the ledger keeps as codes, in plain English for a terminal; --json shows the codes."""

from typing import assert_never

from db.deliveries import DeliveryReason
from db.editions import HoldReason, WithheldReason

DELIVERIES = {
    DeliveryReason.NOTHING_TO_SAY: "nothing to say",
    DeliveryReason.PAUSED: "the reader has paused",
    DeliveryReason.BOUNCED: "the mailbox bounced and gets no more mail",
    DeliveryReason.TAKES_NO_MAIL: "the reader takes no mail any longer",
    DeliveryReason.LEFT: "the reader has left",
    DeliveryReason.NOT_ALLOWED: "not on mail.allow",
    DeliveryReason.ERASED: "the reader was erased",
    DeliveryReason.TOO_OLD: "too old",
    DeliveryReason.BACKED_OFF: "the mailbox bounced; another try comes later",
    DeliveryReason.MAIL_SERVER: "the mail server",
    DeliveryReason.OUTBOX: "the outbox cannot be written to",
    DeliveryReason.GIVEN_UP: "given up after the last attempt",
    DeliveryReason.DIED: "the process died while sending; look in the mail server's log",
    DeliveryReason.FAULT: "a fault in this program",
    DeliveryReason.RESOLVED: "settled by hand",
    DeliveryReason.OTHER: "as written by an earlier version",
}
HOLDS = {
    HoldReason.FLOOD: "far more than usual",
    HoldReason.STALE: "not sent in time",
    HoldReason.ADMIN: "held by an admin",
}
WITHHELD = {
    WithheldReason.MUTED: "muted by the reader",
    WithheldReason.NOT_OPEN: "not open yet, and the reader wants open calls only",
    WithheldReason.CAME_TO_NOTHING: "came to nothing: the change was undone, or is no news",
    WithheldReason.OVER: "the call was over before readers could be told",
    WithheldReason.WITHDRAWN: "the call was withdrawn, and the reader had not been told of it",
    WithheldReason.KNOWN_BEFORE: "the reader had the call before",
    WithheldReason.ELSEWHERE: "another source still has the call",
    WithheldReason.HELD: "held back for an admin",
    WithheldReason.DROPPED: "dropped by an admin as no news",
    WithheldReason.NOT_SHOWN: "the call could not be put into words; told as soon as it can be",
    WithheldReason.OTHER: "as written by an earlier version",
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
