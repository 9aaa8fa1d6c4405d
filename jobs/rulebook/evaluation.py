"""Evaluation: try rules on sets of judged calls, compare with the last time, and remember how they did.

The arithmetic is `tracker.tagging.evaluate`, the edits that mend a mistake `tracker.tagging.mending`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from db import evaluations
from db.evaluations import Evaluation
from jobs.base.app import App
from jobs.rulebook.gold import judged_here
from tracker.errors import Code, Refusal
from tracker.tagging.evaluate import Judged, Score, evaluate, judged_spearheads, read_judged
from tracker.tagging.index import Index
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.mending import Mistake, mistakes

GOLD = "gold"  # the name of the set that is judged here


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A set of judged calls, by the name under which its last evaluation is remembered."""

    name: str
    judged: Sequence[Judged]


@dataclass(frozen=True, slots=True)
class LastTime:
    """How rules did on a set when it was last tried."""

    at: datetime
    same_rules: bool
    calls: int
    scores: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class EvaluatedSet:
    """How rules do on a set, by spearhead and micro; what is wrong, and how it was last time, if that is known."""

    name: str
    calls: int
    scores: Mapping[str, Score]
    mistakes: Sequence[Mistake]
    unknown: Sequence[str]  # what has grades and is no spearhead here
    last: LastTime | None = None


def judged_in(file: Path, lemmas: Lemmas) -> list[Judged]:
    """Read the judged calls of a file, one JSON object per line; Refusal if it is no such file, or empty."""
    try:
        judged = read_judged(file.read_text(encoding="utf-8-sig").splitlines(), lemmas)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refusal(Code.NOT_JUDGED_CALLS, file=file, why=str(error)) from None
    if not judged:
        raise Refusal(Code.NO_JUDGED_CALLS, file=file)
    return judged


def sets_in(files: Sequence[Path], lemmas: Lemmas) -> list[JudgedSet]:
    """Read files of judged calls, each a set of the file's name; of the whole path where two have the same name."""
    names = [file.name for file in files]
    return [
        JudgedSet(file.name if names.count(file.name) == 1 else str(file), judged_in(file, lemmas)) for file in files
    ]


def set_here(session: Session) -> JudgedSet:
    """The calls that were judged here; Refusal if there are none."""
    judged = judged_here(session)
    if not judged:
        raise Refusal(Code.NOTHING_JUDGED)
    return JudgedSet(GOLD, judged)


def evaluated(index: Index, one: JudgedSet, last: LastTime | None = None) -> EvaluatedSet:
    """Try rules on a set; every mistake comes with the edits that mend it."""
    keys = judged_spearheads(index, one.judged)
    scores = evaluate(index, one.judged, keys)
    unknown = sorted({key for call in one.judged for key in call.grades} - index.spearheads.keys())
    return EvaluatedSet(one.name, len(one.judged), scores, mistakes(index, one.judged, keys), unknown, last)


def evaluate_present(app: App, files: Sequence[Path]) -> list[EvaluatedSet]:
    """Try the present rules on these files, or else on what was judged here, and remember how they did."""
    with app.db.read() as session:
        index, rules = app.compiled.index(session)
        sets = sets_in(files, index.lemmas) if files else [set_here(session)]
        last = {one.name: last_time(session, one.name, rules) for one in sets}
    done = [evaluated(index, one, last[one.name]) for one in sets]
    with app.db.write() as session:
        for one in done:
            scores = {key: asdict(score) for key, score in one.scores.items()}
            row = Evaluation(name=one.name, rules=rules, at=app.clock(), calls=one.calls, scores=scores)
            evaluations.put_evaluation(session, row)
    return done


def last_time(session: Session, name: str, rules: str) -> LastTime | None:
    """How a set did when it was last tried; None if it never was."""
    row = evaluations.last_evaluation(session, name)
    if row is None:
        return None
    scores = {
        key: Score(score["hits"], tuple(score["false"]), tuple(score["missed"])) for key, score in row.scores.items()
    }
    return LastTime(row.at, row.rules == rules, row.calls, scores)
