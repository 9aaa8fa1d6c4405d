"""Sentences: how far the sentence around some words of a text goes."""

import re
from collections.abc import Sequence

MOST_WORDS = 100  # on either side: a text without full stops is no sentence
BULLETS = ("-", "*", "•", "–", "·")
CONTRASTS = frozenset({"but", "however", "mutta", "vaan", "men", "utan"})  # with them a sentence turns


def around(pieces: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Return the first and the last word of the sentence, or its part between contrasts, that holds these words.

    `pieces` are those of `tracker.tagging.lemmas.split_text`. A list belongs to the sentence that introduces it.
    """
    before, after = first, last
    while first - before < MOST_WORDS and not _parts(pieces, before):
        before -= 1
    while after - last < MOST_WORDS and not _parts(pieces, after + 1):
        after += 1
    return before, after


def _parts(pieces: Sequence[str], word: int) -> bool:
    """Whether a new sentence, or a contrast, begins with this word."""
    if word <= 0 or 2 * word + 1 >= len(pieces):
        return True
    between, begins = pieces[2 * word], pieces[2 * word + 1]
    if "\n" in between:
        return not _goes_on_as_a_list(between)
    if _END.search(between):
        return not begins[0].islower()  # "e.g. food" goes on
    return begins.lower() in CONTRASTS


def _goes_on_as_a_list(between: str) -> bool:
    """Whether what stands between two lines introduces a list, or begins an item after one that has not ended."""
    ended, _, begun = between.partition("\n")
    if ended.rstrip().endswith(":"):
        return True
    return begun.lstrip().startswith(BULLETS) and not any(mark in ended for mark in ".!?")


_END = re.compile(r"[.!?…][\"'”’»)\]]*\s")
