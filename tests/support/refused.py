"""Expected refusals: errors hold values, and tests compare the words that a person reads."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tracker.errors import TrackerError
from tracker.refusals import said


@contextmanager
def refused(kind: type[TrackerError], words: str) -> Iterator[None]:
    """Expect the block to raise this kind of error, whose English words match this regular expression."""
    with pytest.raises(kind) as caught:
        yield
    text = "\n".join(said(caught.value, "en"))
    assert re.search(words, text), text
