"""Disagreements: calls on which a model of what was judged and pinned differs from the rules. It never tags.

The model is `tracker.tagging.learned`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session

from db import calls
from db.calls import Call, CallStatus
from db.strategies import Level
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.evaluation import judged_in
from jobs.rulebook.gold import judged_and_pinned
from jobs.rulebook.saving import known_spearhead
from tracker.errors import Code, Refusal
from tracker.tagging import learned
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import Judged
from tracker.tagging.learned import LEAST_JUDGED, Dispute


@dataclass(frozen=True, slots=True)
class DisputedCall:
    """A call with what the model and the rules differ on."""

    call: Call
    disagreement: Dispute


@dataclass(frozen=True, slots=True)
class Disputed:
    """The calls in dispute, the most certain first; `unlearned` are spearheads of which too few calls are judged."""

    calls: tuple[DisputedCall, ...]
    unlearned: tuple[str, ...]


def disputed_calls(
    session: Session, compiled: CompiledRules, spearhead: str = "", files: Sequence[Path] = ()
) -> Disputed:
    """Learn from these files, from what was judged here and from pins; list the calls, not over, in dispute.

    What was judged or pinned is decided and not listed. NotFound if there is no such spearhead; Refusal if too little
    is judged, or scikit-learn is not installed.
    """
    if spearhead:
        known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    own = [key for key, one in index.spearheads.items() if one.level is Level.SPEARHEAD]
    keys = [spearhead] if spearhead else own
    judged = [call for file in files for call in judged_in(file, index.lemmas)] + judged_and_pinned(session)
    learnable = learned.learnable(judged, keys)
    if not learnable:
        raise Refusal(Code.TOO_LITTLE_JUDGED, least=LEAST_JUDGED)
    named = {document.id: (call, document) for call in calls.calls_to_try(session) if (document := _to_come(call))}
    found = learned.disagreements(index, judged, [document for _, document in named.values()], learnable)
    decided = _decided(judged, keys)
    disputed = [DisputedCall(named[one.document.id][0], one) for one in found]
    left = tuple(one for one in disputed if decided.isdisjoint(_names(one)))
    return Disputed(left, tuple(key for key in keys if key not in learnable))


def _to_come(call: Call) -> Document | None:
    """The document of a call that is not over."""
    return from_facts(call) if call.status is not CallStatus.CLOSED and call.withdrawn_at is None else None


def _decided(judged: Sequence[Judged], spearheads: Sequence[str]) -> set[tuple[str, str]]:
    """What was judged, by the call's name in its file and the spearhead."""
    return {
        (call.document.id, key) for call in judged for key in spearheads if call.judged is None or key in call.judged
    }


def _names(one: DisputedCall) -> set[tuple[str, str]]:
    """What a judgement of it would be found by: our name of the call, or the source's key in files from elsewhere."""
    key = one.disagreement.spearhead
    return {(one.disagreement.document.id, key), (one.call.key, key)}
