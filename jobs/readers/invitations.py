"""Invitations: ask many mailboxes at once whether they want the digest, each by one letter; nobody is subscribed by it.

Who subscribes, who left, whose mailbox takes no mail, and who was asked within `retention.invitations_days` gets none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from db import audit, invitations, subscribers
from db.acts import Act
from db.audit import Signed
from db.subscribers import Subscriber, SubscriberState
from jobs.base.app import App
from jobs.readers.marks import mark_of
from jobs.readers.optin import ask_mailbox, new_subscriber
from jobs.readers.preferences import what_there_is
from tracker.errors import Code, Fault, InputFaults
from tracker.subscriptions.requests import Known, sign_up_of
from tracker.subscriptions.roster import COLUMN_KEYS, Line, plain_word, read_roster

MOST_INVITED = 500
BETWEEN = re.compile(r"[\s,;]+")  # addresses that were pasted


class InviteOutcome(StrEnum):
    """What became of one address of a list."""

    INVITED = "invited"
    SUBSCRIBES = "subscribes"
    LEFT = "left"
    TAKES_NO_MAIL = "takes_no_mail"
    ASKED_LATELY = "asked_lately"


@dataclass(frozen=True, slots=True)
class InvitedAddress:
    """One line of a list, and what became of it."""

    line: int
    address: str
    outcome: InviteOutcome


def read_invitations(app: App, text: str, settings: Mapping[str, Any]) -> list[Line]:
    """Read pasted addresses, which all get these settings, or a roster with its own columns.

    InputFaults lists every fault with its line; too many addresses are one.
    """
    with app.db.read() as session:
        known = what_there_is(session, app)
    lines = read_roster(text, known, settings) if _is_roster(text) else _pasted(text, settings, known)
    if len(lines) > MOST_INVITED:
        raise InputFaults(Fault(Code.TOO_MANY, "list", {"most": MOST_INVITED}))
    if not lines:
        raise InputFaults(Fault(Code.MISSING, "list"))
    return lines


def _is_roster(text: str) -> bool:
    """Whether the first row names columns; pasted addresses have no such row."""
    head = text.removeprefix("\ufeff").lstrip().partition("\n")[0]
    return any(COLUMN_KEYS.get(plain_word(word)) == "address" for word in re.split(r"[,;\t]", head))


def _pasted(text: str, settings: Mapping[str, Any], known: Known) -> list[Line]:
    found: dict[str, Line] = {}
    faults: list[Fault] = []
    for number, row in enumerate(text.splitlines(), start=1):
        for address in filter(None, BETWEEN.split(row)):
            try:
                wanted = sign_up_of({**settings, "address": address}, known)
            except InputFaults as error:
                faults += [_placed(fault, number) for fault in error.faults]
                continue
            found.setdefault(wanted.address, Line(number, wanted))
    if faults:
        raise InputFaults(*{(fault.line, fault.subject, str(fault.values)): fault for fault in faults}.values())
    return list(found.values())


def _placed(fault: Fault, line: int) -> Fault:
    """A fault of an address with its line; what is wrong with the settings is so for all of them."""
    return replace(fault, line=line) if fault.subject == "address" else fault


def invite(app: App, lines: Sequence[Line], signed: Signed) -> list[InvitedAddress]:
    """Ask every mailbox of a list that may be asked; says of each what became of it."""
    with app.db.write() as session:
        there = subscribers.mailboxes_at(session, [line.wanted.address for line in lines])
        marks = {line.wanted.address: mark_of(app, line.wanted.address) for line in lines}
        asked = invitations.marks_kept(session, marks.values())
        done = [_invite(session, app, line, there, marks[line.wanted.address] in asked, signed) for line in lines]
        new = [marks[one.address] for one in done if one.outcome is InviteOutcome.INVITED]
        invitations.keep_marks(session, new, app.clock())
        told = {"addresses": len(lines), "invited": len(new)}
        audit.append_audit(session, signed, Act.READERS_INVITED, "readers", told)
    return done


def _invite(
    session: Session, app: App, line: Line, there: Mapping[str, Subscriber], is_asked: bool, signed: Signed
) -> InvitedAddress:
    wanted, known = line.wanted, there.get(line.wanted.address)
    outcome = _outcome(known, is_asked)
    if outcome is InviteOutcome.INVITED:
        ask_mailbox(session, app, known or new_subscriber(session, app, wanted), wanted, signed, is_invited=True)
    return InvitedAddress(line.number, wanted.address, outcome)


def _outcome(known: Subscriber | None, is_asked: bool) -> InviteOutcome:
    match known.state if known else None:
        case SubscriberState.ACTIVE:
            return InviteOutcome.SUBSCRIBES
        case SubscriberState.LEFT:
            return InviteOutcome.LEFT
        case SubscriberState.BANNED | SubscriberState.ERASED:
            return InviteOutcome.TAKES_NO_MAIL
        case SubscriberState.PENDING:
            return InviteOutcome.ASKED_LATELY
        case None:
            return InviteOutcome.ASKED_LATELY if is_asked else InviteOutcome.INVITED
