"""Try a text on the present rules: the spearheads that it gets and why, and those that it misses and why not."""

from dataclasses import dataclass

from sqlmodel import Session

from db.strategies import Spearhead
from jobs.base.compiled_rules import CompiledRules
from jobs.publishing.catalogue import one_call
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.explain import CandidateRule, WordPlace, words_by_place, would_have_tagged
from tracker.tagging.index import SpearheadScore, spearhead_scores
from tracker.tagging.lemmas import split_text

MOST_TEXT = 50_000  # characters


@dataclass(frozen=True, slots=True)
class TriedSpearhead:
    """How a text scores for a spearhead: its points, from which rules, by which words, and what would have been enough.

    `hits` are (rule, points); `would_do` is empty for a spearhead that the text gets.
    """

    spearhead: Spearhead
    is_tagged: bool
    points: int
    hits: tuple[tuple[str, float], ...]
    words: tuple[tuple[WordPlace, tuple[str, ...]], ...]
    would_do: tuple[CandidateRule, ...]

    @property
    def missing(self) -> int:
        """The points that are missing; 0 also where only weak rules matched, which never tag alone."""
        return max(0, self.spearhead.threshold - self.points)


@dataclass(frozen=True, slots=True)
class TriedText:
    """A text that was tried, as it was read, and its spearheads, the strongest first."""

    document: Document
    scores: tuple[TriedSpearhead, ...]


def try_text(session: Session, compiled: CompiledRules, title: str, text: str, language: str = "") -> TriedText:
    """Try words on the rules. Without a language, the words themselves tell it."""
    spoken = language or compiled.lemmas.language_of(split_text(f"{title} {text}")[0])
    return _tried(session, compiled, Document(id="", title=title, text=text[:MOST_TEXT], language=spoken))


def try_call(session: Session, compiled: CompiledRules, name: str) -> TriedText:
    """Try a call of the archive, by its id or its publisher's identifier; NotFound if there is none."""
    return _tried(session, compiled, from_facts(one_call(session, name)))


def _tried(session: Session, compiled: CompiledRules, document: Document) -> TriedText:
    index, _ = compiled.index(session)
    found = spearhead_scores(index, document)
    tried = [_spearhead(score, () if score.is_tagged else would_have_tagged(index, score, document)) for score in found]
    return TriedText(document, tuple(sorted(tried, key=lambda one: (not one.is_tagged, -one.points))))


def _spearhead(score: SpearheadScore, would_do: tuple[CandidateRule, ...]) -> TriedSpearhead:
    places = words_by_place([row._asdict() for row in score.evidence])
    return TriedSpearhead(
        spearhead=score.spearhead,
        is_tagged=score.is_tagged,
        points=score.score,
        hits=tuple((hit.rule.key, hit.points) for hit in score.hits),
        words=tuple(places.items()),
        would_do=would_do,
    )
