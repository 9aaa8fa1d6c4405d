"""Attempts: one try to hand a mail to the server, as an outcome for the ledger, and when it is tried again.

Does not choose mails or write outcomes down (`jobs.delivery.deliver`, `jobs.readers.letters`).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from db.deliveries import DeliveryReason, DeliveryState
from db.send_queue import Outcome
from jobs.base.app import Clock
from tracker.emails.mailer import NoConnection
from tracker.errors import Deferred, OutcomeUnknown, Refused

SERVER = DeliveryReason.MAIL_SERVER


class Attempt(NamedTuple):
    """A mail's number, how often it was tried with this time, and the minutes before each next try."""

    id: int
    attempts: int
    back_off: Sequence[int]


def attempt(one: Attempt, send: Callable[[], None], clock: Clock) -> Outcome:
    """What became of a try. `untried`: there was no session with the server, and the next mail would fare the same."""
    try:
        send()
    except NoConnection as error:
        return Outcome(one.id, DeliveryState.DEFERRED, SERVER, error.reply, clock(), untried=True)
    except Refused as error:
        return Outcome(one.id, DeliveryState.REFUSED, SERVER, error.reply)
    except Deferred as error:
        return _later(one, SERVER, error.reply, clock)
    except OutcomeUnknown as error:
        return Outcome(one.id, DeliveryState.UNKNOWN, SERVER, error.reply)
    except OSError as error:
        return _later(one, DeliveryReason.OUTBOX, f"{type(error).__name__}: {error.strerror}", clock)
    return Outcome(one.id, DeliveryState.SENT)


def _later(one: Attempt, reason: DeliveryReason, detail: str, clock: Clock) -> Outcome:
    """A mail that was not taken is tried again, with growing pauses, until it is given up."""
    if one.attempts > len(one.back_off):
        return Outcome(one.id, DeliveryState.REFUSED, DeliveryReason.GIVEN_UP, detail)
    again = clock() + timedelta(minutes=one.back_off[one.attempts - 1])
    return Outcome(one.id, DeliveryState.DEFERRED, reason, detail, again)
