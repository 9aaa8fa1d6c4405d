"""What the rules as they stand do to the archive: the dead ones, near misses, words that would tell a spearhead apart.

Does not change a rule (`jobs.rules`) or print.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log, sqrt

from sqlmodel import Session

from db import calls, strategies
from db.calls import Call, CallStatus
from db.strategies import Rule
from jobs.tagger import Tagger
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.explain import NearMiss, near_misses
from tracker.tagging.index import OTHER_LANGUAGE, Index, standings
from tracker.tagging.lemmas import Lemmas, split_text
from tracker.tagging.search import reach

YEAR = timedelta(days=365)
LEAST_CALLS = 3  # that a suggested word must stand in
SHORTEST_WORD = 4


@dataclass(frozen=True, slots=True)
class Dead:
    """A rule that held for no call of the last 12 months, with words that its spearhead's calls have instead."""

    rule: Rule
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """A call that is just under a spearhead's threshold."""

    call: Call
    miss: NearMiss


@dataclass(frozen=True, slots=True)
class Telling:
    """A word by how much it sets a spearhead's calls apart: the calls that have it among them and among the rest.

    `log_odds` is the logarithm of the odds ratio, smoothed by half a call; `z` is it in standard errors (Monroe et al.
    2008, "Fightin' Words", without their prior).
    """

    word: str
    inside: int
    outside: int
    log_odds: float
    z: float


def dead_rules(session: Session, tagger: Tagger, now: datetime) -> list[Dead]:
    """The enabled rules of switched-on spearheads that hold for no call first seen in the last 12 months."""
    index, _ = tagger.index(session)
    holding: set[str] = set()
    for call in calls.calls_to_try(session, since=now - YEAR):
        holding.update(hit.rule.key for one in standings(index, from_facts(call)) for hit in one.hits)
    rules = [one for one in index.rulebook.rules if one.enabled and one.spearhead in index.spearheads]
    dead = [rule for rule in rules if rule.key not in holding]
    words = {key: tuple(one.word for one in suggested(session, tagger, key, 5)) for key in {r.spearhead for r in dead}}
    return [Dead(rule, words[rule.spearhead]) for rule in dead]


def missed_calls(session: Session, tagger: Tagger, since: datetime, spearhead: str = "") -> list[Missed]:
    """The calls first seen since then, and not over, that miss a spearhead narrowly and have no pin; nearest first."""
    index, _ = tagger.index(session)
    pinned = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    found = [
        Missed(call, miss)
        for call in calls.calls_to_try(session, since=since)
        if call.status is not CallStatus.CLOSED and call.withdrawn_at is None
        for miss in near_misses(index, from_facts(call))
        if spearhead in ("", miss.spearhead) and (call.id, miss.spearhead) not in pinned
    ]
    return sorted(found, key=lambda one: (one.miss.missing, one.call.id or 0))


def suggested(
    session: Session, tagger: Tagger, spearhead: str, most: int, judged: Iterable[tuple[Document, bool]] = ()
) -> list[Telling]:
    """The words that tell a spearhead's calls from the rest and that its rules do not look for yet, strongest first.

    Its calls are those tagged or pinned in; one that is pinned out is with the rest. `judged` are more, from outside.
    """
    index, _ = tagger.index(session)
    tagged = strategies.tagged_calls(session, spearhead)
    stored = ((from_facts(call), call.id in tagged) for call in calls.calls_to_try(session))
    counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    sizes: Counter[bool] = Counter()
    forms: dict[str, Counter[str]] = {}
    for documents in (judged, stored):
        for document, is_inside in documents:
            words = _words(document, index.lemmas)
            sizes[is_inside] += 1
            counts[is_inside].update(words.keys())
            for lemma, form in words.items() if is_inside else ():
                forms.setdefault(lemma, Counter())[form] += 1
    known, beginnings = known_words(index, spearhead)
    told = [
        telling(forms[lemma].most_common(1)[0][0], inside, counts[False][lemma], sizes[True], sizes[False])
        for lemma, inside in counts[True].items()
        if inside >= LEAST_CALLS and lemma not in known and not lemma.startswith(beginnings)
    ]
    return sorted((one for one in told if one.z > 0), key=lambda one: (-one.z, one.word))[:most]


def known_words(index: Index, spearhead: str) -> tuple[set[str], tuple[str, ...]]:
    """What the spearhead's rules look for already: words, and beginnings of words."""
    rules = [rule for rule in index.rulebook.rules if rule.spearhead == spearhead and rule.enabled]
    words = {word for rule in rules for group in reach(rule, index.lemmas).groups for word in group}
    return words, tuple(word[:-1] for word in words if word.endswith("*"))


def telling(word: str, inside: int, outside: int, all_inside: int, all_outside: int) -> Telling:
    """How much a word tells, by the calls that have it among so many inside and outside."""
    with_it, without = (inside + 0.5, outside + 0.5), (all_inside - inside + 0.5, all_outside - outside + 0.5)
    log_odds = log(with_it[0] / without[0]) - log(with_it[1] / without[1])
    error = sqrt(sum(1 / count for count in (*with_it, *without)))
    return Telling(word, inside, outside, log_odds, log_odds / error)


def _words(document: Document, lemmas: Lemmas) -> dict[str, str]:
    """The lemmas of a document, each with one of its forms."""
    words, _ = split_text(f"{document.title}\n{document.text}")
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    told = {word.lower() for word in words if len(word) >= SHORTEST_WORD and word.isalpha()}
    return {lemmas.lemma(word, language): word for word in sorted(told)}
