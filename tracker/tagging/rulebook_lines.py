"""Two rulebooks as the lines in which they differ, so that an edit can be kept, and laid over a later rulebook."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from db.strategies import Mask, Rule, Spearhead, Strategy
from tracker.tagging.rulebook import Rulebook

State = dict[str, Any]  # a line's fields as JSON


class BookPart(StrEnum):
    """A part of a rulebook."""

    STRATEGY = "strategy"
    SPEARHEAD = "spearhead"
    RULE = "rule"
    MASK = "mask"


MODELS: dict[BookPart, type[Strategy | Spearhead | Rule | Mask]] = {
    BookPart.STRATEGY: Strategy,
    BookPart.SPEARHEAD: Spearhead,
    BookPart.RULE: Rule,
    BookPart.MASK: Mask,
}


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line of a rulebook as it was and as it would be; None: it was not there, or would not be."""

    part: BookPart
    key: str
    before: State | None
    after: State | None

    def as_json(self) -> State:
        """As it is stored."""
        return {"part": self.part.value, "key": self.key, "before": self.before, "after": self.after}


def stored_line(stored: Mapping[str, Any]) -> ChangedLine:
    """A line as it was stored."""
    return ChangedLine(BookPart(stored["part"]), stored["key"], stored["before"], stored["after"])


def changed_lines(before: Rulebook, after: Rulebook) -> tuple[ChangedLine, ...]:
    """The lines in which two rulebooks differ."""
    return tuple(_differing(before, after))


def _differing(before: Rulebook, after: Rulebook) -> Iterator[ChangedLine]:
    for part in BookPart:
        old, new = _lines(before, part), _lines(after, part)
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield ChangedLine(part, key, _state(old.get(key)), _state(new.get(key)))


def with_lines(book: Rulebook, changed: Iterable[ChangedLine]) -> Rulebook:
    """The rulebook with these lines as they would be."""
    lines = {part: dict(_lines(book, part)) for part in BookPart}
    for one in changed:
        if one.after is None:
            lines[one.part].pop(one.key, None)
        else:
            lines[one.part][one.key] = MODELS[one.part].model_validate(one.after)
    values: dict[str, Any] = {_field(part): tuple(lines[part].values()) for part in BookPart}
    return replace(book, **values)


def changed_since(book: Rulebook, changed: Iterable[ChangedLine]) -> list[ChangedLine]:
    """Those of the lines that a rulebook does not have as they were."""
    return [one for one in changed if _state(_lines(book, one.part).get(one.key)) != one.before]


def _lines(book: Rulebook, part: BookPart) -> dict[str, Any]:
    lines: Sequence[Any] = getattr(book, _field(part))
    return {line.key: line for line in lines}


def _field(part: BookPart) -> str:
    return {BookPart.STRATEGY: "strategies"}.get(part, f"{part.value}s")


def _state(line: Any) -> State | None:
    return None if line is None else line.model_dump(mode="json")
