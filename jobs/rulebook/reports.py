"""Reports on the present rules: dead rules, near misses, words to add, and precision by readers' feedback."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import exp, log, sqrt
from pathlib import Path

from sqlmodel import Session

from db import calls, feedback, strategies
from db.calls import Call, CallStatus
from db.strategies import Level, Rule, Tagging
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.preview import batches
from jobs.rulebook.saving import known_spearhead
from jobs.rulebook.trivial_words import TRIVIAL
from tracker.errors import Code, Refusal
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.evaluate import SQUARELY, Example, Judged, Score, broken, evaluate, read_judged
from tracker.tagging.explain import NearMiss, near_misses
from tracker.tagging.index import OTHER_LANGUAGE, Index, spearhead_scores
from tracker.tagging.lemmas import Lemmas, split_text
from tracker.tagging.search import reach

YEAR = timedelta(days=365)
LEAST_CALLS = 3  # of a spearhead that a suggested word must occur in
LEAST_SHARE = 1 / 3  # of the calls with a suggested word that must be the spearhead's
SHORTEST_WORD = 4  # letters
MOST_OWN_WORDS = 3  # shown with a near miss


@dataclass(frozen=True, slots=True)
class Dead:
    """A rule that matched no call of the last 12 months.

    `read` counts the calls in its language; `words` are typical of its spearhead's calls among them.
    """

    rule: Rule
    read: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """A call just under a spearhead's threshold; `words` of it are typical of the spearhead, but in no rule."""

    call: Call
    miss: NearMiss
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WordWeight:
    """How typical a word is of a spearhead's calls: `inside` counts those that have it, `outside` the other calls.

    `log_odds` is the logarithm of the odds ratio, smoothed by half a call; `z` is it in standard errors (Monroe et al.
    2008, "Fightin' Words", without their prior).
    """

    word: str
    inside: int
    outside: int
    log_odds: float
    z: float

    @property
    def odds_ratio(self) -> float:
        """How many times as likely a call with the word is the spearhead's as one without it."""
        return exp(self.log_odds)


@dataclass(frozen=True, slots=True)
class ReadWord:
    """How one language reads a word: its base form, what else it matches as, and whether a dictionary has it."""

    word: str
    language: str
    base: str
    also: tuple[str, ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class TriedExamples:
    """How many examples there are, and which of them the rules fail."""

    count: int
    unkept: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """Readers' feedback on a rule: calls they were told of because of it, and how many were "not for us"."""

    rule: str
    spearhead: str
    told: int
    not_for_us: int

    @property
    def share(self) -> float:
        """The share of calls told that nobody marked "not for us"; 1 if none was told."""
        return 1 - min(self.not_for_us, self.told) / self.told if self.told else 1.0


@dataclass(slots=True)
class WordCounts:
    """How many calls contain each word: of all calls (`words`) and of each spearhead's (`inside`).

    Words are counted by lemma; `forms` gives each one form to show. `size` and `sizes` count the calls themselves.
    """

    index: Index
    size: int = 0
    words: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    inside: dict[str, Counter[str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)

    def add(self, document: Document, spearheads: Iterable[str]) -> None:
        """Count the words of one call, which belongs to these spearheads."""
        words = _words(document, self.index.lemmas)
        self.size += 1
        self.words.update(words.keys())
        for key in spearheads:
            self.sizes[key] += 1
            self.inside.setdefault(key, Counter()).update(words.keys())
            self.forms |= {lemma: form for lemma, form in words.items() if lemma not in self.forms}

    def typical_words(self, spearhead: str) -> dict[str, WordWeight]:
        """Find words typical of the spearhead's calls but in none of its rules: lemma → weight, strongest first."""
        known, beginnings = known_words(self.index, spearhead)
        inside, size = self.inside.get(spearhead, Counter()), self.sizes[spearhead]
        weights = {
            lemma: word_weight(self.forms[lemma], count, self.words[lemma] - count, size, self.size - size)
            for lemma, count in inside.items()
            if count >= max(LEAST_CALLS, LEAST_SHARE * self.words[lemma])
            if lemma not in known and not lemma.startswith(beginnings)
        }
        trivial = {self.index.lemmas.lemma(word, language) for word in TRIVIAL for language in LANGUAGES}
        least = beyond_chance(sum(count >= LEAST_CALLS for count in inside.values()))
        strongest = sorted(weights.items(), key=lambda item: (-item[1].z, item[0]))
        return {lemma: weight for lemma, weight in strongest if weight.z > least and lemma not in trivial}


def counted_words(
    session: Session, index: Index, spearheads: Collection[str], since: datetime | None = None, language: str = ""
) -> WordCounts:
    """Count the words of the archive's calls; a call is a spearhead's if it is tagged with it or pinned to it."""
    counts = WordCounts(index)
    tagged = {key: strategies.tagged_calls(session, key) for key in spearheads}
    for call in calls.calls_to_try(session, since=since):
        if language in ("", call.language):
            counts.add(from_facts(call), [key for key, ids in tagged.items() if call.id in ids])
    return counts


def tried_examples(session: Session, compiled: CompiledRules) -> TriedExamples:
    """Try every example on the present rules."""
    examples = kept_examples(session)
    return TriedExamples(len(examples), broken(compiled.index(session)[0], examples))


def judged_in(file: Path, lemmas: Lemmas) -> list[Judged]:
    """Read the judged calls of a file, one JSON object per line; Refusal if it is no such file, or empty."""
    try:
        judged = read_judged(file.read_text(encoding="utf-8").splitlines(), lemmas)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refusal(Code.NOT_JUDGED_CALLS, file=file, why=str(error)) from None
    if not judged:
        raise Refusal(Code.NO_JUDGED_CALLS, file=file)
    return judged


def evaluation_scores(index: Index, judged: Iterable[Judged]) -> dict[str, Score]:
    """Score how well each spearhead's rules tag these calls."""
    return evaluate(
        index, judged, [key for key, spearhead in index.spearheads.items() if spearhead.level == Level.SPEARHEAD]
    )


def dead_rules(session: Session, compiled: CompiledRules, now: datetime) -> list[Dead]:
    """Find the enabled rules of switched-on spearheads that match no call first seen in the last 12 months."""
    index, _ = compiled.index(session)
    matching: set[str] = set()
    for call in calls.calls_to_try(session, since=now - YEAR):
        matching.update(hit.rule.key for score in spearhead_scores(index, from_facts(call)) for hit in score.hits)
    rules = [rule for rule in index.rulebook.rules if rule.enabled and rule.spearhead in index.spearheads]
    dead = [rule for rule in rules if rule.key not in matching]
    counts = {}
    for language in sorted({rule.language or "" for rule in dead}):
        keys = {rule.spearhead for rule in dead if (rule.language or "") == language}
        counts[language] = counted_words(session, index, keys, now - YEAR, language)
    by_rule = [(rule, counts[rule.language or ""]) for rule in dead]
    return [Dead(rule, of_language.size, _first_words(of_language, rule)) for rule, of_language in by_rule]


def _first_words(counts: WordCounts, rule: Rule, most: int = 5) -> tuple[str, ...]:
    return tuple(weight.word for weight in list(counts.typical_words(rule.spearhead).values())[:most])


def missed_calls(session: Session, compiled: CompiledRules, since: datetime, spearhead: str = "") -> list[Missed]:
    """Find the calls first seen since then, not over and not pinned, that narrowly miss a spearhead; nearest first.

    Looks at every spearhead if none is named; NotFound if there is no such spearhead.
    """
    if spearhead:
        known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    pinned = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    misses = [
        (call, miss)
        for call in calls.calls_to_try(session, since=since)
        if call.status is not CallStatus.CLOSED and call.withdrawn_at is None
        for miss in near_misses(index, from_facts(call))
        if spearhead in ("", miss.spearhead) and (call.id, miss.spearhead) not in pinned
    ]
    keys = {miss.spearhead for _, miss in misses}
    counts = counted_words(session, index, keys)
    typical = {key: counts.typical_words(key) for key in keys}
    missed = [Missed(call, miss, _own_words(call, typical[miss.spearhead], index.lemmas)) for call, miss in misses]
    return sorted(missed, key=lambda row: (row.miss.missing, row.call.id or 0))


def _own_words(call: Call, typical: Mapping[str, WordWeight], lemmas: Lemmas) -> tuple[str, ...]:
    """Pick the call's words that are typical of the spearhead, strongest first."""
    forms = _words(from_facts(call), lemmas)
    return tuple([forms[lemma] for lemma in typical if lemma in forms][:MOST_OWN_WORDS])


def suggested(
    session: Session, compiled: CompiledRules, spearhead: str, most: int, judged: Path | None = None
) -> list[WordWeight]:
    """Suggest words typical of a spearhead's calls that its rules do not look for yet, strongest first.

    Its calls are those tagged with it or pinned to it; a call pinned away counts with the rest. `judged` is a file
    of more calls. NotFound if there is no such spearhead.
    """
    known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    counts = counted_words(session, index, [spearhead])
    for call in judged_in(judged, compiled.lemmas) if judged else ():
        counts.add(call.document, [spearhead] if call.grades.get(spearhead, 0) == SQUARELY else [])
    return list(counts.typical_words(spearhead).values())[:most]


def precision(session: Session) -> list[Precision]:
    """Score every rule by readers' "not for us", the worst first.

    Only a rule that matches the call now counts: each reader whom a mail told of the call for the rule's spearhead
    speaks for it, each "not for us" against it.
    """
    pairs = feedback.told_pairs(session)
    told = sorted({reader for _, reader in pairs})
    wants = {k: v for batch in batches(told) for k, v in feedback.spearheads_followed(session, batch).items()}
    unwanted = feedback.all_feedback(session)
    taggings = _taggings(session, sorted({call for call, _ in (*pairs, *unwanted)}))
    times_told: Counter[tuple[str, str]] = Counter()
    sent_back: Counter[tuple[str, str]] = Counter()
    for call, reader in pairs:
        times_told.update(
            key for tag in taggings.get(call, ()) if tag.spearhead in wants[reader] for key in _rules(tag)
        )
    for call, spearhead in unwanted:
        blamed = [tag for tag in taggings.get(call, ()) if spearhead in (None, tag.spearhead)]
        sent_back.update(key for tag in blamed for key in _rules(tag))
    scores = [Precision(*key, times_told[key], sent_back[key]) for key in times_told.keys() | sent_back.keys()]
    return sorted(scores, key=lambda score: (score.share, -score.told, score.rule))


def _taggings(session: Session, ids: list[int]) -> dict[int, list[Tagging]]:
    return {call: tags for batch in batches(ids) for call, tags in strategies.taggings_of(session, batch).items()}


def _rules(tagging: Tagging) -> set[tuple[str, str]]:
    """Return the matching rules of a tagging, each with its spearhead: (rule, spearhead)."""
    return {(str(matched["rule"]), tagging.spearhead) for matched in tagging.evidence}


def known_words(index: Index, spearhead: str) -> tuple[set[str], tuple[str, ...]]:
    """Collect what the spearhead's rules already look for: words, and beginnings of words."""
    rules = [rule for rule in index.rulebook.rules if rule.spearhead == spearhead and rule.enabled]
    words = {word for rule in rules for group in reach(rule, index.lemmas).groups for word in group}
    return words, tuple(word[:-1] for word in words if word.endswith("*"))


def beyond_chance(words: int) -> float:
    """How many standard errors the most remarkable of so many words is away by chance alone; a typical one is more."""
    return sqrt(2 * log(words)) if words > 1 else 0.0


def word_weight(word: str, inside: int, outside: int, all_inside: int, all_outside: int) -> WordWeight:
    """Weigh a word by how many calls have it, of all calls inside and outside the spearhead."""
    with_it, without = (inside + 0.5, outside + 0.5), (all_inside - inside + 0.5, all_outside - outside + 0.5)
    log_odds = log(with_it[0] / without[0]) - log(with_it[1] / without[1])
    error = sqrt(sum(1 / count for count in (*with_it, *without)))
    return WordWeight(word, inside, outside, log_odds, log_odds / error)


def _words(document: Document, lemmas: Lemmas) -> dict[str, str]:
    """Return the lemmas of a document, each with one of its forms: lemma → form."""
    words, _ = split_text(f"{document.title}\n{document.text}")
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    forms = {word.lower() for word in words if len(word) >= SHORTEST_WORD and word.isalpha()}
    return {lemmas.lemma(word, language): word for word in sorted(forms)}


def read_words(lemmas: Lemmas, words: Iterable[str]) -> list[ReadWord]:
    """Show how each language reads these words."""
    return [_read(lemmas, word, language) for word in words for language in LANGUAGES]


def _read(lemmas: Lemmas, word: str, language: str) -> ReadWord:
    base, *also = lemmas.analyse(word, language)
    return ReadWord(word, language, base, tuple(also), lemmas.is_known(word, language))
