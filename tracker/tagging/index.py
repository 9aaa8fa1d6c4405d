"""Compile all rules of a region into one index, and find a call's tags with their evidence in one pass over its words.

Tags are worded for readers by `tracker.tagging.explain`.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import chain, compress
from typing import NamedTuple

from db.strategies import Hides, Level, Mask, Rule, Spearhead, Weight
from tracker.folding import folded_text
from tracker.tagging.dictionaries import LANGUAGES
from tracker.tagging.documents import Document
from tracker.tagging.evidence import DocumentTerms, Evidence, RuleHit, _evidence, _field_text
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import Lemmas, WordCache, words_once
from tracker.tagging.matching import (
    CONTEXT,
    ID,
    PARENT,
    TEXT,
    TITLE,
    ZONE_BITS,
    ZONES,
    Hits,
    Node,
    Span,
    Test,
    Vocabulary,
    compile_query,
    glob_matches,
)
from tracker.tagging.rulebook import Rulebook, home_of
from tracker.tagging.scoring import is_enough, total
from tracker.tagging.sentences import around

ENGINE_VERSION = 6  # raise it whenever the same rules can tag differently
OTHER_LANGUAGE = ""  # a language without a dictionary: words are compared as written


class Tag(NamedTuple):
    """A spearhead that a call is tagged with. `strategy` is the newest one that names the spearhead."""

    strategy: str
    spearhead: str
    level: Level
    score: int
    evidence: tuple[Evidence, ...]


class SpearheadScore(NamedTuple):
    """How a document scores for one spearhead, tagged or not; `places` are those that its masks leave."""

    spearhead: Spearhead
    score: int
    hits: tuple[RuleHit, ...]
    places: Hits
    reading: DocumentTerms

    @property
    def is_tagged(self) -> bool:
        """Whether the points are enough."""
        return is_enough(self.spearhead, self.hits)

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the matching rules match, by rule and field."""
        full_until, own = self.spearhead.full_until, _without_context(self.places, self.reading)
        places = {True: self.places, False: own}
        found = [_evidence(hit, places[hit.is_of_context], self.reading, full_until) for hit in self.hits]
        return tuple(chain.from_iterable(found))


class Index:
    """The compiled rulebook, good for any number of documents; after an edit, make a new one (`compile_rules`)."""

    def __init__(self, rulebook: Rulebook, lemmas: Lemmas) -> None:
        self.rulebook = rulebook
        self.lemmas = lemmas
        self.spearheads = {s.key: s for s in rulebook.spearheads if home_of(rulebook.strategies, s.key)}
        self.homes = {key: home for key in self.spearheads if (home := home_of(rulebook.strategies, key))}
        self._readers: dict[str, _Reader] = {}

    def reader(self, language: str) -> "_Reader":
        """Return the part of the index for one language, compiled when the first such text comes."""
        if language not in LANGUAGES:
            language = OTHER_LANGUAGE
        if language not in self._readers:
            self._readers[language] = _Reader(self, language)
        return self._readers[language]


def compile_rules(rulebook: Rulebook, lemmas: Lemmas) -> Index:
    """Compile all rules into an index; spearheads that no switched-on strategy names are left out.

    Raises RuleError for the first rule or mask that cannot be parsed.
    """
    index = Index(rulebook, lemmas)
    for text in {rule.text for rule in rulebook.rules} | {mask.text for mask in rulebook.masks}:
        parse_rule(text)
    return index


def tag(index: Index, document: Document) -> tuple[Tag, ...]:
    """Tag a document: its tags in the rulebook's order, each with the evidence of all matching rules."""
    return tags_of(index, spearhead_scores(index, document))


def tags_of(index: Index, scores: Iterable[SpearheadScore]) -> tuple[Tag, ...]:
    """Make the tags of a document that scores so."""
    return tuple(
        Tag(
            strategy=index.homes[score.spearhead.key].key,
            spearhead=score.spearhead.key,
            level=score.spearhead.level,
            score=score.score,
            evidence=score.evidence,
        )
        for score in scores
        if score.is_tagged
    )


def spearhead_scores(index: Index, document: Document) -> tuple[SpearheadScore, ...]:
    """Score a document for every spearhead that has at least one matching rule."""
    reader = index.reader(document.language)
    return tuple(reader.scores(reader.read(document)))


def rulebook_fingerprint(rulebook: Rulebook, lemmas: Lemmas) -> str:
    """Digest whatever decides on tags: 64 hex digits that change when the same call could be tagged differently.

    Names, descriptions and links do not count.
    """
    deciding = {
        "engine": [ENGINE_VERSION, lemmas.name],
        "strategies": sorted([s.key, str(s.starts_on), s.spearheads, s.switched_on] for s in rulebook.strategies),
        "spearheads": sorted([s.key, s.threshold, s.level, s.full_until] for s in rulebook.spearheads),
        "rules": sorted((rule.model_dump() for rule in rulebook.rules), key=lambda rule: str(rule["key"])),
        "masks": sorted((mask.model_dump() for mask in rulebook.masks), key=lambda mask: str(mask["key"])),
    }
    return hashlib.sha256(json.dumps(deciding, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class _CompiledRule(NamedTuple):
    rule: Rule
    node: Node
    order: int  # of the spearhead in the rulebook
    spearhead: str
    weight: Weight
    full_until: int | None


class _Reader:
    """The rules that read texts of one language, keyed by the terms that make them worth testing."""

    def __init__(self, index: Index, language: str) -> None:
        self._index = index
        self._vocabulary = Vocabulary(language, index.lemmas)
        self._spearheads = list(index.spearheads.values())
        self._order = {key: number for number, key in enumerate(index.spearheads)}
        self._rules: list[_CompiledRule] = []
        self._sure: dict[int, list[int]] = defaultdict(list)  # term -> rules that match wherever it occurs
        self._maybe: dict[int, list[tuple[int, int, Test]]] = defaultdict(
            list
        )  # term -> (rule, another term it needs, its test)
        self._masks: dict[int, list[tuple[int, Mask, Node]]] = defaultdict(list)  # term -> (another that it needs, …)
        for rule in index.rulebook.rules:
            if rule.enabled and rule.spearhead in index.spearheads and rule.language in (None, language):
                self._add_rule(rule)
        for mask in index.rulebook.masks:
            if mask.language in (None, language) and (mask.spearhead is None or mask.spearhead in index.spearheads):
                self._add_mask(mask)
        self._entries = WordCache(self._vocabulary.terms_of)
        self._globs = [(pattern, number) for pattern, number in self._vocabulary.globs.items()]
        self._fields = [zone for zone in ZONES[ID:] if zone in self._vocabulary.fields]
        self._field_entries = {zone: WordCache(self._look_up_in(zone)) for zone in self._fields}

    def rules_of(self, spearhead: str) -> list[tuple[Rule, Node]]:
        """List a spearhead's rules for this language, compiled."""
        return [(compiled.rule, compiled.node) for compiled in self._rules if compiled.spearhead == spearhead]

    def _look_up_in(self, zone: str) -> Callable[[str], tuple[int, ...]]:
        return lambda form: self._vocabulary.terms_of(form, f"{zone}/")

    def _add_rule(self, rule: Rule) -> None:
        node = compile_query(parse_rule(rule.text), self._vocabulary)
        number = len(self._rules)
        for part in node.parts or (node,):
            for term in part.anchors:
                if part.sure:
                    self._sure[term].append(number)
                else:
                    other = next(iter(part.needed - {term}), term)
                    self._maybe[term].append((number, other, part.test))
        full_until = self._index.spearheads[rule.spearhead].full_until
        order = self._order[rule.spearhead]
        self._rules.append(_CompiledRule(rule, node, order, rule.spearhead, rule.weight, full_until))

    def _add_mask(self, mask: Mask) -> None:
        node = compile_query(parse_rule(mask.text), self._vocabulary)
        for part in node.parts or (node,):
            for term in part.anchors:
                self._masks[term].append((next(iter(part.needed - {term}), term), mask, part))

    def read(self, document: Document) -> DocumentTerms:
        """Find the terms of a document in one pass over its words, the long text last."""
        hits: defaultdict[int, list[int]] = defaultdict(list)
        pieces = {zone: _place(text, zone, self._entries, hits) for zone, text in _titles(document)}
        for name in self._fields:
            zone = ZONES.index(name)
            pieces[zone] = _place(_field_text(document, name), zone, self._field_entries[name], hits)
        code = folded_text(document.identifier).lower()
        for pattern, number in self._globs:
            if code and glob_matches(pattern, code):
                hits[number] = [ID << ZONE_BITS]
        beside_text = frozenset(hits)
        pieces[TEXT] = _place(document.text, TEXT, self._entries, hits)
        if document.context:
            pieces[CONTEXT] = _place(document.context, CONTEXT, self._entries, hits)
        hits.default_factory = None
        return DocumentTerms(document, hits, beside_text, pieces, {}, {}, [])

    def scores(self, reading: DocumentTerms) -> list[SpearheadScore]:
        """Score every spearhead that has a matching rule, in the rulebook's order."""
        everywhere, by_spearhead = self._masked(reading)
        by_order: dict[int, list[RuleHit]] = defaultdict(list)
        view = _View(everywhere, reading)
        views = {key: _View(hits, reading) for key, hits in by_spearhead.items()}
        for compiled in self._matching_beside_context(everywhere, by_spearhead, reading):
            hit = views.get(compiled.spearhead, view).hit(compiled)
            if hit.points:
                by_order[compiled.order].append(hit)
        spearheads = self._spearheads
        return [
            SpearheadScore(
                spearhead=spearheads[order],
                score=total(hits),
                hits=tuple(hits),
                places=by_spearhead.get(spearheads[order].key, everywhere),
                reading=reading,
            )
            for order, hits in sorted(by_order.items())
        ]

    def _matching_beside_context(
        self, everywhere: Hits, by_spearhead: Mapping[str, Hits], reading: DocumentTerms
    ) -> list[_CompiledRule]:
        """Find the matching rules, in the rulebook's order; what the topic's text says ends no match of the call's."""
        matching = self._matching(everywhere, by_spearhead)
        if reading.document.context:
            own = {key: _without_context(hits, reading) for key, hits in by_spearhead.items()}
            matching |= self._matching(_without_context(everywhere, reading), own)
        return [self._rules[number] for number in sorted(matching)]

    def _matching(self, everywhere: Hits, by_spearhead: Mapping[str, Hits]) -> set[int]:
        """Find the matching rules by number; each spearhead's own masks apply."""
        matching: set[int] = set()
        for term in everywhere:
            if term in self._sure:
                matching.update(self._sure[term])
            if term in self._maybe:
                for number, other, test in self._maybe[term]:
                    if other in everywhere and number not in matching and test(everywhere):
                        matching.add(number)
        rules = self._rules
        if by_spearhead:  # a mask can end a match, and through NOT make one: these rules see their own places
            owned = {n for n, compiled in enumerate(rules) if compiled.spearhead in by_spearhead}
            matching -= owned
            matching.update(n for n in owned if rules[n].node.test(by_spearhead[rules[n].spearhead]))
        return matching

    def _masked(self, reading: DocumentTerms) -> tuple[dict[int, list[int]], dict[str, dict[int, list[int]]]]:
        """Blank the masked places: in the hits for all spearheads, and for each spearhead whose own masks match."""
        hits = reading.hits
        blank: dict[str | None, set[int]] = defaultdict(set)
        for term in self._masks.keys() & hits.keys():
            for other, mask, node in self._masks[term]:
                for span in node.spans(hits) if other in hits else ():
                    blank[mask.spearhead].update(_hidden(mask.hides, span, reading))
        shared = blank.pop(None, set())
        everywhere = _without(hits, shared)
        return everywhere, {str(key): _without(everywhere, places) for key, places in blank.items()}


class _View:
    """A document's hits as one spearhead sees them, divided by what they count."""

    def __init__(self, hits: Hits, reading: DocumentTerms) -> None:
        self._hits = hits = _without_context(hits, reading)
        self._reading = reading
        self._heads: dict[int, Hits] = {}
        self._of_parent = reading.document.of_parent
        self._own = _only(hits, hits, _OWN_OF_CASCADE) if self._of_parent else hits
        self._titled = _only(hits, hits, _OWN_OF_CASCADE | {PARENT}) if self._of_parent else hits
        self._title = _only(self._own, reading.beside_text, _ALL - {TEXT, PARENT})
        self._in_title = {term for term, places in self._title.items() if places[0] >> ZONE_BITS == TITLE}

    def hit(self, compiled: _CompiledRule) -> RuleHit:
        """Return what a rule that matches counts: half if it takes words of the context."""
        is_of_context = bool(self._reading.document.context) and not compiled.node.test(self._hits)
        points = compiled.weight.points / 2 if is_of_context else self._points(compiled)
        return RuleHit(compiled.rule, points, compiled.node, is_of_context)

    def _points(self, compiled: _CompiledRule) -> float:
        """Return a rule's points: double if the title alone matches, half if it takes the parent's words or late ones.

        A match in the parent's title counts half of double, as much as one near the beginning of the text.
        """
        weight, node = compiled.weight.points, compiled.node
        if not node.terms.isdisjoint(self._in_title) and node.test(self._title):
            return 2 * weight if _stands_in_title(node, self._title) else weight
        if self._of_parent and not node.test(self._own) and not node.test(self._titled):
            return weight / 2
        head = self._head(compiled.full_until)
        is_near = node.test(head)
        points = weight if is_near else weight / 2
        is_repeated = compiled.weight is Weight.REPEATED and _is_repeated(node, head if is_near else self._hits)
        return 2 * points if is_repeated else points

    def _head(self, until: int | None) -> Hits:
        """Select the hits that do not stand further down in the text than a hit counts in full."""
        if until is None or len(self._reading.document.text) <= until:
            return self._hits
        if until not in self._heads:
            self._heads[until] = _before(self._hits, (TEXT << ZONE_BITS) + self._reading.word_at(TEXT, until))
        return self._heads[until]


_ALL = frozenset(range(len(ZONES)))
_BESIDE_CONTEXT = _ALL - {CONTEXT}
_OWN_OF_CASCADE = _BESIDE_CONTEXT - {PARENT, ID, ZONES.index("call"), ZONES.index("destination")}


def _without_context(hits: Hits, reading: DocumentTerms) -> Hits:
    """Select what the call says itself, its topic's text left out."""
    return _only(hits, hits, _BESIDE_CONTEXT) if reading.document.context else hits


def _stands_in_title(node: Node, hits: Hits) -> bool:
    return any(first >> ZONE_BITS == TITLE for first, _ in node.spans(hits))


def _is_repeated(node: Node, hits: Hits) -> bool:
    """Whether the rule holds at two places of the text; two words side by side, or joined by a hyphen, are one."""
    spans = sorted(span for span in node.spans(hits) if span[0] >> ZONE_BITS == TEXT)
    return bool(spans) and spans[-1][0] - spans[0][1] > 1


def _only(hits: Hits, terms: Iterable[int], zones: Collection[int]) -> dict[int, list[int]]:
    """Select the hits of these terms in these zones."""
    selected = {}
    for term in terms:
        inside = [place for place in hits.get(term, ()) if place >> ZONE_BITS in zones]
        if inside:
            selected[term] = inside
    return selected


def _before(hits: Hits, end: int) -> dict[int, list[int]]:
    """Select the hits outside the text, and those in the text before this place."""
    selected = {}
    for term, places in hits.items():
        inside = [place for place in places if place < end or place >> ZONE_BITS != TEXT]
        if inside:
            selected[term] = inside
    return selected


def _hidden(hides: Hides, span: Span, reading: DocumentTerms) -> range:
    """Return the places that a mask hides where it matches: its words, or what of their sentence it is to hide."""
    first, last = span
    zone = first >> ZONE_BITS
    if hides is Hides.WORDS or zone not in reading.pieces:
        return range(first, last + 1)
    base = zone << ZONE_BITS
    before, after = around(reading.pieces[zone], first - base, last - base)
    return range(base + before if hides is Hides.SENTENCE else first, base + after + 1)


def _without(hits: dict[int, list[int]], places: set[int]) -> dict[int, list[int]]:
    if not places:
        return hits
    left = {}
    for term, at in hits.items():
        if not places.isdisjoint(at):
            at = [place for place in at if place not in places]
        if at:
            left[term] = at
    return left


def _place(text: str, zone: int, entries: WordCache[tuple[int, ...]], hits: defaultdict[int, list[int]]) -> list[str]:
    """Add the places of a text's terms to the hits, ascending; returns the text's pieces."""
    words, pieces, in_one = words_once(text)
    base = zone << ZONE_BITS
    terms = list(map(entries.__getitem__, words))
    for number in compress(range(len(terms)), terms):  # most words mean nothing to the rules
        for term in terms[number]:
            hits[term].append(base + number)
    joined: dict[int, set[int]] = {}
    for first, last, word in in_one:
        for term in entries[word]:
            # At both words, so that phrases may go on to the left and to the right of it.
            joined.setdefault(term, set()).update((base + first, base + last))
    for term, places in joined.items():
        hits[term] = sorted(places.union(hits.get(term, ())))
    return pieces


def _titles(document: Document) -> Iterable[tuple[int, str]]:
    yield TITLE, document.title
    if document.of_parent:
        yield PARENT, document.call_title
