"""One folding of text for rules, calls and searches, so that what looks the same is the same.

    CO₂ = CO2 · ﬁsh = fish · ＥＵ = EU · a + ◌̈ = ä · kierto<U+200B>talous = kiertotalous · economy¹ = economy

Does not split texts (`tracker.tagging.lemmas`), and never changes a text that is stored or shown.
"""

import re
import unicodedata
from functools import lru_cache

# Signs without a width: soft hyphen, joiners, zero-width spaces, directions, byte order mark, variants of letters,
# marks of annotations.
_INVISIBLE = (
    "\u00ad\u034f\u061c\ufff9-\ufffb\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0001-\U000e01ef"
)
# Raised numbers and letters (notes, powers), fractions and numbers in circles: they end a word.
_RAISED = (
    "\u00aa\u00b2\u00b3\u00b9\u00ba\u00bc-\u00be\u02b0-\u02b8\u02e0-\u02e4\u1d2c-\u1d61\u1d9b-\u1dbf\u2070\u2071"
    "\u2074-\u2079\u207f\u2150-\u215f\u2189\u2460-\u249b\u24ea-\u24ff\u2776-\u2793\u3251-\u325f\u32b1-\u32bf"
)
_COMBINING = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
_HYPHENS = "\u2010\u2011\ufe63\uff0d"

_LETTER = rf"[^\W_{_RAISED}]"
WORD = re.compile(
    rf"((?:(?<![{_INVISIBLE}])[{_INVISIBLE}]++)?{_LETTER}++(?:[{_COMBINING}{_INVISIBLE}]++{_LETTER}*+)*+)"
)
UNPLAIN = re.compile(f"[{_INVISIBLE}{_RAISED}{_COMBINING}]")  # what makes words differ from runs of letters
RAISED = re.compile(f"[{_RAISED}]+")
_UNSEEN = re.compile(f"[{_INVISIBLE}]+")
_PILED = re.compile(f"(?<=[{_COMBINING}]{{30}})[{_COMBINING}]+")  # sorting marks takes the square of their number
_RUN = re.compile(rf"(?:[^\W_]|[{_COMBINING}])+")


@lru_cache(maxsize=100_000)
def folded(word: str) -> str:
    """Fold a word: invisible signs out, and every letter and number in its plain, composed form (NFKC).

    No letter keeps more than 30 marks (UAX 15, stream-safe text).
    """
    return unicodedata.normalize("NFKC", _PILED.sub("", visible(word)))


def visible(text: str) -> str:
    """Drop the invisible signs of a text."""
    return _UNSEEN.sub("", text)


def plain_hyphens(text: str) -> str:
    """Put one kind of hyphen; the text keeps its length."""
    for hyphen in _HYPHENS:
        text = text.replace(hyphen, "-")
    return text


def folded_text(text: str) -> str:
    """Fold all words of a text; signs between them, which may not be safe to change, stay as they are."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: folded(run[0]), visible(plain_hyphens(text)))
