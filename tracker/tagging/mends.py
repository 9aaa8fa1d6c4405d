"""Mends: the edits of a spearhead's rules that may put one judged call right, each with the rulebook it would make.

Does not try them (`tracker.tagging.mending`) or put them into words (`jobs.cli.mends`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice, pairwise

from db.strategies import Mask, Rule, Weight
from tracker.errors import RuleError
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import NOT, SQUARELY, Judged
from tracker.tagging.evidence import Evidence
from tracker.tagging.index import Index, SpearheadScore
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import split_text
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import alternatives, narrowed, with_mask, with_rule, with_scoring
from tracker.tagging.search import lemma_text, reach
from tracker.tagging.trivial_words import TRIVIAL
from tracker.tagging.typical_words import (
    SHORTEST_WORD,
    WordWeight,
    known_words,
    lemma_forms,
    own_text,
    trivial_lemmas,
    word_weight,
)

MOST_WORDS = 6  # and as many phrases that are tried for one missed call
MOST_MASKS = 10  # that are tried for one wrongly tagged call
LONGEST_MATCH = 3  # words that matched, which a mask can hide with one beside them
TRIED = "tried"  # the key of a rule or mask that is only tried
FIELDS = {"title": "title", "text": "text", "call": "call_title"}  # of the rule language → of a `Document`


class MendKind(StrEnum):
    """What an edit does; of equally good ones, the earlier is the cheaper."""

    WEIGHT = "weight"  # gives a rule another weight
    WORD = "word"  # adds a word or a phrase to a rule
    MASK = "mask"  # hides words
    ALTERNATIVE = "alternative"  # takes one alternative out of a rule
    UNMASK = "unmask"  # removes a mask
    THRESHOLD = "threshold"  # asks for more or fewer points


@dataclass(frozen=True, slots=True)
class Mend:
    """An edit of the rule, mask or spearhead `subject`: with these `words`, or from `old` to `new` points.

    A word without a subject makes a new rule of `new` points. `inside` and `outside` count the judged calls of the
    spearhead, and the others, that have the words.
    """

    kind: MendKind
    subject: str
    words: str = ""
    old: int = 0
    new: int = 0
    inside: int = 0
    outside: int = 0

    @property
    def fits_one(self) -> bool:
        """Whether no other judged call has the words, so that nothing says that they will mend a call to come."""
        return self.inside + self.outside == 1


Idea = tuple[Mend, Rulebook]


class JudgedWords:
    """The judged calls as words, in which mends are looked for and counted."""

    def __init__(self, index: Index, judged: Sequence[Judged]) -> None:
        self.index = index
        self.judged = judged
        self.trivial = trivial_lemmas(index.lemmas)
        texts = [lemma_text(index, call.document) for call in judged]
        self.texts = [f" {title} \n {rest} " for title, rest in texts]
        self.words = [{*title.split(" "), *rest.split(" ")} for title, rest in texts]

    def counts(self, phrase: str, spearhead: str) -> tuple[int, int]:
        """Count the calls squarely about the spearhead, and those not about it, that have these lemmas in a row."""
        among = f" {phrase} "
        has = [among in text if " " in phrase else phrase in self.words[n] for n, text in enumerate(self.texts)]
        grades = [call.grade(spearhead) for call, with_it in zip(self.judged, has, strict=True) if with_it]
        return grades.count(SQUARELY), grades.count(NOT)

    def reached(self, lines: Iterable[Rule | Mask]) -> list[int]:
        """Find the calls that one of these lines can touch, by their number."""
        reaches = [reach(line, self.index.lemmas) for line in lines]
        return [n for n, words in enumerate(self.words) if any(one.holds_words(words) for one in reaches)]


@dataclass(frozen=True, slots=True)
class Ideas:
    """Where mends of one spearhead's rules come from."""

    said: JudgedWords
    spearhead: str
    book: Rulebook  # the spearhead's own rules and masks

    @classmethod
    def of(cls, said: JudgedWords, spearhead: str) -> "Ideas":
        """The ideas for a spearhead of the index."""
        return cls(said, spearhead, narrowed(said.index.rulebook, {spearhead}))

    def for_missed(self, number: int, score: SpearheadScore | None) -> Iterator[Idea]:
        """What may tag a call that is missed."""
        for hit in score.hits if score else ():
            yield from (self._weighed(hit.rule, weight) for weight in Weight if weight > hit.rule.weight)
        yield from self._worded(number)
        for mask in self.book.masks:
            yield Mend(MendKind.UNMASK, mask.key, mask.text), with_mask(self.book, mask.key, None)
        if score and 0 < score.score < score.spearhead.threshold:
            yield self._asking(score.spearhead.threshold, score.score)

    def for_false(self, number: int, score: SpearheadScore) -> Iterator[Idea]:
        """What may take the tag from a call that is wrongly tagged."""
        for hit in score.hits:
            yield from (self._weighed(hit.rule, weight) for weight in Weight if weight < hit.rule.weight)
            yield from self._shortened(hit.rule, number)
        yield from self._masked(self.said.judged[number].document, score.evidence)
        yield self._asking(score.spearhead.threshold, score.score + 1)

    def _weighed(self, rule: Rule, weight: Weight) -> Idea:
        mend = Mend(MendKind.WEIGHT, rule.key, old=rule.weight.points, new=weight.points)
        return mend, with_rule(self.book, rule.model_copy(update={"weight": weight}))

    def _asking(self, threshold: int, points: int) -> Idea:
        mend = Mend(MendKind.THRESHOLD, self.spearhead, old=threshold, new=points)
        return mend, with_scoring(self.book, {self.spearhead}, threshold=points)

    def _worded(self, number: int) -> Iterator[Idea]:
        """Add a word or a phrase of the call that sets the spearhead's judged calls apart."""
        document = self.said.judged[number].document
        for several in (self._words(document), self._phrases(document)):
            for words in self._most_typical(several):
                for weight in (Weight.MEDIUM, Weight.STRONG):
                    rule = self._longest_list(weight, document.language)
                    mend = Mend(
                        kind=MendKind.WORD,
                        subject=rule.key if rule else "",
                        words=words.word,
                        new=int(weight),
                        inside=words.inside,
                        outside=words.outside,
                    )
                    yield mend, with_rule(self.book, self._with_words(rule, words.word, weight))

    def _words(self, document: Document) -> dict[str, str]:
        """Words of a call that no rule looks for: lemma → as typed in a rule."""
        known, beginnings = known_words(self.said.index, self.spearhead)
        words = lemma_forms(document, self.said.index.lemmas)
        passed = known | self.said.trivial
        return {
            lemma: form if document.language == "en" else lemma  # an English lemma is a stem, which nobody would type
            for lemma, form in words.items()
            if lemma not in passed and not lemma.startswith(beginnings)
        }

    def _phrases(self, document: Document) -> dict[str, str]:
        """Words of a subject that follow each other in a call: lemmas → as typed in a rule."""
        words, _ = split_text(own_text(document))
        pairs = {(left.lower(), right.lower()) for left, right in pairwise(words)}
        lemma = self.said.index.lemmas.lemma
        return {
            " ".join(lemma(word, document.language) for word in pair): f'"{" ".join(pair)}"'
            for pair in sorted(pairs)
            if all(map(self._is_of_subject, pair))
        }

    def _most_typical(self, words: Mapping[str, str]) -> list[WordWeight]:
        """Pick the words that are most typical of the spearhead's judged calls; of equal ones the longest."""
        grades = [call.grade(self.spearhead) for call in self.said.judged]
        sizes = grades.count(SQUARELY), grades.count(NOT)
        weights = [
            word_weight(typed, *self.said.counts(lemmas, self.spearhead), *sizes) for lemmas, typed in words.items()
        ]
        return sorted(weights, key=lambda weight: (-weight.z, -len(weight.word), weight.word))[:MOST_WORDS]

    def _longest_list(self, weight: Weight, language: str) -> Rule | None:
        """The rule of this weight that is most of a list of words, for this language or else for all."""
        rules = [
            rule
            for rule in self.book.rules
            if rule.enabled and rule.weight == weight and rule.language in (None, language)
        ]
        return max(rules, key=lambda rule: (rule.language == language, rule.text.count(" OR ")), default=None)

    def _with_words(self, rule: Rule | None, words: str, weight: Weight) -> Rule:
        if rule is None:
            return Rule(key=TRIED, spearhead=self.spearhead, text=words, weight=weight)
        return rule.model_copy(update={"text": f"{rule.text} OR {words}"})

    def _shortened(self, rule: Rule, number: int) -> Iterator[Idea]:
        """Take out of a rule one alternative that the call may have."""
        parts = sorted(alternatives(rule.text))
        for part in parts if len(parts) > 1 else ():
            rest = " OR ".join(other for other in parts if other != part)
            if _is_line(part) and _is_line(rest) and number in self.said.reached([_of_text(rule, part)]):
                yield Mend(MendKind.ALTERNATIVE, rule.key, part), with_rule(self.book, _of_text(rule, rest))

    def _masked(self, document: Document, evidence: Iterable[Evidence]) -> Iterator[Idea]:
        """Hide words that matched, together with the word before or after them."""
        found = chain.from_iterable(self._beside(document, one) for one in evidence)
        for phrase in islice(dict.fromkeys(found), MOST_MASKS):
            lemmas = [self.said.index.lemmas.lemma(word, document.language) for word in phrase.split()]
            inside, outside = self.said.counts(" ".join(lemmas), self.spearhead)
            mask = Mask(key=TRIED, text=f'"{phrase}"', spearhead=self.spearhead)
            mend = Mend(MendKind.MASK, self.spearhead, mask.text, inside=inside, outside=outside)
            yield mend, with_mask(self.book, TRIED, mask)

    def _beside(self, document: Document, evidence: Evidence) -> Iterator[str]:
        """The words that matched, each time with a word of a subject that stands before or after them."""
        if evidence.field not in FIELDS:
            return
        text = getattr(document, FIELDS[evidence.field])
        for start, end in evidence.spans:
            matched = split_text(text[start:end])[0]
            before, after = split_text(text[:start])[0][-1:], split_text(text[end:])[0][:1]
            for phrase in ([*before, *matched], [*matched, *after]):
                beside = set(phrase) - set(matched)
                if len(matched) <= LONGEST_MATCH and beside and all(map(self._is_of_subject, beside)):
                    yield " ".join(phrase).lower()

    def _is_of_subject(self, word: str) -> bool:
        return len(word) >= SHORTEST_WORD and word.isalpha() and word.lower() not in TRIVIAL


def _of_text(rule: Rule, text: str) -> Rule:
    return rule.model_copy(update={"text": text})


def _is_line(text: str) -> bool:
    try:
        parse_rule(text)
    except RuleError:
        return False
    return True
