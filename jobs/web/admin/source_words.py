"""The desk's words for sources and their readings, in the language of whoever is signed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from db.event_log import EventKind
from db.runs import Run, RunReason
from db.sources import NoticeKind
from jobs.collecting.days import DayState
from jobs.collecting.one_reading import Stage
from jobs.collecting.quarantine import REJECTED
from jobs.web.admin.cadences import OFTEN
from jobs.web.coverage import read_often
from jobs.web.pages import language_of
from tracker import l10n
from tracker.errors import SourceError
from tracker.l10n import N_
from tracker.readings.source_status import fault_in_words, outcome_in_words

DAYS = {
    DayState.READ: N_("Read, something was new"),
    DayState.SAME: N_("Read, nothing was new"),
    DayState.HELD: N_("Read, not believed"),
    DayState.FAILED: N_("The reading failed"),
    DayState.NONE: N_("Not read"),
}
STAGES = {
    Stage.LISTED: N_("On the publisher’s list"),
    Stage.CAME: N_("Came to us"),
    Stage.PARSED: N_("Could be read"),
    Stage.CHANGED: N_("Differ from what we knew"),
    Stage.STORED: N_("Were stored"),
}
NOTICES = {
    NoticeKind.BROKE: N_("It stopped working"),
    NoticeKind.HEALED: N_("It works again"),
    NoticeKind.CHANGED: N_("The watched page has changed"),
    NoticeKind.UNREAD: N_("Some calls could not be read"),
    NoticeKind.INCOMPLETE: N_("The publisher’s own list has more calls"),
    NoticeKind.BANS_HELD: N_("Bans that wait"),
    NoticeKind.LEFT_OUT: N_("An edition could not tell all of it"),
}
NEWS = {
    EventKind.NEW: N_("a new call"),
    EventKind.OPENED: N_("it opened"),
    EventKind.DEADLINE_EARLIER: N_("an earlier deadline"),
    EventKind.DEADLINE_LATER: N_("a later deadline"),
    EventKind.CUTOFFS: N_("other cut-off dates"),
    EventKind.BUDGET: N_("another budget"),
    EventKind.RETITLED: N_("another title"),
    EventKind.TEXT: N_("another text"),
    EventKind.REOPENED: N_("it is open again"),
    EventKind.WITHDRAWN: N_("it was withdrawn"),
    EventKind.LATE: N_("recognised as one of a spearhead"),
}
UNREAD = {  # why a row could not be read, by the name that the parser gives it
    "date": N_("its date is not understood"),
    "title": N_("its title is not understood"),
    "no_title": N_("it has no title"),
    "no_link": N_("it has no link"),
    "link": N_("its link leads nowhere"),
    "key": N_("its number is not understood"),
    "budget": N_("its budget is not understood"),
    "state": N_("its state is not understood"),
    "no_text": N_("it has no text"),
    "shape": N_("a part of it is not what it should be"),
}
ROBOTS = {
    "allowed": N_("allows us"),
    "none": N_("there is none"),
    "refused": N_("refuses us"),
}
ROLES_OF_DAYS = {
    "period": N_("When it opens and closes, in one"),
    "opens": N_("When it opens"),
    "closes": N_("When it closes"),
}
KILO = 1000


@dataclass(frozen=True, slots=True)
class SourceWords:
    """Words for the templates of sources and readings."""

    language: str

    def _said(self, text: str) -> str:
        return l10n.catalogue(self.language).gettext(text)

    def day(self, state: str) -> str:
        return self._said(DAYS[DayState(state)])

    def days(self) -> list[tuple[str, str]]:
        """The states of a day, as a legend has them."""
        return [(state.value, self._said(words)) for state, words in DAYS.items()]

    def counted(self, days: Mapping[str, int]) -> str:
        """A year in one line, for whoever does not see the strip."""
        return ", ".join(f"{self.day(state)}: {n}" for state, n in days.items() if n)

    def stage(self, stage: Stage) -> str:
        return self._said(STAGES[stage])

    def notice(self, kind: NoticeKind) -> str:
        return self._said(NOTICES[kind])

    def news(self, kind: EventKind) -> str:
        return self._said(NEWS[kind])

    def outcome(self, run: Run) -> str:
        """What came of a reading, as a sentence."""
        return _capital(outcome_in_words(run, self._said))

    def reason(self, reason: RunReason) -> str:
        """Why a reading was not believed, as a sentence."""
        if reason.name == REJECTED:
            return self._said(N_("Rejected by %(who)s")) % {"who": reason.detail}
        return _capital(fault_in_words(reason.name, self._said))

    def unread(self, fault: str) -> tuple[str, str]:
        """Why a row could not be read: in words, and as the parser said it."""
        name, _, detail = fault.partition(": ")
        return self._said(UNREAD.get(name, N_("it could not be understood"))), detail or fault

    def failed(self, error: SourceError) -> str:
        """Why a page did not come, or cannot be read, as a sentence."""
        return _capital(fault_in_words(error.reason, self._said))

    def role(self, role: str) -> str:
        return self._said(ROLES_OF_DAYS[role])

    def often(self, a_week: int) -> str:
        return read_often(a_week, self.language)

    def cadences(self) -> list[tuple[str, str]]:
        """How often a source can be read, for a form."""
        return [(value, self._said(words)) for value, words in OFTEN.items()]

    def robots(self, word: str) -> str:
        return self._said(ROBOTS.get(word, N_("asks for long pauses")))

    def size(self, n: int) -> str:
        """A number of bytes, rounded."""
        shown, unit = (n / KILO**2, "MB") if n >= KILO**2 else (n / KILO, "kB")
        return f"{l10n.number(max(1, round(shown)), self.language)} {unit}"

    def took(self, began: datetime, ended: datetime | None) -> str:
        """How long a reading took."""
        t = l10n.catalogue(self.language)
        seconds = round((ended - began).total_seconds()) if ended else 0
        if seconds >= 120:
            return t.ngettext("%(n)d minute", "%(n)d minutes", seconds // 60) % {"n": seconds // 60}
        return t.ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def _capital(line: str) -> str:
    return line[:1].upper() + line[1:]


def source_words(request: Request) -> SourceWords:
    """The words of sources in the language of a request."""
    return SourceWords(language_of(request))
