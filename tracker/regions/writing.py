"""Write a region file: its tables, and a rulebook with its examples, as TOML that `tracker.regions` reads back."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from db.strategies import Rule, Spearhead, Strategy, Texts
from tracker.tagging.evaluate import Example
from tracker.tagging.rulebook import Rulebook

BARE = re.compile(r"[A-Za-z0-9_-]+")
OF_EXAMPLES = ("text", "identifier", "source")  # beside the title and the language; a file has no place for more


def region_text(beside: Mapping[str, Any], book: Rulebook, examples: Collection[Example]) -> str:
    """The file's text: the tables `beside` the rulebook, then the rulebook."""
    parts = [_table(f"[{name}]", table) for name, table in _named(beside)]
    parts += [_table("[[masks]]", _mask(mask)) for mask in book.masks if mask.spearhead is None]
    parts += [_table("[[strategies]]", _strategy(strategy)) for strategy in book.strategies]
    for head in book.spearheads:
        own = [one for one in examples if one.spearhead == head.key]
        parts.append(_table("[[spearheads]]", _spearhead(head)))
        masks = [_mask(mask) for mask in book.masks if mask.spearhead == head.key]
        parts += [_table("[[spearheads.masks]]", mask) for mask in masks]
        rules = [_rule(rule, own) for rule in book.rules if rule.spearhead == head.key]
        parts += [_table("[[spearheads.rules]]", rule) for rule in rules]
        parts += [_table("[[spearheads.examples]]", _example(one)) for one in own if one.rule is None]
    return "\n".join(parts)


def _named(tables: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Tables by their dotted names; sources are one table each."""
    for name, table in tables.items():
        if name == "sources":
            yield from ((f"sources.{key}", one) for key, one in table.items())
        else:
            yield name, table


def _strategy(one: Strategy) -> dict[str, Any]:
    days = {"starts_on": one.starts_on, "ends_on": one.ends_on}
    named = {"key": one.key, "level": one.level.value, "names": _texts(one.names)}
    said = {"links": one.links, "provisional": one.provisional, "switched_on": one.switched_on}
    return named | days | {"spearheads": one.spearheads} | said


def _spearhead(one: Spearhead) -> dict[str, Any]:
    counted = {"key": one.key, "level": one.level.value, "threshold": one.threshold, "full_until": one.full_until}
    return counted | {"names": _texts(one.names), "descriptions": _texts(one.descriptions), "links": one.links}


def _rule(rule: Rule, own: Sequence[Example]) -> dict[str, Any]:
    guarded = {
        name: [one.document.text or one.document.title for one in own if one.rule == rule.key and one.must is must]
        for name, must in (("matches", True), ("spares", False))
    }
    line = {"key": rule.key, "weight": rule.weight.name.lower(), "language": rule.language, "text": rule.text}
    return line | {"enabled": rule.enabled} | guarded


def _mask(mask: Any) -> dict[str, Any]:
    return {"key": mask.key, "text": mask.text, "language": mask.language, "hides": mask.hides.value}


def _example(one: Example) -> dict[str, Any]:
    words = {name: getattr(one.document, name) or None for name in OF_EXAMPLES}
    title = one.document.title or one.document.text
    return {"must": one.must, "title": title, "language": one.document.language or None} | words


def _texts(texts: Texts) -> dict[str, str]:
    return dict(texts)


def _table(head: str, table: Mapping[str, Any]) -> str:
    lines = [f"{_key(name)} = {_toml(value)}" for name, value in table.items() if value is not None and value != ()]
    return "\n".join([head, *lines, ""])


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _toml(name)


def _toml(value: Any) -> str:
    """A value as TOML; tables within are in one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else str(value)
