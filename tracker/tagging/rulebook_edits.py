"""Edits: a rulebook as it would be, and where it can tag differently from the present one."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from db.strategies import Level, Mask, Rule, Spearhead
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, RuleError
from tracker.tagging.evaluate import Example
from tracker.tagging.language import check_line, parse_rule
from tracker.tagging.rulebook import Rulebook, home_of

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
TOKENS = re.compile(r'[^\s()"]*"[^"]*"|[()]|[^\s()"]+')


@dataclass(frozen=True, slots=True)
class Edit:
    """A rulebook to be saved, named by its `subject` (a rule's key, a file).

    `before` is the rulebook when the edit was made, `book` the one that would be. `examples` are added with it; where
    an import brings `of_file`, they replace the region file's examples.
    """

    subject: str
    before: Rulebook
    book: Rulebook
    examples: tuple[Example, ...] = ()
    of_file: tuple[Example, ...] | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two rulebooks can tag differently: for these spearheads, in calls that one of these lines reaches.

    `rules` are new or changed, as they would be. `recount` are the keys of all rules that can give a call other points.
    """

    spearheads: frozenset[str]
    lines: tuple[Rule | Mask, ...]
    rules: tuple[Rule, ...]
    recount: frozenset[str]


def check_lines(before: Rulebook, after: Rulebook, language: str) -> None:
    """Check the new and changed rules and masks; InputFaults for a bad key, NotFound for an unknown spearhead.

    RuleError, in this language, for a line that may not be saved.
    """
    known = sorted(spearhead.key for spearhead in after.spearheads)
    lines: set[Rule | Mask] = {*after.rules, *after.masks}
    for line in sorted(lines.difference(before.rules, before.masks), key=lambda line: line.key):
        if not KEY.fullmatch(line.key):
            raise InputFaults(Fault(Code.BAD_KEY, "key", {"given": line.key}))
        if line.spearhead is not None and line.spearhead not in known:
            raise NotFound(Noun.SPEARHEAD, line.spearhead, known)
        if (
            isinstance(line, Rule) and not line.enabled
        ):  # a line saved under older, laxer checks can still be switched off
            parse_rule(line.text, language)
        else:
            check_line(line.text, language)


def differing(before: Rulebook, after: Rulebook) -> Difference:
    """Find where two rulebooks can tag differently."""
    pairs = list(_paired(_in_force(before), _in_force(after)))
    lines: list[Rule | Mask] = [line for old, new in pairs for line in changed(old, new)]
    spearheads = {rule.spearhead for pair in pairs for rule in pair if rule}
    every = {spearhead.key for book in (before, after) for spearhead in book.spearheads}
    in_force = [rule for book in (before, after) for rule in _in_force(book).values()]
    read_anew: set[str] = set()
    for mask in {*before.masks} ^ {*after.masks}:
        lines.append(mask)
        read_anew |= {mask.spearhead} if mask.spearhead else every
    for key in every:
        old_bar, new_bar = _bar(before, key), _bar(after, key)
        if old_bar != new_bar:
            spearheads.add(key)
            lines += [rule for rule in in_force if rule.spearhead == key]
            read_anew |= {key} if _counts_otherwise(old_bar, new_bar) else set()
    return Difference(
        frozenset(spearheads | read_anew),
        tuple(dict.fromkeys(lines)),
        tuple(new for _, new in pairs if new),
        frozenset(
            {rule.key for pair in pairs for rule in pair if rule}
            | {rule.key for rule in in_force if rule.spearhead in read_anew}
        ),
    )


def _in_force(book: Rulebook) -> dict[str, Rule]:
    return {rule.key: rule for rule in book.rules if rule.enabled}


def _paired(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> Iterator[tuple[Rule | None, Rule | None]]:
    """Pair the rules that differ, by key; None on the side that lacks the rule."""
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            yield old.get(key), new.get(key)


class _Bar(NamedTuple):
    """What decides on a spearhead's tags besides its lines."""

    threshold: int
    full_until: int | None
    level: Level
    home: str


def _bar(book: Rulebook, key: str) -> _Bar | None:
    """Return what decides on a spearhead's tags besides its lines; None if calls are not tagged with it at all."""
    home = home_of(book.strategies, key)
    spearhead = next((spearhead for spearhead in book.spearheads if spearhead.key == key), None)
    return _Bar(spearhead.threshold, spearhead.full_until, spearhead.level, home.key) if spearhead and home else None


def _counts_otherwise(old: _Bar | None, new: _Bar | None) -> bool:
    """Whether the same rules can give other points."""
    return old is None or new is None or old.full_until != new.full_until


def changed(old: Rule | None, new: Rule | None) -> list[Rule]:
    """List the lines that reach every call an edit of a rule can touch: the alternatives that only one version has.

    Where no such alternative occurs, those in both versions match or fail as before. If the versions differ in more
    than their text, both are listed whole.
    """
    if old is None or new is None:
        return [rule for rule in (old, new) if rule]
    if old.model_copy(update={"text": new.text}) != new:  # its weight, language or spearhead differs
        return [old, new]
    differing = sorted(alternatives(old.text) ^ alternatives(new.text))
    try:
        for text in differing:
            parse_rule(text)
    except RuleError:  # the line does not split so simply
        return [old, new]
    return [new.model_copy(update={"text": text}) for text in differing]


def alternatives(text: str) -> frozenset[str]:
    """Split a line at its outermost ORs."""
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
    """Return the rulebook with this rule added, or in place of the one with its key."""
    return replace(book, rules=(*(other for other in book.rules if other.key != rule.key), rule))


def with_mask(book: Rulebook, key: str, mask: Mask | None) -> Rulebook:
    """Return the rulebook with this mask added, or in place of the one with the key; None removes it."""
    others = tuple(other for other in book.masks if other.key != key)
    return replace(book, masks=(*others, mask) if mask else others)


def with_scoring(book: Rulebook, spearheads: Collection[str], **scoring: int | None) -> Rulebook:
    """Return the rulebook with another `threshold` or `full_until` for some spearheads."""

    def moved(candidate: Spearhead) -> Spearhead:
        return candidate.model_copy(update=scoring) if candidate.key in spearheads else candidate

    return replace(book, spearheads=tuple(map(moved, book.spearheads)))


def narrowed(book: Rulebook, spearheads: Collection[str]) -> Rulebook:
    """Reduce a rulebook to some spearheads, which tag as in the whole one; it compiles and runs faster."""
    return replace(
        book,
        spearheads=tuple(spearhead for spearhead in book.spearheads if spearhead.key in spearheads),
        rules=tuple(rule for rule in book.rules if rule.spearhead in spearheads),
        masks=tuple(mask for mask in book.masks if mask.spearhead is None or mask.spearhead in spearheads),
    )
