"""Gold: what calls were judged to be about, by hand, by pins and by readers, with their words as of that day.

Does not measure rules by it (`jobs.rulebook.evaluation`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from db import audit, calls, feedback, judgements, strategies
from db.acts import Act
from db.audit import Signed
from db.calls import Call
from db.judgements import Judgement, Origin
from db.strategies import Level
from jobs.base.app import App
from jobs.rulebook.examples import as_document, as_words
from jobs.rulebook.preview import batches
from jobs.rulebook.saving import known_spearhead
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import NOT, SQUARELY, Judged, judged_line

READERS = "readers"  # who signs for them: none of them is named


@dataclass(frozen=True, slots=True)
class GoldCall:
    """A call with all that was judged of it: the grades that count, and by whom, the most believed first."""

    call: Call
    judged: Judged
    judgements: tuple[Judgement, ...]


Said = dict[int, tuple[dict[str, int], Signed]]  # call id → grades, and by whom


def judge_call(app: App, call: Call, grades: Mapping[str, int], signed: Signed, *, only: bool = False) -> Judgement:
    """Keep somebody's judgement of a call, with its words as of now; an earlier one by hand is replaced.

    The region's own spearheads without a grade are judged not to be the call's; with `only` they are not judged.
    NotFound if there is no such spearhead.
    """
    with app.db.write() as session:
        known = strategies.all_spearheads(session)
        whole = [one.key for one in known if one.level is Level.SPEARHEAD and not only]
        judged = dict.fromkeys(whole, NOT) | {known_spearhead(session, key): grade for key, grade in grades.items()}
        judgement = _judgement(call, Origin.HAND, judged, signed)
        before = {"grades": _grades(_by_belief(judgements.judgements_of(session, call.id or 0)))}
        judgements.put_judgement(session, judgement)
        audit.append_audit(session, signed, Act.JUDGED, f"call {call.id}", before=before, after={"grades": judged})
    return judgement


def judge_further(app: App, call: Call, spearhead: str, grade: int, signed: Signed) -> Judgement:
    """Judge a call for one more spearhead; what was judged of the others by hand stays."""
    with app.db.read() as session:
        kept = [one.grades for one in judgements.judgements_of(session, call.id or 0) if one.origin is Origin.HAND]
    return judge_call(app, call, {**(kept[0] if kept else {}), spearhead: grade}, signed, only=True)


def _judgement(call: Call, origin: Origin, grades: Mapping[str, int], signed: Signed) -> Judgement:
    words = as_words(from_facts(call))
    return Judgement(call_id=call.id or 0, origin=origin, grades=dict(grades), document=words, **signed._asdict())


def grow(app: App, least_readers: int, signed: Signed) -> dict[Origin, int]:
    """Judge calls by the pins there are, and by what at least so many readers called "not for us".

    What says the same already stays as it is, with the words of its day. Returns how many judgements are new.
    """
    counts = {}
    with app.db.write() as session:
        known = {(one.call_id, one.origin): one.grades for one in judgements.all_judgements(session)}
        grown = {Origin.PIN: _by_pins(session), Origin.READERS: _by_readers(session, least_readers, signed.at)}
        for origin, said in grown.items():
            new = {
                call_id: (before | grades, by)
                for call_id, (grades, by) in said.items()
                if (before := known.get((call_id, origin), {})) | grades != before
            }
            for call_id, call in _calls(session, new).items():
                judgements.put_judgement(session, _judgement(call, origin, *new[call_id]))
            counts[origin] = len(new)
        told = {origin.value: count for origin, count in counts.items()}
        audit.append_audit(session, signed, Act.JUDGEMENTS_GROWN, "pins and readers", told)
    return counts


def _by_pins(session: Session) -> Said:
    said: Said = {}
    for pin in reversed(strategies.all_pins(session)):  # so that the newest signs
        grades = said.get(pin.call_id, ({},))[0] | {pin.spearhead: SQUARELY if pin.is_included else NOT}
        said[pin.call_id] = grades, Signed(pin.author, pin.reason, pin.at)
    return said


def _by_readers(session: Session, least: int, at: datetime) -> Said:
    """What enough readers said of one spearhead; who said no spearhead may have meant any."""
    said: Said = {}
    for (call_id, spearhead), readers in sorted(Counter(feedback.all_feedback(session)).items(), key=str):
        if spearhead and readers >= least:
            grades, by = said.get(call_id, ({}, Signed(READERS, "", at)))
            reason = ", ".join(filter(None, [by.reason, f"{spearhead}: {readers}"]))
            said[call_id] = grades | {spearhead: NOT}, by._replace(reason=reason)
    return said


def list_gold(session: Session) -> list[GoldCall]:
    """List every judged call, by its number."""
    by_call = _by_call(session)
    known = _calls(session, by_call)
    return [_gold_call(known[call_id], rows) for call_id, rows in by_call.items()]


def _by_call(session: Session) -> dict[int, list[Judgement]]:
    """Every judgement by its call, the most believed first."""
    by_call: dict[int, list[Judgement]] = {}
    for judgement in judgements.all_judgements(session):
        by_call.setdefault(judgement.call_id, []).append(judgement)
    return {call_id: _by_belief(rows) for call_id, rows in by_call.items()}


def _by_belief(rows: Sequence[Judgement]) -> list[Judgement]:
    return sorted(rows, key=lambda row: list(Origin).index(row.origin))


def _calls(session: Session, ids: Collection[int]) -> dict[int, Call]:
    return {
        call_id: call for some in batches(sorted(ids)) for call_id, call in calls.calls_by_id(session, some).items()
    }


def _gold_call(call: Call, rows: Sequence[Judgement]) -> GoldCall:
    """A call with the grades that count, and its words as the most believed judge read them."""
    grades = _grades(rows)
    return GoldCall(call, Judged(as_document(rows[0].document), grades, frozenset(grades)), tuple(rows))


def _grades(rows: Sequence[Judgement]) -> dict[str, int]:
    """The grades that count: of several for one spearhead, the most believed."""
    grades: dict[str, int] = {}
    for row in reversed(rows):
        grades |= row.grades
    return grades


def judged_here(session: Session) -> list[Judged]:
    """The judged calls, as rules are measured on them."""
    return [gold.judged for gold in list_gold(session)]


def judged_grades(session: Session) -> dict[str, dict[int, int]]:
    """What was judged here: spearhead → call id → grade."""
    by_spearhead: dict[str, dict[int, int]] = {}
    for call_id, rows in _by_call(session).items():
        for key, grade in _grades(rows).items():
            by_spearhead.setdefault(key, {})[call_id] = grade
    return by_spearhead


def judged_and_pinned(session: Session) -> list[Judged]:
    """The judged calls, and beside them the pins on what is not judged, with their calls as they are now."""
    judged, pins = _by_call(session), _by_pins(session)
    known = _calls(session, pins)
    pinned = []
    for call_id, (grades, _) in pins.items():
        left = {key: grade for key, grade in grades.items() if key not in _grades(judged.get(call_id, ()))}
        if left:
            pinned.append(Judged(from_facts(known[call_id]), left, frozenset(left)))
    return judged_here(session) + pinned


def gold_lines(session: Session) -> list[dict[str, Any]]:
    """The judged calls as lines of a file (docs/rules.md, "Calls in a file"), each with who judged it and when."""
    return [
        judged_line(gold.judged) | {"judgedBy": believed.author, "judgedAt": believed.at.isoformat()}
        for gold in list_gold(session)
        for believed in gold.judgements[:1]
    ]


def unjudge(app: App, call: Call, signed: Signed) -> bool:
    """Drop every judgement on a call; False if there was none."""
    with app.db.write() as session:
        before = {"grades": _grades(_by_belief(judgements.judgements_of(session, call.id or 0)))}
        is_gone = judgements.drop_judgements(session, call.id or 0) > 0
        if is_gone:
            audit.append_audit(session, signed, Act.JUDGEMENT_DROPPED, f"call {call.id}", before=before)
    return is_gone
