"""What all edits of the rulebook share on the screen: trying one on the archive, saving it, saying what is wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fastapi import Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db.proposals import Proposal
from jobs.approvals.proposing import save_edit_or_propose
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.summaries import ShiftRow, Summarised, summarised
from jobs.web.admin.desk import admin_of, back_to, person, proposed_at, refused, signed
from jobs.web.forms import Complaint
from jobs.web.pages import app_of
from tracker.errors import ConfigError, InputFaults, Refusal, RuleError, TrackerError
from tracker.l10n import N_
from tracker.tagging.rulebook_edits import Edit

MOST_SHIFTS = 10  # shown of calls gained, and of calls lost
MOST_TRIED = 60  # of the calls that an edit reaches: an answer comes while one types
WRONG = (RuleError, InputFaults, Refusal, ConfigError)
EditMaker = Callable[[Session, CompiledRules], Edit]
NAMES = {
    "text": N_("The line"),
    "weight": N_("Weight"),
    "language": N_("Texts in which language"),
    "must_match": N_("Must match"),
    "must_spare": N_("Must not match"),
    "threshold": N_("Points that a call needs"),
    "full_until": N_("Characters in which words count in full"),
    "reason": N_("Why"),
}


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line around the place of its fault."""

    before: str
    place: str
    after: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What an edit would do, or what is wrong with it; empty where nothing was tried."""

    effect: Summarised | None = None
    shifts: Sequence[ShiftRow] = ()
    faults: Sequence[Complaint] = ()
    wrong: MarkedLine | None = None

    @property
    def status(self) -> int:
        """The status of an answer that shows it."""
        return 422 if self.faults else 200


NOTHING_TRIED = Tried()


def tried(request: Request, edit_of: EditMaker, line: str) -> Tried:
    """Try an edit on the whole archive; nothing is saved."""
    app = app_of(request)
    try:
        with app.db.read() as session:
            edit = edit_of(session, app.compiled)
            effect = summarised(session, app, edit, admin_of(request).language.value, MOST_TRIED)
    except WRONG as error:
        return _wrong(request, error, line)
    return Tried(effect, effect.rows(MOST_SHIFTS))


def saved(
    request: Request, sent: QueryParams, edit_of: EditMaker, then: str, page: Callable[[Tried], Response]
) -> Response:
    """Save an edit with the reason that was sent and lead to `then`, which may have a {key}; or show what is wrong."""
    app = app_of(request)
    try:
        with app.db.read() as session:
            edit = edit_of(session, app.compiled)
        by, how = person(request, signed(request, sent)), {"force": "force" in sent, "announce": "announce" in sent}
        did = save_edit_or_propose(app, edit, by, **how)
    except WRONG as error:
        return page(_wrong(request, error, sent.get("text", "")))
    return proposed_at(did) if isinstance(did, Proposal) else back_to(then.format(key=edit.subject), "saved")


def revision_of(sent: QueryParams) -> int:
    """The revision that a form goes back to; 0, which there is none of, for anything else."""
    word = sent.get("revision", "")
    return int(word) if word.isdecimal() and len(word) < 10 else 0


def _wrong(request: Request, error: TrackerError, line: str) -> Tried:
    faults = refused(error, admin_of(request).language.value, "text", NAMES)
    column = getattr(error, "column", None)
    at = column - 1 if column else 0
    marked = MarkedLine(line[:at], line[at : at + 1] or " ", line[at + 1 :]) if column else None
    return Tried(faults=faults, wrong=marked)
