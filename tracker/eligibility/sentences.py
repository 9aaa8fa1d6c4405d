"""Sentences: those of a text in which a cue stands, so that a long text costs little."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

EVIDENCE_LENGTH = 300
MOST, LONGEST = 40, 900
_END = re.compile(r"[.!?](?=\s|$)|\n(?=\s*\n|[A-ZÅÄÖ-])")


class Statement(NamedTuple):
    """One sentence as it stands, and in small letters."""

    text: str
    small: str

    @property
    def quoted(self) -> str:
        """The sentence as evidence: on one line, and cut where it is long."""
        line = " ".join(self.text.split())
        return line if len(line) <= EVIDENCE_LENGTH else line[: EVIDENCE_LENGTH - 1] + "…"


def sentences_with(cues: Sequence[str], text: str, small: str) -> Iterator[Statement]:
    """The first sentences in which one of these parts of words stands; `small` is the text in small letters."""
    source = text if len(text) == len(small) else small  # a few letters are longer when they are small
    end = given = 0
    for at in sorted({at for cue in cues for at in _places(small, cue)}):
        if at < end:
            continue
        start = max((match.end() for match in _END.finditer(source, max(end, at - LONGEST), at)), default=end)
        after = _END.search(source, at)
        end = min(after.end() if after else len(small), at + LONGEST)
        yield Statement(source[start:end].strip(), small[start:end].strip())
        given += 1
        if given == MOST:
            return


def _places(text: str, cue: str) -> Iterator[int]:
    at = text.find(cue)
    while at >= 0:
        yield at
        at = text.find(cue, at + len(cue))
