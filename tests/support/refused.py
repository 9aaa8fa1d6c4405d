"""What is refused, and in which words: errors hold values, and are compared as a person reads them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tracker.errors import TrackerError
from tracker.refusals import said


@contextmanager
def refused(kind: type[TrackerError], words: str) -> Iterator[None]:
    """What is done inside is refused by this kind of error, and its English words match this regular expression."""
    with pytest.raises(kind) as caught:
        yield
    text = "\n".join(said(caught.value, "en"))
    assert re.search(words, text), text
