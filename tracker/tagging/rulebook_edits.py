"""An edit is a rulebook as it would stand: where two rulebooks can tag differently."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from db.strategies import Mask, Rule, Spearhead
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, RuleError
from tracker.tagging.evaluate import Example
from tracker.tagging.language import check_line, parse_rule
from tracker.tagging.rulebook import Rulebook, home_of

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


TOKENS = re.compile(r'[^\s()"]*"[^"]*"|[()]|[^\s()"]+')


@dataclass(frozen=True, slots=True)
class Edit:
    """What would be saved under the name of `subject` (a rule's key, a file): the rulebook as it would stand.

    `before` is how it stood when the edit was made. `examples` come with it. `of_file` take the place of the region
    file's, where an import brings them.
    """

    subject: str
    before: Rulebook
    book: Rulebook
    examples: tuple[Example, ...] = ()
    of_file: tuple[Example, ...] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two rulebooks can tag differently: for these spearheads, calls that one of these lines reaches."""

    spearheads: frozenset[str]
    lines: tuple[Rule | Mask, ...]
    rules: tuple[Rule, ...]  # that hold otherwise than before, as they would stand

    def is_read(self, example: Example) -> bool:
        """Whether an example is one of these spearheads', in a language that one of the lines reads."""
        languages = {line.language for line in self.lines}
        return example.spearhead in self.spearheads and not languages.isdisjoint({None, example.document.language})


def check_lines(before: Rulebook, after: Rulebook, language: str) -> None:
    """Refuse a rule or mask that is new or other and cannot stand so; what the grammar says is in the language."""
    known = sorted(one.key for one in after.spearheads)
    lines: set[Rule | Mask] = {*after.rules, *after.masks}
    for line in sorted(lines.difference(before.rules, before.masks), key=lambda line: line.key):
        if not KEY.fullmatch(line.key):
            raise InputFaults(Fault(Code.BAD_KEY, "key", {"given": line.key}))
        if line.spearhead is not None and line.spearhead not in known:
            raise NotFound(Noun.SPEARHEAD, line.spearhead, known)
        if isinstance(line, Rule) and not line.enabled:  # what was saved in another age can be switched off
            parse_rule(line.text, language)
        else:
            check_line(line.text, language)


def differing(before: Rulebook, after: Rulebook) -> Difference:
    """Where two rulebooks can tag differently."""
    lines: list[Rule | Mask] = []
    spearheads: set[str] = set()
    rules = []
    for old, new in _paired(_in_force(before), _in_force(after)):
        lines += changed(old, new)
        spearheads |= {one.spearhead for one in (old, new) if one}
        rules += [new] if new else []
    every = {one.key for book in (before, after) for one in book.spearheads}
    for mask in {*before.masks} ^ {*after.masks}:
        lines.append(mask)
        spearheads |= {mask.spearhead} if mask.spearhead else every
    for key in every:
        if _bar(before, key) != _bar(after, key):
            spearheads.add(key)
            lines += [rule for book in (before, after) for rule in _in_force(book).values() if rule.spearhead == key]
    return Difference(frozenset(spearheads), tuple(dict.fromkeys(lines)), tuple(rules))


def _in_force(book: Rulebook) -> dict[str, Rule]:
    return {rule.key: rule for rule in book.rules if rule.enabled}


def _paired(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """The rules that are on one side only, or other there than here, by key."""
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield old.get(key), new.get(key)


def _bar(book: Rulebook, key: str) -> tuple[Any, ...] | None:
    """What besides its lines decides on a spearhead's tags, and whose they are; None where it is not tagged at all."""
    home = home_of(book.strategies, key)
    found = [one for one in book.spearheads if one.key == key]
    return (found[0].threshold, found[0].level, home.key) if found and home else None


def changed(old: Rule | None, new: Rule | None) -> list[Rule]:
    """The lines that reach whatever an edit can touch: both as a whole, or the alternatives that only one of them has.

    What both have holds or does not hold as before, wherever none of the others stands.
    """
    if old is None or new is None:
        return [one for one in (old, new) if one]
    if old.model_copy(update={"text": new.text}) != new:  # its points, texts or spearhead differ
        return [old, new]
    differing = sorted(alternatives(old.text) ^ alternatives(new.text))
    try:
        for text in differing:
            parse_rule(text)
    except RuleError:  # written in a way that does not part so simply
        return [old, new]
    return [new.model_copy(update={"text": text}) for text in differing]


def alternatives(text: str) -> frozenset[str]:
    """The parts of a line that stand between its outermost ORs."""
    parts: list[list[str]] = [[]]
    depth = 0
    for piece in TOKENS.findall(text):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "OR" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(piece)
    return frozenset(" ".join(part) for part in parts)


def with_rule(book: Rulebook, rule: Rule) -> Rulebook:
    """The rulebook with this rule in place of the one of its key, or added."""
    return replace(book, rules=(*(one for one in book.rules if one.key != rule.key), rule))


def with_mask(book: Rulebook, key: str, mask: Mask | None) -> Rulebook:
    """The rulebook with this mask in place of the one of the key, or added; without it, where it is None."""
    others = tuple(one for one in book.masks if one.key != key)
    return replace(book, masks=(*others, mask) if mask else others)


def with_threshold(book: Rulebook, spearhead: str, points: int) -> Rulebook:
    """The rulebook with another threshold of a spearhead."""

    def moved(one: Spearhead) -> Spearhead:
        return one.model_copy(update={"threshold": points}) if one.key == spearhead else one

    return replace(book, spearheads=tuple(map(moved, book.spearheads)))


def narrowed(book: Rulebook, spearheads: Collection[str]) -> Rulebook:
    """The rulebook of some spearheads: they tag as in the whole one, and it is compiled and asked in less time."""
    return replace(
        book,
        spearheads=tuple(one for one in book.spearheads if one.key in spearheads),
        rules=tuple(rule for rule in book.rules if rule.spearhead in spearheads),
        masks=tuple(mask for mask in book.masks if mask.spearhead is None or mask.spearhead in spearheads),
    )
