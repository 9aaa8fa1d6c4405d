"""Typical words: which words set a spearhead's calls apart from the others, by how many calls of each have them.

The calls are those of the archive (`jobs.rulebook.reports`) or of a judged set (`tracker.tagging.mends`).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import exp, log, sqrt

from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document
from tracker.tagging.index import OTHER_LANGUAGE, Index
from tracker.tagging.lemmas import Lemmas, split_text
from tracker.tagging.search import reach
from tracker.tagging.trivial_words import TRIVIAL

LEAST_CALLS = 3  # of a spearhead that a typical word must occur in
LEAST_SHARE = 1 / 3  # of the calls with a typical word that must be the spearhead's
SHORTEST_WORD = 4  # letters


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
        words = lemma_forms(document, self.index.lemmas)
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
        trivial = trivial_lemmas(self.index.lemmas)
        least = beyond_chance(sum(count >= LEAST_CALLS for count in inside.values()))
        strongest = sorted(weights.items(), key=lambda item: (-item[1].z, item[0]))
        return {lemma: weight for lemma, weight in strongest if weight.z > least and lemma not in trivial}


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


def own_text(document: Document) -> str:
    """Return the texts of a call that a rule without a field reads."""
    parent = document.call_title if document.of_parent else ""
    return "\n".join(filter(None, (document.title, document.text, parent)))


def lemma_forms(document: Document, lemmas: Lemmas) -> dict[str, str]:
    """Return the lemmas of a document, each with one of its forms: lemma → form."""
    words, _ = split_text(own_text(document))
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    forms = {word.lower() for word in words if len(word) >= SHORTEST_WORD and word.isalpha()}
    return {lemmas.lemma(word, language): word for word in sorted(forms)}


def trivial_lemmas(lemmas: Lemmas) -> frozenset[str]:
    """The lemmas of the words of no subject, in each language."""
    return frozenset(lemmas.lemma(word, language) for word in TRIVIAL for language in LANGUAGES)
