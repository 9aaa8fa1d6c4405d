"""Why a call has a tag, and what would have given it one, in words that readers and admins understand.

Does not match (`tracker.tagging.index`) or translate; rules are told in plain words by `tracker.tagging.language`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from db.strategies import Rule, Weight
from tracker.tagging.documents import Document
from tracker.tagging.evidence import Evidence
from tracker.tagging.index import Index, SpearheadScore, spearhead_scores
from tracker.tagging.matching import Hits, Node

MOST_WORDS = 5
CLOSE = 2  # points under the threshold that are still a near miss


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """A rule that would have tagged the call, and how many of its words the call has already."""

    rule: Rule
    present: int


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A spearhead just under its threshold: its score, what is missing, the words that matched, the nearest rules."""

    spearhead: str
    score: int
    missing: int  # points; 0 where only weak rules hold
    words: tuple[str, ...]
    would_do: tuple[CandidateRule, ...]


def quoted_words(evidence: Iterable[Evidence | Mapping[str, Any]], most: int = MOST_WORDS) -> tuple[str, ...]:
    """The words that matched, as they stand in the call: strongest rule first, the title's before the text's.

    Each once, whatever its case; words within longer quoted ones are left out, and codes too where there are words.
    Evidence may be the value or the mapping that was stored of it.
    """
    rows = [one._asdict() if isinstance(one, Evidence) else one for one in evidence]
    rows.sort(key=lambda row: (-row["points"], _FIELD_ORDER.get(row["field"], len(_FIELD_ORDER))))
    worded = [row for row in rows if row["field"] != "id"] or rows
    found: dict[str, str] = {}
    for row in worded:
        for words in row["words"]:
            found.setdefault(" ".join(words.casefold().split()), " ".join(words.split()))
    kept = [key for key in found if not any(key != other and f" {key} " in f" {other} " for other in found)]
    return tuple(found[key] for key in kept[:most])


def near_misses(index: Index, document: Document, close: int = CLOSE) -> tuple[NearMiss, ...]:
    """The spearheads that the document misses by at most `close` points, or by weak hits alone; nearest first."""
    found = [
        _near_miss(index, standing, document)
        for standing in spearhead_scores(index, document)
        if not standing.is_tagged and standing.score > 0 and standing.spearhead.threshold - standing.score <= close
    ]
    return tuple(sorted(found, key=lambda miss: miss.missing))


def _near_miss(index: Index, standing: SpearheadScore, document: Document) -> NearMiss:
    missing = max(0, standing.spearhead.threshold - standing.score)
    return NearMiss(
        spearhead=standing.spearhead.key,
        score=standing.score,
        missing=missing,
        words=quoted_words(standing.evidence),
        would_do=_would_do(index, standing, document, missing),
    )


def _would_do(
    index: Index, standing: SpearheadScore, document: Document, missing: int, most: int = 3
) -> tuple[CandidateRule, ...]:
    """Rules that do not hold, would be enough, and have most of their words in the document."""
    holding = {hit.rule.key for hit in standing.hits}
    needs_more_than_weak = all(hit.rule.weight == Weight.WEAK for hit in standing.hits)
    rules = index.reader(document.language).rules_of(standing.spearhead.key)
    enough = [
        CandidateRule(rule, _present(node, standing.places))
        for rule, node in rules
        if rule.key not in holding
        and rule.weight >= missing
        and (rule.weight > Weight.WEAK or not needs_more_than_weak)
    ]
    return tuple(sorted(enough, key=lambda one: (-one.present, -one.rule.weight, one.rule.key))[:most])


def _present(node: Node, places: Hits) -> int:
    return sum(term in places for term in node.terms)


_FIELD_ORDER = {"title": 0, "text": 1, "call": 2, "destination": 3}
