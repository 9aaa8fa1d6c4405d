"""Titles: how alike two titles are, by their words, of which those that few titles have count most (tf-idf, cosine)."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tracker.folding import folded_text

WORD = re.compile(r"\w+")
LONGEST = 1000  # of a title; a text that was pasted into it says nothing more
YEAR = re.compile(r"20\d\d")


def title_words(title: str) -> list[str]:
    """The words of a title, folded; without years, which change from round to round."""
    return [word for word in WORD.findall(folded_text(title[:LONGEST]).casefold()) if not YEAR.fullmatch(word)]


def likenesses(title: str, others: Sequence[str]) -> list[float]:
    """How alike a title is to each of the others, from 0 to 1; words count by how rare they are among all of these."""
    counted = [Counter(title_words(one)) for one in (title, *others)]
    held_by = Counter(word for words in counted for word in words)
    rarity = {word: 1 + math.log((1 + len(counted)) / (1 + n)) for word, n in held_by.items()}
    mine = counted[0]
    length = _length(mine.items(), rarity)
    return [_cosine(mine, length, theirs, rarity) for theirs in counted[1:]]


def _cosine(mine: Counter[str], length: float, theirs: Counter[str], rarity: Mapping[str, float]) -> float:
    shared = sum(n * theirs[word] * rarity[word] ** 2 for word, n in mine.items() if word in theirs)
    return min(shared / (length * _length(theirs.items(), rarity)), 1.0) if shared else 0.0


def _length(words: Iterable[tuple[str, int]], rarity: Mapping[str, float]) -> float:
    return math.sqrt(sum((n * rarity[word]) ** 2 for word, n in words))
