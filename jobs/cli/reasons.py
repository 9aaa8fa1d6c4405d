"""The reasons that the ledger keeps as codes, in plain words for a terminal; --json shows the codes."""

from typing import assert_never

from db.deliveries import DeliveryReason
from db.editions import HoldReason, WithheldReason
from jobs.cli.wording import T_, say

DELIVERIES = {
    DeliveryReason.NOTHING_TO_SAY: T_("nothing to say"),
    DeliveryReason.PAUSED: T_("the reader has paused"),
    DeliveryReason.BOUNCED: T_("the mailbox bounced and gets no more mail"),
    DeliveryReason.TAKES_NO_MAIL: T_("the reader takes no mail any longer"),
    DeliveryReason.LEFT: T_("the reader has left"),
    DeliveryReason.NOT_ALLOWED: T_("not on mail.allow"),
    DeliveryReason.ERASED: T_("the reader was erased"),
    DeliveryReason.TOO_OLD: T_("too old"),
    DeliveryReason.BACKED_OFF: T_("the mailbox bounced; another try comes later"),
    DeliveryReason.MAIL_SERVER: T_("the mail server"),
    DeliveryReason.OUTBOX: T_("the outbox cannot be written to"),
    DeliveryReason.GIVEN_UP: T_("given up after the last attempt"),
    DeliveryReason.DIED: T_("the process died while sending; look in the mail server's log"),
    DeliveryReason.FAULT: T_("a fault in this program"),
    DeliveryReason.RESOLVED: T_("settled by hand"),
    DeliveryReason.OTHER: T_("as written by an earlier version"),
}
HOLDS = {
    HoldReason.FLOOD: T_("far more than usual"),
    HoldReason.STALE: T_("not sent in time"),
    HoldReason.ADMIN: T_("held by an admin"),
}
WITHHELD = {
    WithheldReason.MUTED: T_("muted by the reader"),
    WithheldReason.NOT_FOR_THEM: T_("the reader's kind of organisation may not apply"),
    WithheldReason.NOT_OPEN: T_("not open yet, and the reader wants open calls only"),
    WithheldReason.CAME_TO_NOTHING: T_("came to nothing: the change was undone, or is no news"),
    WithheldReason.OVER: T_("the call was over before readers could be told"),
    WithheldReason.WITHDRAWN: T_("the call was withdrawn, and the reader had not been told of it"),
    WithheldReason.KNOWN_BEFORE: T_("the reader had the call before"),
    WithheldReason.ELSEWHERE: T_("another source still has the call"),
    WithheldReason.HELD: T_("held back for an admin"),
    WithheldReason.DROPPED: T_("dropped by an admin as no news"),
    WithheldReason.NOT_SHOWN: T_("the call could not be put into words; told as soon as it can be"),
    WithheldReason.OTHER: T_("as written by an earlier version"),
}
Reason = DeliveryReason | HoldReason | WithheldReason


def reason_in_words(reason: Reason) -> str:
    """A reason in plain words, in the language that is spoken."""
    match reason:
        case DeliveryReason():
            return say(DELIVERIES[reason])
        case HoldReason():
            return say(HOLDS[reason])
        case WithheldReason():
            return say(WITHHELD[reason])
        case _:
            assert_never(reason)
