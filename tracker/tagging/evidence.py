"""Evidence: the places where a rule matched, quoted from the call itself."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from db.strategies import Rule
from tracker.tagging.documents import Document
from tracker.tagging.lemmas import HYPHENS
from tracker.tagging.matching import (
    ID,
    PARENT,
    TEXT,
    ZONE_BITS,
    ZONES,
    Hits,
    Node,
    Span,
)

MOST_SPANS = 5  # places quoted per rule and field
STRIDE = 64  # pieces between two stored offsets: few pieces are quoted, so few offsets are worth storing


class Evidence(NamedTuple):
    """Where one rule matched in one field: character spans of that field, and the words in them.

    `field` is a field of the rule language (title, text, id, call, ...). `points` are those of the rule's best hit, the
    same for each of its fields. Of the first span of a text, `under` is the heading that it stands under ("Expected
    Outcome"), and `further_down` whether a hit counts only half there.
    """

    rule: str
    field: str
    points: float
    spans: tuple[tuple[int, int], ...]
    words: tuple[str, ...]
    under: str = ""
    further_down: bool = False


class RuleHit(NamedTuple):
    """A rule that matches a document, and its points.

    They are doubled in the title, and halved where it takes the parent's words or words far down in the text.
    `is_of_context`: without the text of the call's topic it would not match.
    """

    rule: Rule
    points: float
    node: Node
    is_of_context: bool = False


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """A document as the matcher sees it: the places of its terms, and the pieces of its fields for quoting.

    `beside_text` are the terms that occur in the title or another short field, which are few.
    """

    document: Document
    hits: dict[int, list[int]]
    beside_text: frozenset[int]
    pieces: dict[int, list[str]]  # zone -> pieces of `split_text`
    starts: dict[int, list[int]]  # zone -> offset of every STRIDE-th piece; filled for zones that are quoted
    quotes: dict[Span, tuple[int, int, str]]  # quotes made so far: several rules may look for one word
    headings: list[tuple[int, str]]  # of the text: where each begins, and the heading; filled when it is quoted

    def start_of(self, zone: int, piece: int) -> int:
        """Return the character offset of a piece of a field."""
        if zone not in self.starts:
            self.starts[zone] = _starts(self.pieces[zone])
        first = piece - piece % STRIDE
        return self.starts[zone][piece // STRIDE] + len("".join(self.pieces[zone][first:piece]))

    def word_at(self, zone: int, character: int) -> int:
        """Return the number of the first word of a field that begins at this character or after it."""
        self.start_of(zone, 0)
        piece = (bisect_right(self.starts[zone], character) - 1) * STRIDE + 1
        while piece < len(self.pieces[zone]) and self.start_of(zone, piece) < character:
            piece += 2
        return min(piece, len(self.pieces[zone])) // 2


def _starts(pieces: list[str]) -> list[int]:
    """Return the offset of every STRIDE-th piece; those between are found by joining a few pieces."""
    strides = ["".join(pieces[first : first + STRIDE]) for first in range(0, len(pieces), STRIDE)]
    return list(accumulate(map(len, strides), initial=0))


_ATTRIBUTES = {
    "title": "title",
    "text": "text",
    "parent": "call_title",
    "context": "context",
    "id": "identifier",
    "call": "call_title",
    "destination": "destination",
    "programme": "programme",
    "action": "type_of_action",
    "source": "source",
}


def _field_text(document: Document, name: str) -> str:
    """Return the text that a field of the rule language reads."""
    return "; ".join(document.audience) if name == "audience" else str(getattr(document, _ATTRIBUTES[name]))


def _evidence(hit: RuleHit, places: Hits, reading: DocumentTerms, full_until: int | None) -> list[Evidence]:
    spans = hit.node.spans(places)
    by_zone: dict[int, list[tuple[int, int, str]]] = {}
    for span in sorted(set(spans)) if len(spans) > 1 else spans:
        zone = span[0] >> ZONE_BITS
        quoted = by_zone.setdefault(zone, [])
        if len(quoted) < MOST_SPANS:
            quote = reading.quotes.get(span) or _quoted(span, zone, reading)
            if quote not in quoted:  # two words of one hyphenated word are quoted as one
                quoted.append(quote)
    return [
        Evidence(
            hit.rule.key,
            "call" if zone == PARENT else ZONES[zone],
            hit.points,
            tuple([(start, end) for start, end, _ in quoted]),
            tuple([words for _, _, words in quoted]),
            *(_standing(quoted[0][0], reading, full_until) if zone == TEXT else ()),
        )
        for zone, quoted in by_zone.items()
    ]


def _standing(start: int, reading: DocumentTerms, full_until: int | None) -> tuple[str, bool]:
    """Return the heading above a character of the text, and whether hits count half there."""
    if not reading.headings:
        found = _HEADING.finditer(reading.document.text)
        reading.headings.extend([(0, ""), *((match.start(), match[1]) for match in found)])
    above = bisect_right(reading.headings, start, key=itemgetter(0)) - 1
    return reading.headings[above][1], full_until is not None and start >= full_until


# A line, or the beginning of one, under which publishers put what their calls are about.
_HEADING = re.compile(
    r"^((?:expected |general |specific |topic )?(?:outcomes?|impacts?|results?|scope|objectives?|background)"
    r"|tausta|tavoitteet?|tavoite|tarkoitus|toimenpiteet|rahoitettava toiminta"
    r"|bakgrund|syfte|mål|åtgärder)(?::|[ \t]*$)",
    re.IGNORECASE | re.MULTILINE,
)


def _quoted(span: Span, zone: int, reading: DocumentTerms) -> tuple[int, int, str]:
    """Quote a span from its first word to its last (start, end, text); an identifier is quoted whole."""
    if zone == ID:
        return 0, len(reading.document.identifier), reading.document.identifier
    pieces = reading.pieces[zone]
    first, after = 2 * (span[0] & _PLACE) + 1, 2 * (span[1] & _PLACE) + 2
    if pieces[first - 1] in HYPHENS or pieces[after] in HYPHENS:
        first, after = 2 * _whole(span[0] & _PLACE, -1, pieces) + 1, 2 * _whole(span[1] & _PLACE, 1, pieces) + 2
    start = reading.start_of(zone, first)
    end = start + len("".join(pieces[first:after]))
    quote = reading.quotes[span] = start, end, _field_text(reading.document, ZONES[zone])[start:end]
    return quote


_PLACE = (1 << ZONE_BITS) - 1


def _whole(word: int, step: int, pieces: list[str]) -> int:
    """Widen a word over at most two hyphens: a reader is shown agri-food, not food, but never a whole web address."""
    end = len(pieces) - 1
    mark = widest = 2 * word + 1 + step
    while pieces[mark] in HYPHENS and 0 < mark < end and abs(mark - widest) < 4:
        mark += 2 * step
    return (mark - step) // 2
