"""Reports on the present rules: dead rules, near misses, words to add, and precision by readers' feedback."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session

from db import calls, feedback, rule_points, strategies
from db.calls import Call, CallStatus
from db.rule_usage import rules_at_work
from db.strategies import Rule, Tagging
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.evaluation import judged_in
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.gold import judged_grades
from jobs.rulebook.preview import batches
from jobs.rulebook.saving import known_spearhead
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import from_facts
from tracker.tagging.evaluate import BORDERLINE, NOT, SQUARELY, Example, broken
from tracker.tagging.explain import CLOSE, NearMiss, near_misses
from tracker.tagging.index import Index
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.typical_words import WordCounts, WordWeight, lemma_forms

YEAR = timedelta(days=365)
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


def counted_words(
    session: Session, index: Index, spearheads: Collection[str], since: datetime | None = None, language: str = ""
) -> WordCounts:
    """Count the words of the archive's calls; a call is a spearhead's if it is tagged, pinned or judged so."""
    counts = WordCounts(index)
    judged = judged_grades(session)
    tagged = {key: _calls_of(strategies.tagged_calls(session, key), judged.get(key, {})) for key in spearheads}
    for call in calls.calls_to_try(session, since=since):
        if language in ("", call.language):
            counts.add(from_facts(call), [key for key, ids in tagged.items() if call.id in ids])
    return counts


def _calls_of(tagged: set[int], judged: Mapping[int, int]) -> set[int]:
    """The calls of a spearhead: what was judged stands above the rules."""
    unlike = {call_id for call_id, grade in judged.items() if grade == NOT}
    return tagged - unlike | {call_id for call_id, grade in judged.items() if grade == SQUARELY}


def tried_examples(session: Session, compiled: CompiledRules) -> TriedExamples:
    """Try every example on the present rules."""
    examples = kept_examples(session)
    return TriedExamples(len(examples), broken(compiled.index(session)[0], examples))


def dead_rules(session: Session, compiled: CompiledRules, now: datetime) -> list[Dead]:
    """Find the enabled rules of switched-on spearheads that match no call first seen in the last 12 months."""
    index, _ = compiled.index(session)
    matching = rules_at_work(session, now - YEAR)
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


def missed_calls(
    session: Session, compiled: CompiledRules, since: datetime, spearhead: str = "", *, with_words: bool = True
) -> list[Missed]:
    """Find the calls first seen since then, not over and not pinned, that narrowly miss a spearhead; nearest first.

    Looks at every spearhead if none is named; NotFound if there is no such spearhead. For their words the whole archive
    is read, which takes seconds.
    """
    if spearhead:
        known_spearhead(session, spearhead)
    index, fingerprint = compiled.index(session)
    ids = _nearly_tagged(session, index, fingerprint, since)
    pinned = {(pin.call_id, pin.spearhead) for pin in strategies.all_pins(session)}
    misses = [
        (call, miss)
        for call in calls.calls_to_try(session, ids)
        if call.status is not CallStatus.CLOSED and call.withdrawn_at is None
        for miss in near_misses(index, from_facts(call))
        if spearhead in ("", miss.spearhead) and (call.id, miss.spearhead) not in pinned
    ]
    keys = {miss.spearhead for _, miss in misses} if with_words else set()
    counts = counted_words(session, index, keys) if keys else WordCounts(index)
    typical = {key: counts.typical_words(key) for key in keys}
    missed = [
        Missed(call, miss, _own_words(call, typical.get(miss.spearhead, {}), index.lemmas)) for call, miss in misses
    ]
    return sorted(missed, key=lambda row: (row.miss.missing, row.call.id or 0))


def _nearly_tagged(session: Session, index: Index, fingerprint: str, since: datetime) -> set[int]:
    """The calls first seen since then to which rules of one spearhead give nearly enough, by what is stored of them.

    And those of which nothing sure is stored.
    """
    ids = calls.ids_since(session, since)
    heads = {
        rule.key: index.spearheads[rule.spearhead]
        for rule in index.rulebook.rules
        if rule.spearhead in index.spearheads
    }
    points: Counter[tuple[int, str]] = Counter()
    for given in rule_points.points_of(session, ids):
        if head := heads.get(given.rule):
            points[given.call_id, head.key] += given.points  # type: ignore[assignment]
    near = {call_id for (call_id, key), sum_ in points.items() if sum_ >= index.spearheads[key].threshold - CLOSE}
    return near | rule_points.not_given_by(session, fingerprint).intersection(ids)


def _own_words(call: Call, typical: Mapping[str, WordWeight], lemmas: Lemmas) -> tuple[str, ...]:
    """Pick the call's words that are typical of the spearhead, strongest first."""
    forms = lemma_forms(from_facts(call), lemmas)
    return tuple([forms[lemma] for lemma in typical if lemma in forms][:MOST_OWN_WORDS])


def suggested(
    session: Session, compiled: CompiledRules, spearhead: str, most: int, judged: Path | None = None
) -> list[WordWeight]:
    """Suggest words typical of a spearhead's calls that its rules do not look for yet, strongest first.

    Its calls are those tagged with it, pinned to it or judged to be its own; a call pinned away or judged not to be
    counts with the rest. `judged` is a file of more calls. NotFound if there is no such spearhead.
    """
    known_spearhead(session, spearhead)
    index, _ = compiled.index(session)
    counts = counted_words(session, index, [spearhead])
    for call in judged_in(judged, compiled.lemmas) if judged else ():
        if (grade := call.grade(spearhead)) != BORDERLINE:
            counts.add(call.document, [spearhead] if grade == SQUARELY else [])
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


def read_words(lemmas: Lemmas, words: Iterable[str]) -> list[ReadWord]:
    """Show how each language reads these words."""
    return [_read(lemmas, word, language) for word in words for language in LANGUAGES]


def _read(lemmas: Lemmas, word: str, language: str) -> ReadWord:
    base, *also = lemmas.analyse(word, language)
    return ReadWord(word, language, base, tuple(also), lemmas.is_known(word, language))
