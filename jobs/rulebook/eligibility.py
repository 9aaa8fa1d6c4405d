"""Eligibility: derive who may apply for calls, and store it; again where the words or the table of programmes changed.

Deriving is `tracker.eligibility`. It is no fact of the call and makes no news.
"""

from collections.abc import Mapping
from pathlib import Path

from sqlmodel import Session

from db import eligibility
from db.calls import CallFacts
from jobs.base.app import App
from jobs.rulebook.tagging import tag_calls
from tracker.calls.changes import remembered
from tracker.eligibility.deriving import eligibility_of, fingerprint_of
from tracker.eligibility.judging import Figures, figures_on
from tracker.errors import Code, Refusal

BATCH = 500


def derive_calls(session: Session, app: App, facts: Mapping[int, CallFacts]) -> None:
    """Derive and store who may apply for these calls (id → facts)."""
    table = app.programmes
    derived = {call_id: eligibility_of(fact, table) for call_id, fact in facts.items()}
    eligibility.replace_eligibility(session, derived, fingerprint_of(table))


def derive_all(app: App) -> int:
    """Derive anew what today's words and table have not derived yet, with its tags; return how many calls that were.

    Each batch is one transaction. Rules read who may apply, so that a call for which that changed is tagged anew.
    """
    count = 0
    while True:
        with app.db.write() as session:
            due = eligibility.not_derived_by(session, fingerprint_of(app.programmes), BATCH)
            if not due:
                return count
            before = {call.id: call.may_apply for call in due}
            facts = {call.id: remembered(call) for call in due if call.id is not None}
            derive_calls(session, app, facts)
            after = eligibility.eligibility_of_calls(session, list(facts))
            changed = {i: fact for i, fact in facts.items() if tuple(before[i]) != after[i].yes}
            tag_calls(session, app.compiled, changed, app.clock())
            count += len(due)


def figures_of(app: App, file: Path) -> Figures:
    """Compare what is derived with the judged calls of a file; Refusal if it is no such file."""
    try:
        return figures_on(file.read_text(encoding="utf-8").splitlines(), app.programmes)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refusal(Code.NOT_JUDGED_CALLS, file=file, why=str(error)) from None
