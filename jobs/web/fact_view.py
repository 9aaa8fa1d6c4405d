"""The first lines of a call's page: by when, how much, who and where; and the terms in them that the glossary explains.

Terms are marked in our own words alone, never in what a publisher wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from db.calls import Call, CallKind, Deadline
from tracker import l10n
from tracker.digests.content import DigestCall
from tracker.emails.call_view import CallView
from tracker.emails.eligibility_view import BETWEEN
from tracker.glossary import Piece, glossary, marked_terms
from tracker.instants import in_zone
from tracker.l10n import N_

PLACE_LENGTH = 120
SHOWN = 4  # cut-offs at once; the others can be opened
MODELS = {
    "two-stage": N_("In two stages"),
    "multiple cut-off": N_("Several cut-off dates"),
    "continuous": N_("Continuous, with cut-off dates"),
}
PORTAL = "portal"
PARTNER_SEARCH = (
    "https://ec.europa.eu/info/funding-tenders/opportunities/portal/screen/how-to-participate/partner-search"
)
Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class CutoffLine:
    """One cut-off in words: in the region's time and in Brussels time (empty where no time is known)."""

    text: str
    brussels: str
    left: str
    stage: int | None
    is_past: bool


@dataclass(frozen=True, slots=True)
class FactLine:
    """One fact; its terms are marked."""

    label: str
    text: Line


@dataclass(frozen=True, slots=True)
class FirstLines:
    """What a reader sees first. `model` is how its cut-offs go together, `when` stands where there are none."""

    what: Line
    model: Line
    when: Line
    cutoffs: tuple[CutoffLine, ...]  # the next ones first, the passed ones last
    shown: int  # of the cut-offs, at once
    facts: tuple[FactLine, ...]
    place: str
    place_is_theirs: bool  # in the words of the call, and not in ours
    partners: str  # where to look for partners; empty where that is not known
    terms: tuple[tuple[str, str, str], ...]  # key, name and explanation of the terms that are marked


class TermMarker:
    """Marks each term of a page where it stands first."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def mark(self, line: str) -> Line:
        """A line in pieces."""
        pieces = tuple(marked_terms(line, self.found))
        self.found += [piece.term for piece in pieces if piece.term]
        return pieces


def first_lines(
    call: Call, told: DigestCall, view: CallView, where: tuple[str, bool], on: date, language: str, zone: ZoneInfo
) -> FirstLines:
    """Word the facts of a call that a reader looks for first, on this day."""
    marker, t = TermMarker(), l10n.catalogue(language)
    cutoffs = tuple(_cutoffs(call, told, on, language, zone))
    model = MODELS.get(call.deadline_model or "", "") if len(cutoffs) > 1 else ""
    is_ahead = not told.is_over and call.kind is CallKind.TOPIC and call.source == PORTAL
    return FirstLines(
        what=tuple(_what(view.what, told, marker)),
        model=marker.mark(t.gettext(model)) if model else (),
        when=() if cutoffs else marker.mark(view.when),
        cutoffs=cutoffs,
        shown=len(cutoffs) if told.two_stage else min(len(told.deadlines), SHOWN) or min(len(cutoffs), 1),
        facts=tuple(_facts(call, view, marker, t.gettext("Consortium"))),
        place=where[0],
        place_is_theirs=where[1],
        partners=PARTNER_SEARCH if is_ahead else "",
        terms=tuple((key, *glossary()[key].in_(language)) for key in marker.found),
    )


def _what(line: str, told: DigestCall, marker: TermMarker) -> Iterator[Piece]:
    """What it is: the programme and the type of action with their terms, and its code; its source is further down."""
    parts = [part for part in line.split(BETWEEN) if part != told.source_name]
    for number, part in enumerate(parts):
        if number:
            yield Piece(BETWEEN)
        yield from (Piece(part),) if part == told.identifier else marker.mark(part)


def _facts(call: Call, view: CallView, marker: TermMarker, consortium: str) -> Iterator[FactLine]:
    """The facts in words; what the publisher wrote is left as it is."""
    is_ours = all(word in l10n.AUDIENCES for word in call.audience)
    for fact in view.facts:
        marked = is_ours and fact.label != consortium
        yield FactLine(fact.label, marker.mark(fact.text) if marked else (Piece(fact.text),))


def _cutoffs(call: Call, told: DigestCall, on: date, language: str, zone: ZoneInfo) -> Iterator[CutoffLine]:
    """Every cut-off: those ahead in their order, then the passed ones, the last of them first."""
    passed = sorted((d for d in call.deadlines if d.on < on), key=lambda d: d.on, reverse=True)
    days = sorted(deadline.on for deadline in call.deadlines)
    for deadline in (*told.deadlines, *passed):
        is_past = deadline.on < on
        yield CutoffLine(
            text=l10n.deadline(deadline, language, zone),
            brussels=_in_brussels(deadline, language, zone),
            left="" if is_past or told.is_over else l10n.days_left((deadline.on - on).days, language),
            stage=deadline.stage or (days.index(deadline.on) + 1 if told.two_stage and len(days) > 1 else None),
            is_past=is_past,
        )


def _in_brussels(deadline: Deadline, language: str, zone: ZoneInfo) -> str:
    """The same instant in Brussels: its time of day, with its day where that is another one."""
    if deadline.at is None or zone == l10n.BRUSSELS or in_zone(deadline.at, zone).date() != deadline.on:
        return ""  # or the cut-off says it already
    return l10n.time_of_day(deadline.at, language, l10n.BRUSSELS)
