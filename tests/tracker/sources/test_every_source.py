"""What holds for every source: a page of our own with its reviewed facts, and nothing stored that must not be."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts
from jobs.collecting.skeletons import unsaid
from tests.tracker.sources.own_site import HERE, OWN_TESTS, expected, recorded
from tests.tracker.sources.own_web import facts_of, gathered, told, web_of
from tracker import sources
from tracker.errors import SourceError

KEYS = sorted(sources.modules().keys() - OWN_TESTS)
RECORDED = [key for key in KEYS if recorded(key)]
REVIEWED = [key for key in RECORDED if expected(key)]  # until then nothing but the review is asked for
ADDRESS = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+\.\w+")
TELEPHONE = re.compile(r"(?:puh\.|tel\.|phone)|(?<![\w.,/-])(?:\+\d{2,3}|0\d{2})[ -]?\d{3}[ -]?\d{3,}", re.IGNORECASE)


def read(key: str) -> list[dict[str, Any]]:
    """The calls on a source's pages; fails where they are not read, with what to do."""
    module = sources.modules()[key]
    try:
        return told(facts_of(module, gathered(module, web_of(key))))
    except SourceError as error:
        pytest.fail(
            f"tracker/sources/{key}.py does not read its pages yet: {error}. Make it read them; keep one that it asks "
            f"for and that is not in tests/tracker/sources/{key}/ by `tracker sources record {key} URL`",
            pytrace=False,
        )


@pytest.mark.parametrize("key", sorted(sources.modules()))
def test_a_source_is_found_by_its_key(key: str) -> None:
    """Its file or its folder has that name, so that no other source is imported for it."""
    assert sources.module_of(key) is sources.modules()[key]


@pytest.mark.parametrize("key", sorted(sources.modules()))
def test_a_source_has_a_page_of_our_own(key: str) -> None:
    assert [file for file in (HERE / key).iterdir() if file.name != "expected.json"]


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_pages_read_as_they_were_reviewed(key: str) -> None:
    found = read(key) if key in RECORDED else []  # else its own test holds them against what was reviewed
    if not expected(key):
        calls = json.dumps({facts["key"]: facts for facts in found}, ensure_ascii=False, indent=2)
        pytest.fail(
            f"tests/tracker/sources/{key}/expected.json: nobody has reviewed its calls yet. Hold these against the "
            f'page, mend the module where they differ, and write under "calls" what the page says: {calls}',
            pytrace=False,
        )
    assert key not in RECORDED or found == list(expected(key).values())


@pytest.mark.parametrize("key", REVIEWED)
def test_an_unchanged_call_has_the_same_fingerprint_and_no_two_calls_have(key: str) -> None:
    module = sources.modules()[key]
    first, second = (
        [row.fingerprint for page in gathered(module, web_of(key)) for row in module.rows(page)] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == len(first) == len(expected(key))


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_are_called_by_the_publishers_own_keys(key: str) -> None:
    calls = expected(key)
    assert [facts["key"] for facts in calls.values()] == list(calls)
    assert {facts["source"] for facts in calls.values()} <= {key}
    assert not [name for name in calls if name in {facts["title"] for facts in calls.values()}]


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_are_facts_with_aware_times_and_absolute_links(key: str) -> None:
    for facts in expected(key).values():
        call = CallFacts.model_validate(facts)
        assert re.match(sources.ADDRESS, call.url)
        for deadline in facts.get("deadlines", []):
            assert deadline.get("at") is None or datetime.fromisoformat(deadline["at"]).tzinfo is not None


@pytest.mark.parametrize("key", KEYS)
def test_a_sources_reviewed_calls_hold_nobodys_address_or_telephone(key: str) -> None:
    text = json.dumps(expected(key), ensure_ascii=False)
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


@pytest.mark.parametrize("key", sorted(sources.modules()))
def test_nothing_stands_in_capitals_any_more_that_a_new_source_was_asked_for(key: str) -> None:
    module = sources.modules()[key]
    left = unsaid(Path(module.__file__ or "").read_text("utf-8"))
    if left:
        pytest.fail(
            f"tracker/sources/{key}.py: say what stands in capitals ({'; '.join(left)}), "
            "then run `tracker sources page`",
            pytrace=False,
        )
