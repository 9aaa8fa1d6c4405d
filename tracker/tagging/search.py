"""A call's words as lemmas for full-text search, and which calls an edited rule can reach by them.

Does not search (`db.search`): it makes what is stored there, and the words to ask it for.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from tracker.tagging.documents import Document
from tracker.tagging.index import OTHER_LANGUAGE, Index
from tracker.tagging.language import parse_rule, split_words
from tracker.tagging.lemmas import LANGUAGES, Lemmas, joined_words, split_text
from tracker.tagging.matching import Vocabulary, compile_query
from tracker.tagging.strategies import Mask, Rule


@dataclass(frozen=True, slots=True)
class Reach:
    """A call whose lemma text has none of the words, nor a word that begins with one of the prefixes, cannot change.

    `everything`: there is no telling, any call can.
    """

    words: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()
    everything: bool = False

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(self.words | other.words, self.prefixes | other.prefixes, self.everything or other.everything)

    def holds(self, title: str, body: str) -> bool:
        """Whether a call with this lemma text is within reach."""
        words = {*title.split(" "), *body.split(" ")}
        if self.everything or not self.words.isdisjoint(words):
            return True
        beginnings = tuple(self.prefixes)
        return bool(beginnings) and any(word.startswith(beginnings) for word in words)


def lemma_text(index: Index, document: Document) -> tuple[str, str]:
    """The lemmas of the title and of all else, space-joined: in the text's order, so that phrases can be looked for.

    After them stand, once each, the parts of compounds, the words as written where their lemma differs, and the words
    of the call's other fields, so that whatever a rule can match by can be found here.
    """
    language = document.language if document.language in LANGUAGES else OTHER_LANGUAGE
    others = [document.identifier, document.call_title, document.destination, document.programme]
    others += [document.type_of_action, document.source, *document.audience]
    more: dict[str, None] = {}
    for field in others:
        words, pieces = split_text(field)
        more |= dict.fromkeys(index.lemmas.lemma(word, language) for word in words)
        more |= _beside(words, pieces, index.lemmas, language)
    return (
        _lemmas_of(document.title, index.lemmas, language, {}),
        _lemmas_of(document.text, index.lemmas, language, more),
    )


def query_lemmas(query: str, lemmas: Lemmas, language: str | None = None) -> list[str]:
    """The lemmas of a search query's words, as `lemma_text` has them.

    Without a language it is the one that knows most of the words; where two know as many, English before Finnish.
    """
    words = split_words(query)
    if language is None:
        language = max(("en", "fi", "sv"), key=lambda tried: sum(_is_of(word, tried, lemmas) for word in words))
    return list(dict.fromkeys(lemmas.lemma(word, language) for word in words))


def _is_of(word: str, language: str, lemmas: Lemmas) -> bool:
    return lemmas.is_known(word, language) or len(lemmas.analyse(word, language)) > 1


def reach(line: Rule | Mask, lemmas: Lemmas) -> Reach:
    """The calls whose tags the rule or mask can change, by what their lemma text must hold; RuleError if unreadable.

    After an edit retag those within reach of the line as it was or as it is: `reach(old) | reach(new)`.
    """
    query = parse_rule(line.text)
    reached = Reach()
    for language in (line.language,) if line.language else (*LANGUAGES, OTHER_LANGUAGE):
        vocabulary = Vocabulary(language, lemmas)
        anchors = compile_query(query, vocabulary).anchors
        keys = [key for key, number in vocabulary.numbers.items() if number in anchors]
        for key in keys:
            reached |= _reach_of(key)
    return reached


def _reach_of(key: str) -> Reach:
    """What a text must hold for a term of the vocabulary to stand in it."""
    kind, _, value = key.rpartition("/")[2].partition(":")
    if kind == "p":
        return Reach(prefixes=frozenset({value}))
    if kind != "glob":
        return Reach(words=frozenset({value.lower()}))
    whole = _whole_words(value)
    return Reach(words=frozenset({max(whole, key=len)})) if whole else Reach(everything=True)


def _whole_words(pattern: str) -> list[str]:
    """The words of a pattern that no star touches: they must stand in the identifier."""
    words, pieces = split_text(pattern)
    sides = list(zip(pieces[0::2], pieces[2::2], strict=False))
    return [
        word
        for word, (before, after) in zip(words, sides, strict=True)
        if not before.endswith("*") and not after.startswith("*")
    ]


def _lemmas_of(text: str, lemmas: Lemmas, language: str, more: dict[str, None]) -> str:
    words, pieces = split_text(text)
    in_order = [lemmas.lemma(word, language) for word in words]
    beside = _beside(words, pieces, lemmas, language) | more
    known = set(in_order)
    return " ".join([*in_order, *(word for word in beside if word not in known)])


def _beside(words: list[str], pieces: list[str], lemmas: Lemmas, language: str) -> dict[str, None]:
    """What words mean besides their lemma: parts, the form itself, hyphenated words in one piece."""
    joined = [word for _, word in joined_words(words, pieces)]
    found: dict[str, None] = {}
    for word in dict.fromkeys([*words, *joined]):
        analysed = lemmas.analyse(word, language)
        found |= dict.fromkeys(_forms(word, analysed))
    found |= dict.fromkeys(lemmas.lemma(word, language) for word in joined)
    return found


def _forms(word: str, analysed: tuple[str, ...]) -> Iterable[str]:
    yield from analysed[1:]
    low = word.lower()
    if low != analysed[0]:
        yield low
