"""Retry: try once to hand a mail to the server, and decide when to try again.

Used for deliveries and for letters; their callers record the outcome.
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
    """A mail's id, the number of tries including this one, and the minutes to wait before each next try."""

    id: int
    attempts: int
    back_off: Sequence[int]


def attempt(mail: Attempt, send: Callable[[], None], clock: Clock) -> Outcome:
    """Send a mail once and return the outcome. `untried`: there was no session, the next mail would fare the same."""
    try:
        send()
    except NoConnection as error:
        return Outcome(mail.id, DeliveryState.DEFERRED, SERVER, error.reply, clock(), untried=True)
    except Refused as error:
        return Outcome(mail.id, DeliveryState.REFUSED, SERVER, error.reply)
    except Deferred as error:
        return later(mail, SERVER, error.reply, clock)
    except OutcomeUnknown as error:
        return Outcome(mail.id, DeliveryState.UNKNOWN, SERVER, error.reply)
    except OSError as error:
        return later(mail, DeliveryReason.OUTBOX, f"{type(error).__name__}: {error.strerror}", clock)
    except ValueError as error:  # found before the first byte
        return later(mail, DeliveryReason.FAULT, str(error), clock)
    return Outcome(mail.id, DeliveryState.SENT)


def later(mail: Attempt, reason: DeliveryReason, detail: str, clock: Clock) -> Outcome:
    """Schedule the next try of a mail that certainly was not taken, after a longer pause each time, or give it up."""
    if mail.attempts > len(mail.back_off):
        return Outcome(mail.id, DeliveryState.REFUSED, DeliveryReason.GIVEN_UP, detail)
    again = clock() + timedelta(minutes=mail.back_off[mail.attempts - 1])
    return Outcome(mail.id, DeliveryState.DEFERRED, reason, detail, again)
