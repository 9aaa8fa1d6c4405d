"""Word diff: how two texts differ, word by word, for a person to read; in time that grows with the texts. Pure.

Does not decide whether a difference is news (`tracker.calls.passages`).
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")  # not in 4.11.
MOST_SENTENCES, MOST_WORDS = (
    2000,
    400,
)  # beyond which texts, and passages of them, are not compared but set side by side
CONTEXT = 8  # words beside a difference
MOST_PIECES, PIECE_WORDS = 60, 150
ELLIPSIS = "…"


class PieceKind(StrEnum):
    """What became of a piece of a text."""

    KEPT = "kept"
    ADDED = "added"
    CUT = "cut"


class DiffPiece(NamedTuple):
    """A piece of the old or of the new text, with one blank between its words."""

    kind: PieceKind
    text: str


def word_diff(old: str, new: str) -> list[DiffPiece]:
    """What was cut and what was added, each with a few words around it; empty if all words are the same.

    Of very many differences only the first are given, and an ellipsis at the end.
    """
    before, after = _sentences(old), _sentences(new)
    if max(len(before), len(after)) > MOST_SENTENCES:
        before, after = [tuple(old.split())], [tuple(new.split())]
    joined: list[tuple[PieceKind, list[str]]] = []
    for kind, words in _compared(before, after):
        if words and joined and joined[-1][0] is kind:
            joined[-1][1].extend(words)
        elif words:
            joined.append((kind, list(words)))
    if all(kind is PieceKind.KEPT for kind, _ in joined):
        return []
    pieces = [DiffPiece(kind, _shown(kind, part, n, len(joined))) for n, (kind, part) in enumerate(joined)]
    rest = [DiffPiece(PieceKind.KEPT, ELLIPSIS)] if len(pieces) > MOST_PIECES else []
    return pieces[:MOST_PIECES] + rest


def _sentences(text: str) -> list[tuple[str, ...]]:
    return [words for sentence in BETWEEN_SENTENCES.split(text) if (words := tuple(sentence.split()))]


def _compared(
    before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]]
) -> Iterator[tuple[PieceKind, Sequence[str]]]:
    """Sentence by sentence, and where sentences took the place of others, word by word."""
    for tag, i, j, m, n in SequenceMatcher(None, before, after).get_opcodes():
        old = [word for sentence in before[i:j] for word in sentence]
        new = [word for sentence in after[m:n] for word in sentence]
        if tag == "replace" and max(len(old), len(new)) <= MOST_WORDS:
            yield from _words_compared(old, new)
        elif tag == "equal":
            yield PieceKind.KEPT, new
        else:
            yield PieceKind.CUT, old
            yield PieceKind.ADDED, new


def _words_compared(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[PieceKind, Sequence[str]]]:
    for tag, i, j, m, n in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            yield PieceKind.KEPT, new[m:n]
        else:
            yield PieceKind.CUT, old[i:j]
            yield PieceKind.ADDED, new[m:n]


def _shown(kind: PieceKind, words: Sequence[str], number: int, of: int) -> str:
    """A piece, shortened: of what was kept only the words beside a difference."""
    if kind is not PieceKind.KEPT:
        return " ".join(words[:PIECE_WORDS]) + (f" {ELLIPSIS}" if len(words) > PIECE_WORDS else "")
    first = words[:CONTEXT] if number else ()
    last = words[-CONTEXT:] if number < of - 1 else ()
    if len(first) + len(last) >= len(words) and first and last:
        return " ".join(words)
    left_out = len(words) > len(first) + len(last)
    return " ".join((*first, *([ELLIPSIS] if left_out else []), *last))
