"""One reading in full, for whoever judges it: how far its calls came, the believed one before it, and its pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlmodel import Session

from db import runs
from db.runs import Run
from jobs.base.app import App
from jobs.base.runs import run_of
from jobs.collecting.quarantine import undecided
from tracker import sources
from tracker.errors import NotFound, Noun
from tracker.readings.counts import Counts, counts_of
from tracker.readings.page_archive import ReceivedAnswer, kept_answers, kept_body
from tracker.sources import Source


class Stage(StrEnum):
    """How far a call came in a reading."""

    LISTED = "listed"  # the publisher said that there is one
    CAME = "came"
    PARSED = "parsed"
    CHANGED = "changed"  # against what is stored
    STORED = "stored"


@dataclass(frozen=True, slots=True)
class OneReading:
    """A reading of a source. `before` are the figures of the believed reading before it; None if there is none."""

    run: Run
    source: Source
    counts: Counts
    stages: tuple[tuple[Stage, int], ...]
    before: Counts | None
    answers: Sequence[ReceivedAnswer]
    waits: bool  # for a person to accept or reject it


def one_reading(session: Session, app: App, run_id: int) -> OneReading:
    """A reading by its number. NotFound if there is none; ParseError if the list of its pages is damaged."""
    run = reading_of_source(session, app, run_id)
    counts, source = counts_of(run.counts), sources.module_of(str(run.subject), app.settings.sources).SOURCE
    believed = runs.believed_before(session, source.key, run_id)
    return OneReading(
        run,
        source,
        counts,
        _stages(run, counts),
        counts_of(believed.counts) if believed else None,
        kept_answers(app.files, source.key, str(run_id)),
        any(run_id == waiting.id for waiting in undecided(session, app)),
    )


def reading_of_source(session: Session, app: App, run_id: int) -> Run:
    """The run with this number, if it read a source that we know. NotFound otherwise."""
    run = run_of(session, run_id)
    if run.job != "collect" or run.subject not in sources.modules(app.settings.sources):
        raise NotFound(Noun.RUN, run_id)
    return run


def page_as_received(session: Session, app: App, run_id: int, number: int) -> bytes:
    """What a publisher answered, by its place in the list of a reading's pages. NotFound; ParseError where damaged."""
    run = reading_of_source(session, app, run_id)
    answers = kept_answers(app.files, str(run.subject), str(run_id))
    if not 1 <= number <= len(answers):
        raise NotFound(Noun.RUN, f"{run_id}/{number}")
    return kept_body(app.files, str(run.subject), str(run_id), answers[number - 1].file)


def _stages(run: Run, counts: Counts) -> tuple[tuple[Stage, int], ...]:
    announced = [scan.distinct if scan.announced is None else scan.announced for scan in counts.scans.values()]
    return (
        (Stage.LISTED, sum(announced) or counts.calls),
        (Stage.CAME, counts.calls),
        (Stage.PARSED, counts.calls - counts.unread),
        (Stage.CHANGED, counts.changed),
        (Stage.STORED, run.counts.get("versions", 0)),
    )
