"""Readers' "not for us" as a queue: by call, with the rules that made it theirs; closed by somebody who looked at it.

What it says of rules over time is `jobs.rulebook.reports`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from db import audit, calls, feedback, strategies
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.feedback import NotForUs
from jobs.base.app import App
from tracker.errors import Code, Refusal

MOST = 1000  # answers that are looked at


@dataclass(frozen=True, slots=True)
class UnwantedCall:
    """A call that readers did not want: their answers, newest first, and the rules that gave it the spearhead."""

    call: Call
    answers: tuple[NotForUs, ...]
    rules: tuple[str, ...]

    @property
    def spearheads(self) -> tuple[str, ...]:
        """For which spearheads it was told, as far as that is known."""
        return tuple(dict.fromkeys(answer.spearhead for answer in self.answers if answer.spearhead))


def unwanted_calls(session: Session) -> list[UnwantedCall]:
    """The calls with answers that nobody has closed: those that most readers did not want come first."""
    by_call: dict[int, list[NotForUs]] = {}
    for answer in feedback.open_feedback(session, MOST):
        by_call.setdefault(answer.call_id, []).append(answer)
    known, tags = calls.calls_by_id(session, by_call), strategies.taggings_of(session, list(by_call))
    found = [
        UnwantedCall(known[call_id], tuple(answers), _rules(answers, tags.get(call_id, ())))
        for call_id, answers in by_call.items()
        if call_id in known
    ]
    return sorted(found, key=lambda one: (-len(one.answers), -(one.answers[0].id or 0)))


def _rules(answers: Sequence[NotForUs], tags: Sequence[strategies.Tagging]) -> tuple[str, ...]:
    """The rules that gave a call the spearheads for which it was told."""
    told_for = {answer.spearhead for answer in answers}
    evidence = (match for tag in tags if tag.spearhead in told_for for match in tag.evidence)
    return tuple(dict.fromkeys(match["rule"] for match in evidence if match.get("rule")))


def close_unwanted(app: App, call_id: int, signed: Signed) -> int:
    """Close the answers on a call, with what came of them; returns how many there were. Refusal for none."""
    with app.db.write() as session:
        answers = feedback.open_feedback_of(session, call_id)
        if not answers:
            raise Refusal(Code.NOTHING_UNWANTED, call=call_id)
        for answer in answers:
            answer.closed_at, answer.closed_by, answer.note = signed.at, signed.author, signed.reason
            session.add(answer)
        told = {"readers": len(answers)}
        audit.append_audit(session, signed, Act.FEEDBACK_CLOSED, f"call {call_id}", told)
    return len(answers)
