"""Hints: the command that shows or mends what an error is about, in the language of the output.

Does not word the error itself (`tracker.refusals`).
"""

from collections.abc import Mapping
from typing import NamedTuple

from db.engine import OldSchema
from jobs.cli.wording import T_, texts
from tracker.errors import Code, InputFaults, NotFound, Noun, Refusal, TrackerError, WrongState
from tracker.refusals import said


class Hint(NamedTuple):
    """A command, or an option of the command that was run, and the sentence that names it."""

    command: str
    sentence: str


SHOWS = T_("%(command)s shows them")
OF_NOUN = {
    Noun.CALL: Hint("tracker calls search", T_("%(command)s finds them")),
    Noun.RUN: Hint("tracker runs list", SHOWS),
    Noun.SOURCE: Hint("tracker sources list", SHOWS),
    Noun.SPEARHEAD: Hint("tracker rules thresholds list", SHOWS),
    Noun.RULE: Hint("tracker rules list", SHOWS),
    Noun.MASK: Hint("tracker rules masks list", SHOWS),
    Noun.REVISION: Hint("tracker rules history", SHOWS),
    Noun.EXAMPLE: Hint("tracker rules examples list", SHOWS),
    Noun.DUPLICATE: Hint("tracker duplicates list", SHOWS),
    Noun.SUBSCRIBER: Hint("tracker subscribers list", SHOWS),
    Noun.INTEREST: Hint("tracker subscribers show", SHOWS),
    Noun.EDITION: Hint("tracker editions list", SHOWS),
    Noun.HOLD: Hint("tracker editions holds", SHOWS),
    Noun.DELIVERY: Hint("tracker deliveries list", SHOWS),
    Noun.ADMIN: Hint("tracker admins list", SHOWS),
    Noun.PROPOSAL: Hint("tracker rules proposals", SHOWS),
    Noun.STRATEGY: Hint("tracker strategies list", SHOWS),
    Noun.ENTRY: Hint("tracker audit", SHOWS),
    Noun.REPORT: Hint("tracker reports list", SHOWS),
    Noun.JOB: Hint("tracker jobs list", SHOWS),
    Noun.BANNER: Hint("tracker banner list", SHOWS),
    Noun.LETTER: Hint("tracker letters list", SHOWS),
    Noun.DRAFT: Hint("tracker sources drafts", SHOWS),
    Noun.VIEW: Hint("tracker views list", SHOWS),
}
OF_CODE = {
    Code.SUBSCRIBES_ALREADY: Hint("tracker subscribers list", T_("%(command)s shows it")),
    Code.NOT_SET_BY_HAND: Hint("tracker calls show %(call)s", T_("%(command)s shows what was set")),
    Code.NO_MAIL_KEPT: Hint("tracker deliveries list", T_("%(command)s shows what there is")),
    Code.TAKES_NO_MAIL: Hint("tracker bounces unban", T_("%(command)s ends a ban")),
    Code.EDITION_WAITS: Hint("tracker editions release %(edition)s", T_("%(command)s lets it go")),
    Code.RULE_EXISTS: Hint("tracker rules edit %(rule)s", T_("%(command)s changes it")),
    Code.OF_ANOTHER_SPEARHEAD: Hint("tracker rules show %(rule)s", T_("%(command)s shows it")),
    Code.NOTHING_JUDGED: Hint("tracker gold add", T_("%(command)s judges a call")),
    Code.TOO_LITTLE_JUDGED: Hint("tracker gold add", T_("%(command)s judges a call")),
    Code.EXTRA_MISSING: Hint('pip install "karkivahti[%(extra)s]"', T_("%(command)s installs it")),
    Code.NO_SCORING: Hint("--full-until", T_("%(command)s says up to where")),
    Code.ADMIN_EXISTS: Hint("tracker admins link %(address)s", T_("%(command)s makes a new link for it")),
    Code.PERIOD_OVER: Hint("--allow-late", T_("%(command)s sends it late all the same")),
    Code.TOO_COMMON_WEAK: Hint("--force", T_("%(command)s saves it all the same")),
}
OF_OLD_SCHEMA = Hint("tracker db backup FILE", T_("save a copy with %(command)s, then run: tracker db upgrade"))


def error_lines(error: TrackerError | OldSchema, language: str) -> list[str]:
    """An error in words, one line for each fault, with the command that helps where there is one."""
    lines, hints = said(error, language), _hints(error, language)
    return [f"{line}; {hint}" if hint else line for line, hint in zip(lines, hints or [""] * len(lines), strict=True)]


def _hints(error: TrackerError | OldSchema, language: str) -> list[str]:
    """A hint for each line of the error, empty where there is none; an empty list for errors without hints."""
    match error:
        case NotFound() | WrongState():
            lists_what_there_is = isinstance(error, NotFound) and error.known
            return ["" if lists_what_there_is else _filled(OF_NOUN[error.noun], {}, language)]
        case Refusal():
            cause = error.values.get("why")
            if isinstance(cause, (NotFound, WrongState, Refusal)):
                return _hints(cause, language)
            return [_of(error.code, error.values, language)]
        case InputFaults():
            return [_of(fault.code, fault.values, language) for fault in error.faults]
        case OldSchema():
            return [_filled(OF_OLD_SCHEMA, {}, language)]
        case _:
            return []


def _of(code: Code, values: Mapping[str, object], language: str) -> str:
    return _filled(OF_CODE[code], values, language) if code in OF_CODE else ""


def _filled(hint: Hint, values: Mapping[str, object], language: str) -> str:
    return texts(language).gettext(hint.sentence) % {"command": hint.command % values}
