"""Compile queries into tests over the places where terms occur in a text.

Texts are read, and rules are scored, in `tracker.tagging.index`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tracker.tagging.lemmas import Lemmas
from tracker.tagging.query import And, Glob, How, Near, Not, Or, Phrase, Query, Within, Word

# A term's places: the zone (which field of a call) in the high bits, the number of the word in the low ones.
ZONE_BITS = 30
ZONES = (
    *("title", "text", "parent", "context"),
    *("id", "call", "destination", "programme", "action", "source", "audience"),
)
TITLE, TEXT, PARENT, CONTEXT, ID = range(5)
_READ_BY_FIELD = {"title": (TITLE, PARENT), "text": (TEXT,)}  # a word without a field is looked for in all four zones
CODES = frozenset({"id", "programme", "action", "source", "audience"})  # codes are compared as written

Hits = Mapping[int, Sequence[int]]  # term -> its places, the title's first; never an empty sequence
Span = tuple[int, int]  # first and last place, both included
Test = Callable[[Hits], bool]
Places = Callable[[Hits], list[Span]]


@dataclass(frozen=True, slots=True)
class Node:
    """A compiled query: whether it matches, and where.

    Unless one of `anchors` is in a text it cannot match; with `sure`, one of them is also enough. `terms` are all terms
    that it looks for; without every one of `needed` it cannot match. `parts` are alternatives, of which one is enough,
    each with its own anchors.
    """

    test: Test
    spans: Places
    anchors: frozenset[int]
    terms: frozenset[int]
    needed: frozenset[int] = frozenset()
    sure: bool = False
    parts: tuple["Node", ...] = ()
    rarity: int = 0  # letters of its shortest anchor: the longer a word, the fewer texts have it


@dataclass(slots=True)
class Vocabulary:
    """The terms that the rules of one language look for, numbered; grows only while rules are compiled."""

    language: str
    lemmas: Lemmas
    numbers: dict[str, int] = field(default_factory=dict)
    prefix_lengths: set[int] = field(default_factory=set)
    globs: dict[str, int] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)  # named by some rule, other than title and text

    def number(self, key: str) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def term(self, word: Word, zone: str) -> int:
        """Number a rule's word in a zone ("" for title and text)."""
        low = word.text.lower()
        if word.how is How.PREFIX:
            self.prefix_lengths.add(len(low))
            return self.number(f"{zone}p:{low}")
        if word.how is How.EXACT and low != word.text:
            return self.number(f"{zone}#:{word.text}")
        if word.how is How.EXACT or zone[:-1] in CODES:
            return self.number(f"{zone}=:{low}")
        return self.number(f"{zone}w:{self.lemmas.lemma(word.text, self.language)}")

    def terms_of(self, form: str, zone: str = "") -> tuple[int, ...]:
        """Find the terms that a text's word stands for; most stand for none."""
        low = form.lower()
        keys = [f"{zone}w:{lemma}" for lemma in self.lemmas.analyse(form, self.language)]
        keys += [f"{zone}=:{low}", f"{zone}#:{form}"]
        keys += [f"{zone}p:{low[:length]}" for length in self.prefix_lengths if length <= len(low)]
        numbers = self.numbers
        return tuple(dict.fromkeys(numbers[key] for key in keys if key in numbers))


def compile_query(query: Query, vocabulary: Vocabulary, field_: str = "") -> Node:
    """Compile a query. Its depth is bounded by the parser's (`language.DEEPEST`)."""
    match query:
        case Word():
            return _word(vocabulary.term(query, _zone(field_)), field_, len(query.text))
        case Phrase():
            return _phrase(query, vocabulary, field_)
        case Glob(pattern):
            number = vocabulary.globs.setdefault(pattern, vocabulary.number(f"glob:{pattern}"))
            vocabulary.fields.add("id")
            return _word(number, "", len(pattern))
        case Within(name, part):
            if name not in ("title", "text"):
                vocabulary.fields.add(name)
            return compile_query(part, vocabulary, name)
        case Near(left, right, distance):
            return _near(compile_query(left, vocabulary, field_), compile_query(right, vocabulary, field_), distance)
        case Not(part):
            return _not(compile_query(part, vocabulary, field_))
        case And(parts):
            return _and([compile_query(part, vocabulary, field_) for part in parts])
        case Or(parts):
            return _or([compile_query(part, vocabulary, field_) for part in parts])


def glob_matches(pattern: str, text: str) -> bool:
    """Whether the pattern, `*` standing for anything, matches the whole text; both in lower case, in linear time."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    *middle, last = rest
    if not text.startswith(first) or len(text) < len(first) + len(last) or not text.endswith(last):
        return False
    place, end = len(first), len(text) - len(last)
    for piece in middle:
        start = text.find(piece, place, end)
        if start < 0:
            return False
        place = start + len(piece)
    return True


def _zone(field_: str) -> str:
    """Return the prefix of a field's terms; title and text share theirs, so that most rules need one term for both."""
    return "" if field_ in ("", "title", "text") else f"{field_}/"


def _word(term: int, field_: str, letters: int) -> Node:
    def spans(hits: Hits) -> list[Span]:
        return [(place, place) for place in hits.get(term, ())]

    only = frozenset({term})
    if field_ in _READ_BY_FIELD:
        test, inside = _in_field(spans, field_)
        return Node(test, inside, anchors=only, terms=only, needed=only, rarity=letters)
    return Node(lambda hits: term in hits, spans, anchors=only, terms=only, needed=only, sure=True, rarity=letters)


def _in_field(spans: Places, field_: str) -> tuple[Test, Places]:
    """Make the test and the places of something, limited to a field if one is named."""
    if field_ not in _READ_BY_FIELD:
        return (lambda hits: bool(spans(hits))), spans
    zones = _READ_BY_FIELD[field_]

    def inside(hits: Hits) -> list[Span]:
        return [span for span in spans(hits) if span[0] >> ZONE_BITS in zones]

    return (lambda hits: bool(inside(hits))), inside


def _phrase(phrase: Phrase, vocabulary: Vocabulary, field_: str) -> Node:
    zone = _zone(field_)
    terms = [vocabulary.term(word, zone) for word in phrase.words]
    longest = max(range(len(terms)), key=lambda n: (len(phrase.words[n].text), -n))
    joined = vocabulary.term(Word(phrase.joined), zone) if phrase.joined else None
    anchors = frozenset({terms[longest]} if joined is None else {terms[longest], joined})

    def spans(hits: Hits) -> list[Span]:
        runs = _runs(terms, hits)
        return runs if joined is None else sorted(runs + [(place, place) for place in hits.get(joined, ())])

    test, inside = _in_field(spans, field_)
    every = frozenset(terms)
    needed = every if joined is None else frozenset()
    return Node(test, inside, anchors, anchors | every, needed, rarity=len(phrase.words[longest].text))


def _runs(terms: list[int], hits: Hits) -> list[Span]:
    """Find where the terms follow one right after the other."""
    for term in terms:  # most texts with one of the terms lack the others
        if term not in hits:
            return []
    starts = set(hits[terms[0]])
    for offset, term in enumerate(terms[1:], start=1):
        starts &= {place - offset for place in hits[term]}
    last = len(terms) - 1
    return [(start, start + last) for start in sorted(starts)]


def _near(left: Node, right: Node, distance: int) -> Node:
    def spans(hits: Hits) -> list[Span]:
        lefts, rights = left.spans(hits), right.spans(hits)
        if not lefts or not rights:
            return []
        by_start, by_end = sorted(rights), sorted(rights, key=lambda span: span[1])
        starts, ends = [span[0] for span in by_start], [span[1] for span in by_end]
        near = []
        for first, last in lefts:
            after = bisect_right(starts, last)
            if after < len(starts) and starts[after] - last - 1 <= distance:
                near += [(first, last), by_start[after]]
            before = bisect_left(ends, first) - 1
            if before >= 0 and first - ends[before] - 1 <= distance:
                near += [by_end[before], (first, last)]
        return sorted(set(near))

    def test(hits: Hits) -> bool:
        return left.test(hits) and right.test(hits) and bool(spans(hits))

    rarer = max(left, right, key=_rarity)
    terms, needed = left.terms | right.terms, left.needed | right.needed
    return Node(test, spans, rarer.anchors, terms, needed, rarity=rarer.rarity)


def _not(part: Node) -> Node:
    return Node(test=lambda hits: not part.test(hits), spans=lambda hits: [], anchors=frozenset(), terms=frozenset())


def _and(parts: list[Node]) -> Node:
    rarest = max((part for part in parts if part.anchors), key=_rarity, default=parts[0])
    # Tested only where the rarest part's anchor occurs, so the others come first: they fail most often, a NOT least.
    tests = [part.test for part in sorted(parts, key=lambda part: (not part.anchors, part is rarest))]

    def test(hits: Hits) -> bool:
        for matches in tests:  # noqa: SIM110 - the hottest loop of all: all() with a generator takes twice as long
            if not matches(hits):
                return False
        return True

    return Node(
        test=test,
        spans=lambda hits: [span for part in parts for span in part.spans(hits)],
        anchors=rarest.anchors,
        terms=_terms_of(parts),
        needed=frozenset().union(*(part.needed for part in parts)),
        rarity=rarest.rarity,
    )


def _rarity(part: Node) -> tuple[int, int]:
    """Rate how rare a part's anchors are, higher for rarer ones: long words, and few of them."""
    return part.rarity, -len(part.anchors)


def _or(parts: list[Node]) -> Node:
    if all(part.sure for part in parts):
        return _any_word(_terms_of(parts), min(part.rarity for part in parts))
    if not all(part.anchors for part in parts):
        return _or_of_absent(parts)
    by_anchor: dict[int, list[int]] = {}
    for number, part in enumerate(parts):
        for term in part.anchors:
            by_anchor.setdefault(term, []).append(number)

    def test(hits: Hits) -> bool:
        return any(parts[number].test(hits) for term in by_anchor.keys() & hits.keys() for number in by_anchor[term])

    def spans(hits: Hits) -> list[Span]:
        called = {number for term in by_anchor.keys() & hits.keys() for number in by_anchor[term]}
        return [span for number in sorted(called) if parts[number].test(hits) for span in parts[number].spans(hits)]

    rarity = min(part.rarity for part in parts)
    return Node(test, spans, frozenset(by_anchor), _terms_of(parts), parts=tuple(parts), rarity=rarity)


def _or_of_absent(parts: list[Node]) -> Node:
    """Compile alternatives of which one matches where a word is missing, so that no word is an anchor."""
    return Node(
        test=lambda hits: any(part.test(hits) for part in parts),
        spans=lambda hits: [span for part in parts if part.test(hits) for span in part.spans(hits)],
        anchors=frozenset(),
        terms=_terms_of(parts),
    )


def _any_word(terms: frozenset[int], rarity: int) -> Node:
    """Compile alternatives that are all single words: no need to test each by itself."""

    def test(hits: Hits) -> bool:
        for term in terms:  # noqa: SIM110 - as above
            if term in hits:
                return True
        return False

    def spans(hits: Hits) -> list[Span]:
        return [(place, place) for term in terms if term in hits for place in hits[term]]

    return Node(test, spans, anchors=terms, terms=terms, sure=True, rarity=rarity)


def _terms_of(parts: list[Node]) -> frozenset[int]:
    return frozenset().union(*(part.terms for part in parts))
