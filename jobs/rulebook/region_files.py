"""Region files without a database: check one, and tag calls by its rules.

Importing a region file is in `jobs.rulebook.drafts` and `jobs.rulebook.region_import`.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from db.strategies import Level
from tracker.errors import Code, Refusal
from tracker.regions import Region, broken_examples, doubts, load_region
from tracker.regions.public import gaps
from tracker.tagging.documents import from_judged
from tracker.tagging.index import Index, Tag, compile_rules, tag
from tracker.tagging.lemmas import Lemmas


@dataclass(frozen=True, slots=True)
class HeldSpearhead:
    """A spearhead of a region file: its threshold, and how many rules and examples it has."""

    spearhead: str
    threshold: int
    rules: int
    examples: int


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """The spearheads of a region file, its examples that its own rules fail, and what in it is hardly meant."""

    spearheads: tuple[HeldSpearhead, ...]
    unkept: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaggedLine:
    """A call of a file by its id, with its tags and their evidence."""

    id: str
    tags: tuple[Tag, ...]


def check_file(file: Path) -> CheckedFile:
    """Check a region file; ConfigError lists all its faults, Refusal if it cannot be read."""
    region = _region(file)
    rules = Counter(rule.spearhead for rule in region.rulebook.rules)
    examples = Counter(example.spearhead for example in region.examples)
    spearheads = [
        HeldSpearhead(spearhead.key, spearhead.threshold, rules[spearhead.key], examples[spearhead.key])
        for spearhead in region.rulebook.spearheads
    ]
    return CheckedFile(tuple(spearheads), tuple(broken_examples(region, Lemmas())), tuple(doubts(region)))


def public_gaps(file: Path, on: date) -> list[str]:
    """What keeps a region from going public on a day, one line each; ConfigError and Refusal as above."""
    region = _region(file)
    return gaps(region.public, region.languages, on)


def index_of_file(file: Path) -> Index:
    """Compile the rules of a region file; ConfigError lists all its faults, Refusal if it cannot be read."""
    return compile_rules(_region(file).rulebook, Lemmas())


def _region(file: Path) -> Region:
    try:
        return load_region(file)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None


def tag_lines(index: Index, lines: Iterable[str], levels: Collection[Level], place: str) -> Iterator[TaggedLine]:
    """Tag each call of a file (one JSON object per line), keeping tags of these levels; Refusal names a bad line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _tagged(index, line, levels, f"{place}:{number}")


def _tagged(index: Index, line: str, levels: Collection[Level], place: str) -> TaggedLine:
    try:
        document = from_judged(json.loads(line), index.lemmas)
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise Refusal(Code.NOT_A_CALL, place=place) from None
    return TaggedLine(document.id, tuple(tagged for tagged in tag(index, document) if tagged.level in levels))
