"""Region files without a database: what one holds, and calls tagged by its rules.

Does not take a file in (`jobs.rulebook.drafts`) or store anything.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from db.strategies import Level
from tracker.errors import Code, Refusal
from tracker.regions import Region, broken_examples, load_region
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
    """What a region file holds, and its examples that its own rules do not keep."""

    spearheads: tuple[HeldSpearhead, ...]
    unkept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaggedLine:
    """A call of a file by its id, with its tags and their evidence."""

    id: str
    tags: tuple[Tag, ...]


def check_file(file: Path) -> CheckedFile:
    """What a region file holds. ConfigError lists every fault of it; TrackerError where it cannot be read."""
    region = _region(file)
    rules = Counter(rule.spearhead for rule in region.rulebook.rules)
    examples = Counter(example.spearhead for example in region.examples)
    held = [
        HeldSpearhead(one.key, one.threshold, rules[one.key], examples[one.key]) for one in region.rulebook.spearheads
    ]
    return CheckedFile(tuple(held), tuple(broken_examples(region, Lemmas())))


def index_of_file(file: Path) -> Index:
    """The rules of a region file, compiled. ConfigError, or Refusal where it cannot be read."""
    return compile_rules(_region(file).rulebook, Lemmas())


def _region(file: Path) -> Region:
    try:
        return load_region(file)
    except OSError as error:
        raise Refusal(Code.FILE_UNREADABLE, file=file, why=error.strerror) from None


def tag_lines(index: Index, lines: Iterable[str], levels: Collection[Level], place: str) -> Iterator[TaggedLine]:
    """Each call of a file (one JSON object a line) with its tags of these levels. Refusal names the line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _tagged(index, line, levels, f"{place}:{number}")


def _tagged(index: Index, line: str, levels: Collection[Level], place: str) -> TaggedLine:
    try:
        document = from_judged(json.loads(line))
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise Refusal(Code.NOT_A_CALL, place=place) from None
    return TaggedLine(document.id, tuple(one for one in tag(index, document) if one.level in levels))
