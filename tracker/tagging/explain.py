"""Explain tags: the words that gave a call its tag, and the rules that would have given it one.

Rules are put into plain words by `tracker.tagging.language`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from db.strategies import Rule, Weight
from tracker.tagging.documents import Document
from tracker.tagging.evidence import Evidence
from tracker.tagging.index import Index, SpearheadScore, spearhead_scores
from tracker.tagging.matching import Hits, Node

MOST_WORDS = 5
MOST_IN_PLACE = 3
NO_WORDS = frozenset({"id", "source"})  # fields in which no words of the call stand
CLOSE = 2  # points under the threshold that are still a near miss


class WordPlace(NamedTuple):
    """Where words stand: a field of the rule language, the heading above them, and whether hits count half there."""

    field: str
    under: str
    further_down: bool


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """A rule that would have tagged the call, and how many of its words the call has."""

    rule: Rule
    present: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A spearhead just under its threshold, with the words that matched and the rules that would have been enough."""

    spearhead: str
    score: int
    missing: int  # points; 0 if only weak rules match
    words: tuple[str, ...]
    would_do: tuple[CandidateRule, ...]


def quoted_words(evidence: Iterable[Evidence | Mapping[str, Any]], most: int = MOST_WORDS) -> tuple[str, ...]:
    """List the words that matched, as written in the call: strongest rule first, title before text.

    Each appears once, whatever its case; words within longer quotes are left out, and so are codes and sources where
    there are words. Evidence may be the value or its stored mapping.
    """
    rows = [matched._asdict() if isinstance(matched, Evidence) else matched for matched in evidence]
    rows.sort(key=lambda row: (-row["points"], _FIELD_ORDER.get(row["field"], len(_FIELD_ORDER))))
    worded = [row for row in rows if row["field"] not in NO_WORDS] or rows
    by_folded: dict[str, str] = {}
    for row in worded:
        for words in row["words"]:
            by_folded.setdefault(" ".join(words.casefold().split()), " ".join(words.split()))
    outermost = [
        key for key in by_folded if not any(key != other and f" {key} " in f" {other} " for other in by_folded)
    ]
    return tuple(by_folded[key] for key in outermost[:most])


def words_by_place(
    evidence: Iterable[Mapping[str, Any]], most: int = MOST_IN_PLACE
) -> dict[WordPlace, tuple[str, ...]]:
    """Sort the words of stored evidence by where they stand: the title first, what counts half last."""
    found: dict[WordPlace, dict[str, str]] = {}
    for row in evidence:
        place = WordPlace(row["field"], row.get("under", ""), row.get("further_down", False))
        for words in row["words"]:
            found.setdefault(place, {}).setdefault(" ".join(words.casefold().split()), " ".join(words.split()))
    in_order = sorted(found, key=lambda place: (place.further_down, _FIELD_ORDER.get(place.field, len(_FIELD_ORDER))))
    return {place: tuple(found[place].values())[:most] for place in in_order}


def near_misses(index: Index, document: Document, close: int = CLOSE) -> tuple[NearMiss, ...]:
    """Find the spearheads that a document misses by at most `close` points, or only because all its hits are weak.

    Nearest first.
    """
    misses = [
        _near_miss(index, score, document)
        for score in spearhead_scores(index, document)
        if not score.is_tagged and score.score > 0 and score.spearhead.threshold - score.score <= close
    ]
    return tuple(sorted(misses, key=lambda miss: miss.missing))


def _near_miss(index: Index, score: SpearheadScore, document: Document) -> NearMiss:
    missing = max(0, score.spearhead.threshold - score.score)
    return NearMiss(
        spearhead=score.spearhead.key,
        score=score.score,
        missing=missing,
        words=quoted_words(score.evidence),
        would_do=would_have_tagged(index, score, document),
    )


def would_have_tagged(
    index: Index, score: SpearheadScore, document: Document, most: int = 3
) -> tuple[CandidateRule, ...]:
    """Find rules that do not match but would be enough; those with most of their words in the document come first."""
    missing = score.spearhead.threshold - score.score
    matching = {hit.rule.key for hit in score.hits}
    needs_more_than_weak = all(hit.rule.weight == Weight.WEAK for hit in score.hits)
    rules = index.reader(document.language).rules_of(score.spearhead.key)
    enough = [
        CandidateRule(rule, _present(node, score.places))
        for rule, node in rules
        if rule.key not in matching
        and rule.weight.points >= missing
        and (rule.weight > Weight.WEAK or not needs_more_than_weak)
    ]
    return tuple(
        sorted(enough, key=lambda candidate: (-candidate.present, -candidate.rule.weight, candidate.rule.key))[:most]
    )


def _present(node: Node, places: Hits) -> int:
    return sum(term in places for term in node.terms)


_FIELD_ORDER = {"title": 0, "text": 1, "call": 2, "destination": 3, "context": 4}
