"""What holds for every source: a page of our own with its reviewed facts, and nothing stored that must not be."""

import json
import re
from datetime import datetime
from typing import Any

import pytest

from db.calls import CallFacts
from tests.sources.own_web import HERE
from tracker import sources

TOLD_BY_ITS_OWN_TEST = {"portal"}  # its records are checked one by one
KEYS = sorted(sources.modules().keys() - TOLD_BY_ITS_OWN_TEST)
ADDRESS = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+\.\w+")
TELEPHONE = re.compile(r"(?:puh\.|tel\.|phone)|(?<![\w.,/-])(?:\+\d{2,3}|0\d{2})[ -]?\d{3}[ -]?\d{3,}", re.IGNORECASE)


def expected(key: str) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads((HERE / key / "expected.json").read_bytes())
    return read


@pytest.mark.parametrize("key", sorted(sources.modules()))
def test_a_source_has_a_page_of_our_own(key: str) -> None:
    assert [file for file in (HERE / key).iterdir() if file.name != "expected.json"]


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_are_called_by_the_publishers_own_keys(key: str) -> None:
    calls = expected(key)
    assert calls
    assert [facts["key"] for facts in calls.values()] == list(calls)
    assert {facts["source"] for facts in calls.values()} == {key}
    assert not [name for name in calls if name in {facts["title"] for facts in calls.values()}]


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_are_facts_with_aware_times_and_absolute_links(key: str) -> None:
    for facts in expected(key).values():
        call = CallFacts.model_validate(facts)
        assert call.url.startswith("https://")
        for deadline in facts.get("deadlines", []):
            assert deadline.get("at") is None or datetime.fromisoformat(deadline["at"]).tzinfo is not None


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_hold_nobodys_address_or_telephone(key: str) -> None:
    text = (HERE / key / "expected.json").read_text("utf-8")
    assert ADDRESS.findall(text) == []
    assert TELEPHONE.findall(text) == []


@pytest.mark.parametrize("key", sorted(sources.modules()))
def test_a_source_says_who_publishes_it_on_which_terms_and_what_was_never_seen(key: str) -> None:
    module = sources.modules()[key]
    said = module.__doc__ or ""
    for heading in ("Publisher:", "How it is asked:", "Terms:", "Never seen live:"):
        assert heading in said, heading
    assert module.SOURCE.home.startswith("https://")
    assert module.SOURCE.never_seen_live
    assert len(key) <= 40
