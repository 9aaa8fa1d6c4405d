"""A call has a title that somebody can read."""

from types import SimpleNamespace
from typing import Any

import pytest

from db.calls import CallFacts, CallKind
from tracker.errors import ParseError
from tracker.sources import Row
from tracker.sources.walls import facts_of


def stub(title: str) -> Any:
    """A source whose parser gives this title."""
    facts = CallFacts(source="stub", key="a", kind=CallKind.TOPIC, title=title, url="https://x.example/a")
    return SimpleNamespace(SOURCE=SimpleNamespace(key="stub"), facts=lambda _: facts)


@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u00ad\u2060", "–", "\x1b\u202e"])
def test_a_title_that_nobody_sees_is_an_unread_row(title: str) -> None:
    with pytest.raises(ParseError, match="a: no title"):
        facts_of(stub(title), Row("a", "", {}))


@pytest.mark.parametrize("title", ["5G", "Ä", "Haku\u200b", "①2"])
def test_a_short_title_is_a_title(title: str) -> None:
    assert facts_of(stub(title), Row("a", "", {})).title == title
