"""Search: the same calls are found on both kinds of database, by any inflected form of their words."""

from datetime import UTC, date, datetime

import pytest

from db import calls, search
from db.calls import CallFacts, CallKind, CallStatus, CallTracking
from db.engine import Database
from tracker.tagging.documents import from_facts
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.search import lemma_text, query_lemmas

pytestmark = pytest.mark.both_kinds
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TEXTS = {
    "circular": ("fi", "Kiertotalouden ratkaisuja rakennuksille", "Puretuista taloista saatujen palkkien käyttö."),
    "food": ("fi", "Ruoan ja juoman alkutuotanto", "Marjojen viljely kunnissa ja kiertotalous sivulauseessa."),
    "timber": ("en", "Reused timber in buildings", "Beams taken from demolished houses."),
    "wood": ("sv", "Trä i byggnader", "Återbrukade balkar från rivna hus."),
}


@pytest.fixture(scope="module")
def index() -> Index:
    return compile_rules(Rulebook((), (), (), ()), Lemmas())


@pytest.fixture
def indexed(db: Database, index: Index) -> dict[int, str]:
    """The calls above, remembered and indexed: our id → name."""
    facts = {name: facts_of(name, *text) for name, text in TEXTS.items()}
    with db.write() as session:
        ours = CallTracking(
            fingerprint="f", parser_version=1, status=CallStatus.OPEN, first_seen_at=NOW, changed_at=NOW
        )
        ids = calls.upsert_calls(session, [(one, ours) for one in facts.values()])
        search.put(session, [(ids[name], *lemma_text(index, from_facts(one))) for name, one in facts.items()])
    return {call_id: name for name, call_id in ids.items()}


def facts_of(name: str, language: str, title: str, text: str) -> CallFacts:
    return CallFacts(
        source="test",
        key=name,
        kind=CallKind.NATIONAL,
        title=title,
        text=text,
        language=language,
        url="https://example.org/",
        opens_on=date(2026, 1, 1),
    )


def found(db: Database, index: Index, indexed: dict[int, str], query: str) -> list[str]:
    with db.read() as session:
        return [indexed[call_id] for call_id in search.find(session, query_lemmas(query, index.lemmas), 10)]


def test_an_inflected_word_finds_its_calls(db: Database, index: Index, indexed: dict[int, str]) -> None:
    wanted = {
        "kiertotalouteen": ["circular", "food"],  # where it stands in the title comes first
        "rakennusten": ["circular"],
        "talo": ["circular"],
        "marja": ["food"],
        "kunnan": ["food"],
        "building": ["timber"],
        "demolished house": ["timber"],
        "byggnad": ["wood"],
        "balk": ["wood"],
        "kiertotalous marjat": ["food"],
        "marjat rakennus": [],
        "mustikka": [],
    }
    assert {query: found(db, index, indexed, query) for query in wanted} == wanted


def test_what_a_person_types_is_never_a_query_language(db: Database, index: Index, indexed: dict[int, str]) -> None:
    queries = ['"', "marja AND", "NEAR(", "marja*", "title:", "'; DROP TABLE calls; --", "", "&|!()", "marja:*"]
    answers = {query: found(db, index, indexed, query) for query in queries}
    assert answers == {query: ["food"] if query in ("marja*", "marja:*") else [] for query in queries}


def test_a_call_that_is_indexed_again_is_found_by_its_new_words_alone(
    db: Database, index: Index, indexed: dict[int, str]
) -> None:
    call_id = next(call_id for call_id, name in indexed.items() if name == "food")
    with db.write() as session:
        search.put(session, [(call_id, *lemma_text(index, from_facts(facts_of("food", "fi", "Kalan viljely", ""))))])
    assert found(db, index, indexed, "kalaa") == ["food"]
    assert found(db, index, indexed, "marja") == []


def test_no_more_are_found_than_asked_for(db: Database, index: Index, indexed: dict[int, str]) -> None:
    with db.read() as session:
        assert len(search.find(session, query_lemmas("kiertotalous", index.lemmas), 1)) == 1
