"""Make the lemma text that `db.search` stores for a call, and the words by which a rule can reach calls there."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import or_
from typing import Generic, TypeVar

from db.strategies import Mask, Rule
from tracker.errors import RuleError
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document
from tracker.tagging.index import OTHER_LANGUAGE, Index
from tracker.tagging.language import as_typed, check_line, parse_rule, split_words
from tracker.tagging.lemmas import Lemmas, split_text, words_once
from tracker.tagging.matching import CODES
from tracker.tagging.query import And, Glob, How, Near, Not, Or, Phrase, Query, Within, Word

OPERATORS = frozenset({"and", "or", "not", "near"})
MOST_GROUPS = 100  # that a reach spells out; beyond that it asks for only one side of AND and NEAR


@dataclass(frozen=True, slots=True)
class Reach:
    """The calls that a rule can tag: those whose lemma text has all words of at least one group.

    A word that ends in a star stands for any word that begins so. `everything`: any call may be within reach.
    """

    groups: frozenset[frozenset[str]] = frozenset()
    everything: bool = False

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(self.groups | other.groups, self.everything or other.everything)

    def holds(self, title: str, body: str) -> bool:
        """Whether a call with this lemma text is within reach."""
        return self.holds_words({*title.split(" "), *body.split(" ")})

    def holds_words(self, words: set[str]) -> bool:
        """Whether a call whose lemma text has these words is within reach."""
        return self.everything or any(all(_has(words, word) for word in group) for group in self.groups)


def lemma_text(index: Index, document: Document) -> tuple[str, str]:
    """Return the lemmas of the title and of the rest, joined by spaces in the text's order, so that phrases are found.

    They are followed, once each, by the parts of compounds, by words as written where their lemma differs, and by the
    words of the call's other fields: everything that a rule can match by is found here.
    """
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    others = [document.identifier, document.call_title, document.destination, document.programme]
    others += [document.type_of_action, document.source, document.context, *document.audience]
    more: dict[str, None] = {}
    for field in others:
        words, _, joined = words_once(field)
        more |= dict.fromkeys(index.lemmas.lemma(word, language) for word in words)
        more |= _beside(words, joined, index.lemmas, language)
    return (
        _lemmas_of(document.title, index.lemmas, language, {}),
        _lemmas_of(document.text, index.lemmas, language, more),
    )


def query_lemmas(query: str, lemmas: Lemmas, language: str | None = None) -> list[str]:
    """Return the lemmas of a search query's words, as `lemma_text` has them.

    Without a language, the one that knows most of the words is taken: English, Finnish, Swedish in a tie.
    """
    words = split_words(as_typed(query))
    spoken = language or lemmas.language_of(words)
    return list(dict.fromkeys(lemmas.lemma(word, spoken) for word in words))


Met = TypeVar("Met")


@dataclass(frozen=True, slots=True)
class LineSearch(Generic[Met]):
    """Turns a line of the rule language into a condition on stored lemma text, for lists that anybody searches.

    `has_words` is the condition that the lemmas of one form stand beside each other (in the title), `is_named` that the
    identifier looks like a pattern. Both sides of NEAR are asked for at any distance, and fields but title: and id:
    mean the whole call: so a search may find a little more than a rule.
    """

    lemmas: Lemmas
    has_words: Callable[[Collection[Sequence[str]], bool], Met]
    is_named: Callable[[str], Met]
    all_of: Callable[..., Met]
    any_of: Callable[..., Met]
    without: Callable[[Met], Met]

    def condition(self, query: Query, field: str = "") -> Met:
        """The condition of a query, within a field."""
        match query:
            case Word():
                return self._beside([query], field)
            case Phrase(words, joined):
                single = [self._beside([Word(joined)], field)] if joined else []
                return self.any_of(self._beside(words, field), *single)
            case Glob(pattern):
                return self.is_named(pattern)
            case Within(name, part):
                return self.condition(part, name)
            case Near(left, right, _):
                return self.all_of(self.condition(left, field), self.condition(right, field))
            case And(parts):
                return self.all_of(*(self.condition(part, field) for part in parts))
            case Or(parts):
                return self.any_of(*(self.condition(part, field) for part in parts))
            case Not(part):
                return self.without(self.condition(part, field))

    def _beside(self, words: Sequence[Word], field: str) -> Met:
        """Words next to each other, as each language inflects them."""
        spoken = (*LANGUAGES, OTHER_LANGUAGE)
        forms = dict.fromkeys(
            tuple(_needed(word, field, partial(self.lemmas.lemma, language=language)) for word in words)
            for language in spoken
        )
        return self.has_words(tuple(forms), field == "title")


def searched_line(typed: str) -> str:
    """What was typed into a search, as a line of the rule language: words without operators must all be there."""
    try:
        check_line(typed)
    except RuleError:
        return " AND ".join(word for word in split_words(as_typed(typed)) if word.lower() not in OPERATORS)
    return typed


def reach_of(lines: Iterable[Rule | Mask], lemmas: Lemmas) -> Reach:
    """Work out which calls any of these lines can affect."""
    return reduce(or_, (reach(line, lemmas) for line in lines), Reach())


def reach(line: Rule | Mask, lemmas: Lemmas) -> Reach:
    """Work out which calls a rule or mask can affect, by what their lemma text must contain; RuleError for a bad line.

    After an edit, retag the calls within reach of the old or the new line: `reach(old) | reach(new)`.
    """
    query = parse_rule(line.text)
    reached = Reach()
    for language in (line.language,) if line.language else (*LANGUAGES, OTHER_LANGUAGE):
        groups = _groups(query, "", partial(lemmas.lemma, language=language))
        reached |= Reach(everything=True) if groups is None else Reach(frozenset(groups))
    return reached


Groups = set[frozenset[str]]


def _groups(query: Query, field: str, lemma: Callable[[str], str]) -> Groups | None:
    """Return groups of words, one of which a matching text must have as a whole; None if the query needs no word."""
    match query:
        case Word():
            return {frozenset({_needed(query, field, lemma)})}
        case Phrase(words, joined):
            single = {frozenset({lemma(joined)})} if joined else set()
            return {frozenset(_needed(word, field, lemma) for word in words)} | single
        case Glob(pattern):
            whole = _whole_words(pattern)
            return {frozenset(whole)} if whole else None
        case Within(name, part):
            return _groups(part, name, lemma)
        case Near(left, right, _):
            return _crossed([_groups(left, field, lemma), _groups(right, field, lemma)])
        case And(parts):
            return _crossed([_groups(part, field, lemma) for part in parts])
        case Or(parts):
            several = [_groups(part, field, lemma) for part in parts]
            needed = [groups for groups in several if groups is not None]
            return set().union(*needed) if len(needed) == len(several) else None
        case Not():
            return None


def _needed(word: Word, field: str, lemma: Callable[[str], str]) -> str:
    if word.how is How.PREFIX:
        return f"{word.text}*"
    return word.text.lower() if word.how is How.EXACT or field in CODES else lemma(word.text)


def _crossed(several: list[Groups | None]) -> Groups | None:
    """Combine each group of one side with each of the others; sides that would make too many groups are left out."""
    sides = sorted((groups for groups in several if groups is not None), key=len)
    if not sides:
        return None
    crossed = sides[0]
    for side in sides[1:]:
        if len(crossed) * len(side) <= MOST_GROUPS:
            crossed = {group | other for group in crossed for other in side}
    return crossed


def _has(words: set[str], word: str) -> bool:
    if word.endswith("*"):
        return any(candidate.startswith(word[:-1]) for candidate in words)
    return word in words


def _whole_words(pattern: str) -> list[str]:
    """Return the words of a pattern that no star touches: the identifier must contain them."""
    words, pieces = split_text(pattern)
    sides = list(zip(pieces[0::2], pieces[2::2], strict=False))
    return [
        word
        for word, (before, after) in zip(words, sides, strict=True)
        if not before.endswith("*") and not after.startswith("*")
    ]


def _lemmas_of(text: str, lemmas: Lemmas, language: str, more: dict[str, None]) -> str:
    words, _, joined = words_once(text)
    in_order = [analysed[0] for analysed in map(lemmas.of(language).__getitem__, words)]
    beside = _beside(words, joined, lemmas, language) | more
    known = set(in_order)
    return " ".join([*in_order, *(word for word in beside if word not in known)])


def _beside(words: list[str], joined: list[tuple[int, int, str]], lemmas: Lemmas, language: str) -> dict[str, None]:
    """Return what words match as besides their lemma: parts, the form itself, hyphenated words without the hyphen."""
    in_one = [word for *_, word in joined]
    analyses = lemmas.of(language)
    others: list[str] = []
    for word in dict.fromkeys([*words, *in_one]):
        lemma, *parts = analyses[word]
        others += parts
        low = word.lower()
        if low != lemma:
            others.append(low)
    return dict.fromkeys([*others, *(analyses[word][0] for word in in_one)])
