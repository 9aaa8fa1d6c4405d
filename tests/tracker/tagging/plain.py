"""A plain evaluator of rules, word by word and place by place: slow, and written apart from the index."""

from dataclasses import dataclass

from db.strategies import Mask, Rule, Weight
from tracker.folding import folded_text
from tracker.tagging.documents import Document
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import Lemmas, joined_words, split_text
from tracker.tagging.query import And, Glob, How, Near, Not, Or, Phrase, Query, Within, Word
from tracker.tagging.rulebook import Rulebook

CODES = ("id", "programme", "action", "source", "audience")


@dataclass
class Token:
    """A word of a text in one field; `is_blank` where a mask has taken it."""

    field: str
    place: int
    lemmas: set[str]
    forms: list[str]  # as it stands, and in one piece with the word that a hyphen joins it to
    is_blank: bool = False


class PlainReading:
    """A document's words, and what a query finds among them."""

    def __init__(self, document: Document, lemmas: Lemmas) -> None:
        self.lemmas = lemmas
        self.language = document.language
        self.code = folded_text(document.identifier).lower()
        self.tokens: list[Token] = []
        for field, text in (
            ("title", document.title),
            ("text", document.text),
            ("id", document.identifier),
            ("call", document.call_title),
            ("destination", document.destination),
            ("programme", document.programme),
            ("action", document.type_of_action),
            ("source", document.source),
            ("audience", "; ".join(document.audience)),
        ):
            self._read(field, text)

    def _read(self, field: str, text: str) -> None:
        words, pieces = split_text(text)
        tokens = [
            Token(field, n, set(self.lemmas.analyse(word, self.language)), [word]) for n, word in enumerate(words)
        ]
        for first, last, joined in joined_words(words, pieces):
            for token in tokens[first : last + 1]:
                token.lemmas |= set(self.lemmas.analyse(joined, self.language))
                token.forms.append(joined)
        self.tokens += tokens

    def blank(self, masks: tuple[Mask, ...]) -> None:
        spans = [span for mask in masks for span in self.find(parse_rule(mask.text), "")]
        for field, first, last in spans:
            for token in self.tokens:
                if token.field == field and first <= token.place <= last:
                    token.is_blank = True

    def find(self, query: Query, field: str) -> list[tuple[str, int, int]]:
        """Where the query stands: (field, first word, last word); of AND and OR, where their parts do."""
        match query:
            case Word():
                return [(t.field, t.place, t.place) for t in self.tokens if self._is(query, t, field)]
            case Phrase(words, joined):
                found = [self._run(words, token, field) for token in self.tokens]
                single = self.find(Word(joined), field) if joined else []
                return [span for span in found if span] + single
            case Near(left, right, distance):
                lefts, rights = self.find(left, field), self.find(right, field)
                return [s for a in lefts for b in rights if _is_near(a, b, distance) for s in (a, b)]
            case Within(name, part):
                return self.find(part, name)
            case Or(parts):
                return [span for part in parts if self.holds(part, field) for span in self.find(part, field)]
            case And(parts):
                return [span for part in parts for span in self.find(part, field)]
            case _:
                return []

    def holds(self, query: Query, field: str = "") -> bool:
        match query:
            case And(parts):
                return all(self.holds(part, field) for part in parts)
            case Or(parts):
                return any(self.holds(part, field) for part in parts)
            case Not(part):
                return not self.holds(part, field)
            case Within(name, part):
                return self.holds(part, name)
            case Glob(pattern):
                return bool(self.code) and glob_by_letters(pattern, self.code)
            case _:
                return bool(self.find(query, field))

    def _is(self, word: Word, token: Token, field: str) -> bool:
        fields = ("title", "text") if field == "" else (field,)
        if token.is_blank or token.field not in fields:
            return False
        if word.how is How.PREFIX:
            return any(form.lower().startswith(word.text) for form in token.forms)
        if word.how is How.EXACT and word.text != word.text.lower():
            return word.text in token.forms
        if word.how is How.EXACT or field in CODES:
            return word.text.lower() in [form.lower() for form in token.forms]
        return self.lemmas.lemma(word.text, self.language) in token.lemmas

    def _run(self, words: tuple[Word, ...], start: Token, field: str) -> tuple[str, int, int] | None:
        by_place = {(t.field, t.place): t for t in self.tokens}
        for offset, word in enumerate(words):
            token = by_place.get((start.field, start.place + offset))
            if token is None or not self._is(word, token, field):
                return None
        return (start.field, start.place, start.place + len(words) - 1)


def tags(book: Rulebook, document: Document, lemmas: Lemmas) -> dict[str, int]:
    """The score of every spearhead that the document is tagged with; masks are its own and everybody's."""
    found = {}
    for spearhead in book.spearheads:
        masks = tuple(mask for mask in book.masks if mask.spearhead in (None, spearhead.key))
        rules = [rule for rule in book.rules if rule.spearhead == spearhead.key]
        scores = [(rule, points(rule, document, masks, lemmas)) for rule in rules if reads(rule, document)]
        score = sum(score for _, score in scores)
        if score >= spearhead.threshold and any(score and rule.weight > Weight.WEAK for rule, score in scores):
            found[spearhead.key] = score
    return found


def reads(line: Rule | Mask, document: Document) -> bool:
    """A line with a language reads texts in that language only."""
    return line.language in (None, document.language)


def points(rule: Rule, document: Document, masks: tuple[Mask, ...], lemmas: Lemmas) -> int:
    """What the rule counts for the document: 0, its weight, or double where the title alone fulfils it."""
    query = parse_rule(rule.text)
    whole = PlainReading(document, lemmas)
    whole.blank(tuple(mask for mask in masks if reads(mask, document)))
    if not whole.holds(query):
        return 0
    said = sorted((first, last) for field, first, last in whole.find(query, "") if field == "text")
    is_repeated = rule.weight is Weight.REPEATED and bool(said) and said[-1][0] - said[0][1] > 1
    whole.tokens = [token for token in whole.tokens if token.field != "text"]
    in_title = whole.holds(query) and any(field == "title" for field, _, _ in whole.find(query, ""))
    if not in_title and whole.holds(query):  # the title and the codes fulfil it, but no word of it is in the title
        is_repeated = False
    return (2 if rule.weight is Weight.REPEATED else int(rule.weight)) * (2 if in_title or is_repeated else 1)


def _is_near(one: tuple[str, int, int], other: tuple[str, int, int], distance: int) -> bool:
    first, second = sorted([one, other], key=lambda span: span[1])
    return first[0] == second[0] and 0 <= second[1] - first[2] - 1 <= distance


def glob_by_letters(pattern: str, text: str) -> bool:
    """Whether the text has the pattern's form, tried letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(glob_by_letters(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    return bool(text) and pattern[0] == text[0] and glob_by_letters(pattern[1:], text[1:])
