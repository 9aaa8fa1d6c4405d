"""The words of the ledger: why a mail or an event was kept back, and each step of why a reader was told of a call."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from db.calls import CallStatus
from db.deliveries import DeliveryReason
from db.editions import EditionKind, HoldReason, WithheldReason
from db.event_log import EventKind
from jobs.editions.why import Clue, ClueKind, Explanation, WasTold
from tracker import l10n
from tracker.l10n import N_
from tracker.refusals import WORDS

EDITIONS = {
    EditionKind.DAILY: N_("daily mail"),
    EditionKind.WEEKLY: N_("weekly mail"),
    EditionKind.MONTHLY: N_("monthly mail"),
    EditionKind.URGENT: N_("urgent mail"),
    EditionKind.WELCOME: N_("first mail"),
    EditionKind.SWITCH: N_("mail at a change of cadence"),
    EditionKind.RELEASE: N_("mail of what was released"),
    EditionKind.CORRECTION: N_("correction"),
    EditionKind.SELECTION: N_("letter of the month"),
}
EVENTS = {
    EventKind.NEW: N_("It became known"),
    EventKind.OPENED: N_("It opened"),
    EventKind.DEADLINE_EARLIER: N_("Its deadline moved earlier"),
    EventKind.DEADLINE_LATER: N_("Its deadline moved later"),
    EventKind.CUTOFFS: N_("Its cut-off days changed"),
    EventKind.BUDGET: N_("Its funding changed"),
    EventKind.RETITLED: N_("Its title changed"),
    EventKind.TEXT: N_("Its text changed"),
    EventKind.REOPENED: N_("It opened again"),
    EventKind.WITHDRAWN: N_("Its publisher withdrew it"),
    EventKind.LATE: N_("It was recognised as one of a spearhead"),
}
STATUSES = {CallStatus.OPEN: N_("open"), CallStatus.FORTHCOMING: N_("coming"), CallStatus.CLOSED: N_("closed")}
DELIVERIES = {
    DeliveryReason.NOTHING_TO_SAY: N_("there is nothing new for the reader"),
    DeliveryReason.PAUSED: N_("the reader has paused"),
    DeliveryReason.BOUNCED: N_("mails to this mailbox came back"),
    DeliveryReason.TAKES_NO_MAIL: N_("the reader takes no mail"),
    DeliveryReason.LEFT: N_("the reader left before it was sent"),
    DeliveryReason.NOT_ALLOWED: N_("only listed addresses are mailed for now"),
    DeliveryReason.ERASED: N_("the reader was erased"),
    DeliveryReason.TOO_OLD: N_("it waited for too long"),
    DeliveryReason.BACKED_OFF: N_("mails to this mailbox came back; it is tried again later"),
    DeliveryReason.MAIL_SERVER: N_("the mail server said so"),
    DeliveryReason.OUTBOX: N_("the outbox cannot be written to"),
    DeliveryReason.GIVEN_UP: N_("given up after the last try"),
    DeliveryReason.DIED: N_("the program stopped while it was being sent"),
    DeliveryReason.FAULT: N_("a fault in this program"),
    DeliveryReason.RESOLVED: N_("settled by hand"),
    DeliveryReason.OTHER: N_("for a reason that an earlier version wrote down"),
}
HOLDS = {
    HoldReason.FLOOD: N_("far more than usual"),
    HoldReason.STALE: N_("it was not sent in time"),
    HoldReason.ADMIN: N_("held by hand"),
}
WITHHELD = {
    WithheldReason.MUTED: N_("the reader wants to hear no more of this call"),
    WithheldReason.NOT_FOR_THEM: N_("the reader’s kind of organisation may not apply"),
    WithheldReason.NOT_OPEN: N_("it is not open yet, and the reader wants open calls only"),
    WithheldReason.CAME_TO_NOTHING: N_("the change was undone, or is no news"),
    WithheldReason.OVER: N_("the call was over before it could be told"),
    WithheldReason.WITHDRAWN: N_("the call was withdrawn before the reader had been told of it"),
    WithheldReason.KNOWN_BEFORE: N_("the call met the reader’s interests before"),
    WithheldReason.ELSEWHERE: N_("another source still has the call"),
    WithheldReason.HELD: N_("held back as far more than usual, until somebody decides"),
    WithheldReason.DROPPED: N_("somebody decided that it is no news"),
    WithheldReason.NOT_SHOWN: N_("the call could not be put into words; it is tried again"),
    WithheldReason.OTHER: N_("for a reason that an earlier version wrote down"),
}
LACKING = {
    "spearheads": N_("spearhead"),
    "programmes": N_("programme"),
    "sources": N_("source"),
    "kinds": N_("kind of call"),
    "audience": N_("who can apply"),
    "query": N_("search words"),
    "money": N_("money per project"),
}
VERDICTS = {
    WasTold.TOLD: N_("Yes, the reader was told."),
    WasTold.NOT_ARRIVED: N_("The reader was to be told, but the mail did not arrive, or may not have."),
    WasTold.WAITS: N_("Not yet: it comes with the next mail."),
    WasTold.NOT_TOLD: N_("No, the reader was not told."),
}
STEPS = {
    ClueKind.CALL: N_("We have known the call since %(since)s. It is from %(source)s; its state is: %(status)s."),
    ClueKind.WITHDRAWN: N_("Its publisher withdrew it: %(on)s."),
    ClueKind.TAGGED: N_("It is one of the spearhead %(spearhead)s, by these words: %(words)s."),
    ClueKind.NOT_TAGGED: N_("No rule makes it one of a spearhead."),
    ClueKind.READER: N_("The subscription is: %(state)s, since %(since)s; mails come: %(cadence)s."),
    ClueKind.PAUSED: N_("The reader has paused until %(until)s."),
    ClueKind.MET: N_("This interest wants the call: %(interest)s."),
    ClueKind.UNMET: N_("This interest does not want the call: %(interest)s. What does not fit: %(lacking)s."),
    ClueKind.FOLLOWED: N_("The reader follows this very call."),
    ClueKind.NO_INTEREST: N_("The reader has no interests."),
    ClueKind.KEPT_BACK: N_("Still, the reader is not told: %(why)s."),
    ClueKind.TOLD: N_("%(event)s (%(at)s): told by the %(edition)s of %(on)s; that mail is: %(state)s."),
    ClueKind.REMINDED: N_("The %(edition)s of %(on)s reminded of it; that mail is: %(state)s."),
    ClueKind.LISTED: N_("The %(edition)s of %(on)s told of it as an open call; that mail is: %(state)s."),
    ClueKind.WITHHELD: N_("%(event)s (%(at)s): left out of the %(edition)s of %(on)s: %(why)s."),
    ClueKind.NOT_WANTED_THEN: N_("%(event)s (%(at)s): no interest wanted it when the %(edition)s of %(on)s was made."),
    ClueKind.NO_MAIL_THEN: N_("%(event)s (%(at)s): there was no %(edition)s of %(on)s for the reader: %(why)s."),
    ClueKind.BEFORE: N_("%(event)s (%(at)s): before the reader’s subscription began."),
    ClueKind.WAITS: N_("%(event)s (%(at)s): waits for the mail of %(on)s."),
    ClueKind.NOT_WANTED: N_("%(event)s (%(at)s): no interest of the reader wants the call."),
    ClueKind.NO_NEWS: N_("The call was never news: it was in the archive already when its source was first read."),
}
TABLES: Mapping[type[StrEnum], Mapping[Any, str]] = {
    type(next(iter(table))): table for table in (EDITIONS, EVENTS, STATUSES, DELIVERIES, HOLDS, WITHHELD)
}


def ledger_word(value: StrEnum, language: str) -> str:
    """A reason, an event or an edition's kind in words."""
    return l10n.catalogue(language).gettext(TABLES[type(value)][value])


def answer_in_words(answer: Explanation, language: str, zone: ZoneInfo) -> tuple[str, str, list[str]]:
    """The verdict, what decided it, and every step, each as a sentence."""
    said = [step_in_words(step, language, zone) for step in answer.steps]
    verdict = l10n.catalogue(language).gettext(VERDICTS[answer.verdict])
    return verdict, step_in_words(answer.because, language, zone), said


def step_in_words(step: Clue, language: str, zone: ZoneInfo) -> str:
    """One step as a sentence."""
    t = l10n.catalogue(language)
    values = {name: _value(name, value, language, zone) for name, value in step.values.items()}
    return t.gettext(STEPS[step.kind]) % values


def _value(name: str, value: Any, language: str, zone: ZoneInfo) -> str:
    t = l10n.catalogue(language)
    match value:
        case datetime():
            return l10n.bare_day(value.astimezone(zone).date(), language)
        case date():
            return l10n.bare_day(value, language)
        case tuple():
            return (
                l10n.listed([t.gettext(LACKING[word]) if word in LACKING else word for word in value], language) or "–"
            )
        case StrEnum():
            return ledger_word(value, language) if type(value) in TABLES else t.gettext(WORDS[value])
        case _:
            return str(value)
