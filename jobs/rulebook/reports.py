"""What the rules as they stand do to the archive and to readers: the dead ones, near misses, words to add, precision.

Does not change a rule (`jobs.rulebook.saving`) or print.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log, sqrt
from pathlib import Path

from sqlmodel import Session

from db import calls, feedback, strategies, subscribers
from db.calls import Call, CallStatus
from db.strategies import Level, Rule, Tagging
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.preview import batches
from jobs.rulebook.saving import known_spearhead
from tracker.errors import Code, Refusal
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import SQUARELY, Example, Judged, Score, broken, evaluate, read_judged
from tracker.tagging.explain import NearMiss, near_misses
from tracker.tagging.index import OTHER_LANGUAGE, Index, spearhead_scores
from tracker.tagging.lemmas import Lemmas, split_text
from tracker.tagging.search import reach

YEAR = timedelta(days=365)
LEAST_CALLS = 3  # that a suggested word must stand in
LEAST_SHARE = 1 / 3  # of the calls that have a suggested word, so many are the spearhead's
SHORTEST_WORD = 4
MOST_OWN_WORDS = 3  # named of a near miss


@dataclass(frozen=True, slots=True)
class Dead:
    """A rule that held for no call of the last 12 months.

    `read` is how many calls there were in its language, and `words` are what its spearhead's calls among them have.
    """

    rule: Rule
    read: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """A call just under a spearhead's threshold; `words` are its own that tell the spearhead and that no rule has."""

    call: Call
    miss: NearMiss
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word by how much it sets a spearhead's calls apart: the calls that have it among them and among the rest.

    `log_odds` is the logarithm of the odds ratio, smoothed by half a call; `z` is it in standard errors (Monroe et al.
    2008, "Fightin' Words", without their prior).
    """

    word: str
    inside: int
    outside: int
    log_odds: float
    z: float


@dataclass(frozen=True, slots=True)
class ReadWord:
    """A word as one language reads it: its base form, what else it matches by, and whether a dictionary has it."""

    word: str
    language: str
    base: str
    also: tuple[str, ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class TriedExamples:
    """How many examples there are, and those that the rules do not keep."""

    count: int
    unkept: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """A rule by what readers said: of so many calls told to somebody for it, so many were "not for us"."""

    rule: str
    spearhead: str
    told: int
    not_for_us: int

    @property
    def share(self) -> float:
        """The part that nobody sent back; 1 where nothing was told."""
        return 1 - min(self.not_for_us, self.told) / self.told if self.told else 1.0


@dataclass(slots=True)
class WordCounts:
    """In how many calls a word stands (by its lemma): of all calls, and of each spearhead's. `forms` are to show."""

    index: Index
    size: int = 0
    words: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    inside: dict[str, Counter[str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)

    def add(self, document: Document, spearheads: Iterable[str]) -> None:
        """Count one call, which is these spearheads'."""
        words = _words(document, self.index.lemmas)
        self.size += 1
        self.words.update(words.keys())
        for key in spearheads:
            self.sizes[key] += 1
            self.inside.setdefault(key, Counter()).update(words.keys())
            self.forms |= {lemma: form for lemma, form in words.items() if lemma not in self.forms}

    def telling(self, spearhead: str) -> dict[str, WordWeight]:
        """The words (by lemma) that tell the spearhead's calls and that its rules do not look for, strongest first."""
        known, beginnings = known_words(self.index, spearhead)
        inside, size = self.inside.get(spearhead, Counter()), self.sizes[spearhead]
        told = {
            lemma: word_weight(self.forms[lemma], count, self.words[lemma] - count, size, self.size - size)
            for lemma, count in inside.items()
            if count >= max(LEAST_CALLS, LEAST_SHARE * self.words[lemma])
            if lemma not in known and not lemma.startswith(beginnings)
        }
        strongest = sorted(told.items(), key=lambda item: (-item[1].z, item[0]))
        return {lemma: one for lemma, one in strongest if one.z > 0}


def counted_words(
    session: Session, index: Index, spearheads: Collection[str], since: datetime | None = None, language: str = ""
) -> WordCounts:
    """The words of the archive's calls; a call is a spearhead's if it is tagged or pinned in."""
    counts = WordCounts(index)
    tagged = {key: strategies.tagged_calls(session, key) for key in spearheads}
    for call in calls.calls_to_try(session, since=since):
        if language in ("", call.language):
            counts.add(from_facts(call), [key for key, ids in tagged.items() if call.id in ids])
    return counts


def tried_examples(session: Session, compiled: CompiledRules) -> TriedExamples:
    """Every example, tried on the rules as they stand."""
    examples = kept_examples(session)
    return TriedExamples(len(examples), broken(compiled.index(session)[0], examples))


def judged_in(file: Path) -> list[Judged]:
    """The judged calls of a file, one JSON object a line. Refusal where it is no such file, or empty."""
    try:
        judged = read_judged(file.read_text(encoding="utf-8").splitlines())
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refusal(Code.NOT_JUDGED_CALLS, file=file, why=str(error)) from None
    if not judged:
        raise Refusal(Code.NO_JUDGED_CALLS, file=file)
    return judged


def evaluation_scores(index: Index, judged: Iterable[Judged]) -> dict[str, Score]:
    """How well each spearhead's rules tag these calls."""
    return evaluate(index, judged, [key for key, one in index.spearheads.items() if one.level == Level.SPEARHEAD])


def dead_rules(session: Session, compiled: CompiledRules, now: datetime) -> list[Dead]:
    """The enabled rules of switched-on spearheads that hold for no call first seen in the last 12 months."""
    index, _ = compiled.index(session)
    holding: set[str] = set()
    for call in calls.calls_to_try(session, since=now - YEAR):
        holding.update(hit.rule.key for one in spearhead_scores(index, from_facts(call)) for hit in one.hits)
    rules = [one for one in index.rulebook.rules if one.enabled and one.spearhead in index.spearheads]
    dead = [rule for rule in rules if rule.key not in holding]
    told = {}
    for language in sorted({rule.language or "" for rule in dead}):
        keys = {rule.spearhead for rule in dead if (rule.language or "") == language}
        told[language] = counted_words(session, index, keys, now - YEAR, language)
    return [Dead(rule, told[rule.language or ""].size, _first_words(told[rule.language or ""], rule)) for rule in dead]


def _first_words(counts: WordCounts, rule: Rule, most: int = 5) -> tuple[str, ...]:
    return tuple(one.word for one in list(counts.telling(rule.spearhead).values())[:most])


def missed_calls(session: Session, compiled: CompiledRules, since: datetime, spearhead: str = "") -> list[Missed]:
    """The calls first seen since then, and not over, that miss a spearhead narrowly and have no pin; nearest first.

    NotFound where there is no such spearhead; of every spearhead, if none is named.
    """
    if spearhead:
        known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    pinned = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    found = [
        (call, miss)
        for call in calls.calls_to_try(session, since=since)
        if call.status is not CallStatus.CLOSED and call.withdrawn_at is None
        for miss in near_misses(index, from_facts(call))
        if spearhead in ("", miss.spearhead) and (call.id, miss.spearhead) not in pinned
    ]
    keys = {miss.spearhead for _, miss in found}
    counts = counted_words(session, index, keys)
    told = {key: counts.telling(key) for key in keys}
    missed = [Missed(call, miss, _own_words(call, told[miss.spearhead], index.lemmas)) for call, miss in found]
    return sorted(missed, key=lambda one: (one.miss.missing, one.call.id or 0))


def _own_words(call: Call, told: Mapping[str, WordWeight], lemmas: Lemmas) -> tuple[str, ...]:
    """The call's own words that tell the spearhead, strongest first."""
    own = _words(from_facts(call), lemmas)
    return tuple([own[lemma] for lemma in told if lemma in own][:MOST_OWN_WORDS])


def suggested(
    session: Session, compiled: CompiledRules, spearhead: str, most: int, judged: Iterable[Judged] = ()
) -> list[WordWeight]:
    """The words that tell a spearhead's calls from the rest and that its rules do not look for yet, strongest first.

    Its calls are those tagged or pinned in; one that is pinned out is with the rest. `judged` are more, from outside.
    NotFound where there is no such spearhead.
    """
    known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    counts = counted_words(session, index, [spearhead])
    for one in judged:
        counts.add(one.document, [spearhead] if one.grades.get(spearhead, 0) == SQUARELY else [])
    return list(counts.telling(spearhead).values())[:most]


def precision(session: Session) -> list[Precision]:
    """Every rule by readers' "not for us", the worst first.

    A rule is charged with a call, and credited with each reader whom a mail told of it for its spearhead, if it holds
    for the call now.
    """
    pairs = feedback.told_pairs(session)
    wants = _wants(session, sorted({reader for _, reader in pairs}))
    unwanted = feedback.all_feedback(session)
    taggings = _taggings(session, sorted({call for call, _ in (*pairs, *unwanted)}))
    told: Counter[tuple[str, str]] = Counter()
    sent_back: Counter[tuple[str, str]] = Counter()
    for call, reader in pairs:
        told.update(key for tag in taggings.get(call, ()) if tag.spearhead in wants[reader] for key in _rules(tag))
    for call, spearhead in unwanted:
        held = [tag for tag in taggings.get(call, ()) if spearhead in (None, tag.spearhead)]
        sent_back.update(key for tag in held for key in _rules(tag))
    found = [Precision(*key, told[key], sent_back[key]) for key in told.keys() | sent_back.keys()]
    return sorted(found, key=lambda one: (one.share, -one.told, one.rule))


def _wants(session: Session, readers: list[int]) -> dict[int, set[str]]:
    """The spearheads that each reader follows."""
    wants: dict[int, set[str]] = {reader: set() for reader in readers}
    for some in batches(readers):
        for reader, interests in subscribers.interests_of(session, some).items():
            wants[reader].update(key for interest in interests for key in interest.spearheads)
    return wants


def _taggings(session: Session, ids: list[int]) -> dict[int, list[Tagging]]:
    return {call: tags for some in batches(ids) for call, tags in strategies.taggings_of(session, some).items()}


def _rules(tagging: Tagging) -> set[tuple[str, str]]:
    """The rules that hold, each with the spearhead."""
    return {(str(one["rule"]), tagging.spearhead) for one in tagging.evidence}


def known_words(index: Index, spearhead: str) -> tuple[set[str], tuple[str, ...]]:
    """What the spearhead's rules look for already: words, and beginnings of words."""
    rules = [rule for rule in index.rulebook.rules if rule.spearhead == spearhead and rule.enabled]
    words = {word for rule in rules for group in reach(rule, index.lemmas).groups for word in group}
    return words, tuple(word[:-1] for word in words if word.endswith("*"))


def word_weight(word: str, inside: int, outside: int, all_inside: int, all_outside: int) -> WordWeight:
    """How much a word tells, by the calls that have it among so many inside and outside."""
    with_it, without = (inside + 0.5, outside + 0.5), (all_inside - inside + 0.5, all_outside - outside + 0.5)
    log_odds = log(with_it[0] / without[0]) - log(with_it[1] / without[1])
    error = sqrt(sum(1 / count for count in (*with_it, *without)))
    return WordWeight(word, inside, outside, log_odds, log_odds / error)


def _words(document: Document, lemmas: Lemmas) -> dict[str, str]:
    """The lemmas of a document, each with one of its forms."""
    words, _ = split_text(f"{document.title}\n{document.text}")
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    told = {word.lower() for word in words if len(word) >= SHORTEST_WORD and word.isalpha()}
    return {lemmas.lemma(word, language): word for word in sorted(told)}


def read_words(lemmas: Lemmas, words: Iterable[str]) -> list[ReadWord]:
    """How each language reads these words."""
    return [_read(lemmas, word, language) for word in words for language in LANGUAGES]


def _read(lemmas: Lemmas, word: str, language: str) -> ReadWord:
    base, *also = lemmas.analyse(word, language)
    return ReadWord(word, language, base, tuple(also), lemmas.is_known(word, language))
