"""Passages: how a call's text differs from what it was, sentence by sentence, in time that grows with the text. Pure.

Does not decide what else of a call is news (`tracker.calls.changes`).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from tracker.folding import folded_text

REWRITTEN_SHARE = 0.05  # a text counts as rewritten if a larger share of its words differs
PASSAGE_WORDS, PASSAGE_SHARE = 6, 0.25  # so many new words in a sentence, and that share of it, are a passage
EXCERPT_WORDS = 10  # fewer words stand in other texts by chance
TEASER_WORDS, TEASER_SHARE = 60, 0.25  # so short a beginning of so much longer a text is what a list shows of it
SHOWN = 600  # characters of a passage that an event keeps
WORD = re.compile(r"\w+")
SENTENCE = re.compile(r"[^\n.!?]+[.!?]*")
CUT_OFF = ("…", "...", "…]", "...]")


@dataclass(frozen=True, slots=True)
class TextDifference:
    """What was added to a text and what was cut from it, as it stands there; empty if nothing."""

    added: str
    cut: str


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    words: tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, without what another format changes: entities, case, invisible signs, punctuation."""
    return WORD.findall(folded_text(unescape(text)).casefold())


def difference(old: str, new: str) -> TextDifference | None:
    """How a text differs, or None if it does not say something else.

    It does if more than 5 % of its words differ, or if a whole passage was added or cut. Not if one text is an excerpt
    of the other: sources show now the whole, now its beginning.
    """
    before, after = words_of(old), words_of(new)
    if before == after or _is_excerpt(*sorted((old, new), key=lambda text: (len(words_of(text)), text))):
        return None
    came, gone = _only_in(new, old), _only_in(old, new)
    passages = _passages(came, gone), _passages(gone, came)
    differing = Counter(before)
    differing.subtract(after)
    is_rewritten = sum(map(abs, differing.values())) > REWRITTEN_SHARE * (len(before) + len(after))
    if not is_rewritten and not any(passages):
        return None
    added, cut = passages if any(passages) else (came, gone)
    return TextDifference(_shown(added), _shown(cut))


def _sentences(text: str) -> Iterator[Sentence]:
    for match in SENTENCE.finditer(unescape(text)):
        if found := tuple(words_of(match[0])):
            yield Sentence(" ".join(match[0].split()), found)


def _only_in(text: str, other: str) -> list[Sentence]:
    """The sentences of a text that the other one lacks, in the text's order."""
    there = Counter(sentence.words for sentence in _sentences(other))
    lacking = []
    for sentence in _sentences(text):
        if there[sentence.words]:
            there[sentence.words] -= 1
        else:
            lacking.append(sentence)
    return lacking


def _passages(these: Sequence[Sentence], those: Sequence[Sentence]) -> list[Sentence]:
    """The sentences among these that say something of their own, beyond what those say in other words."""
    spare = Counter(word for sentence in those for word in sentence.words)
    own = ((one, _own_words(one, spare)) for one in these)
    return [one for one, count in own if count >= max(PASSAGE_WORDS, PASSAGE_SHARE * len(one.words))]


def _own_words(sentence: Sentence, spare: Counter[str]) -> int:
    return sum(max(0, count - spare[word]) for word, count in Counter(sentence.words).items())


def _shown(sentences: Sequence[Sentence]) -> str:
    return " ".join(sentence.text for sentence in sentences)[:SHOWN]


def _is_excerpt(shorter: str, longer: str) -> bool:
    """Whether a text is a part of another one that was cut out without regard to its sentences, or only a teaser.

    Its last word may have been cut in two.
    """
    part, whole = words_of(shorter), words_of(longer)
    if len(part) <= EXCERPT_WORDS or f" {' '.join(part[:-1])} " not in f" {' '.join(whole)} ":
        return False
    if len(part) <= TEASER_WORDS and len(part) < TEASER_SHARE * len(whole):
        return True
    sentences, known = list(_sentences(shorter)), {sentence.words for sentence in _sentences(longer)}
    first, last = sentences[0], sentences[-1]
    begins_within = whole[: len(part) - 1] != part[:-1] and first.words not in known
    is_ended = last.words in known or last.text.endswith((".", "!", "?"))
    ends_within = shorter.rstrip().endswith(CUT_OFF) or not is_ended
    return begins_within or (whole[-len(part) :] != part and ends_within)
