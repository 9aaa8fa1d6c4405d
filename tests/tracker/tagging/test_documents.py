"""Calls as the tagger reads them."""

import pytest

from db.calls import CallFacts, CallKind
from tracker.tagging.documents import from_facts, from_judged
from tracker.tagging.lemmas import Lemmas

CASCADE = {
    "id": "13987COMPETITIVE_CALLen",
    "identifier": "HORIZON-CL6-2022-FARM2FORK-02-04-two-stage",
    "title": "Agroecological approaches in practice",
    "callTitle": "Second open call for farms",
    "destination": None,
    "actionType": None,
    "abstract": None,
}


def test_a_judged_cascade_call_is_read_like_the_one_we_collect(lemmas: Lemmas) -> None:
    facts = CallFacts(
        source="portal",
        key=str(CASCADE["id"]),
        kind=CallKind.CASCADE,
        identifier=CASCADE["identifier"],
        title="Second open call for farms",
        call_title="Agroecological approaches in practice",
        programme="HORIZON",
        url="https://example.org/",
    )
    judged, collected = from_judged(CASCADE, lemmas), from_facts(facts)
    assert judged.title == collected.title == "Second open call for farms"
    assert judged.call_title == collected.call_title == "Agroecological approaches in practice"
    assert judged.of_parent
    assert (judged.identifier, judged.programme) == (collected.identifier, collected.programme)
    assert collected.of_parent


def test_a_title_that_is_only_a_code_gives_way_to_the_calls_title(lemmas: Lemmas) -> None:
    line = {"id": "AGRIP-MULTI-2026-IM", "identifier": "AGRIP-MULTI-2026-IM", "title": "AGRIP-MULTI-2026-IM"}
    assert from_judged(line | {"callTitle": "Promotion of farm products"}, lemmas).title == "Promotion of farm products"
    assert from_judged(line, lemmas).title == "AGRIP-MULTI-2026-IM"


def test_a_topic_keeps_its_own_title(lemmas: Lemmas) -> None:
    document = from_judged({"id": "X-1", "identifier": "X-1", "title": "Food", "callTitle": "Call 1"}, lemmas)
    assert (document.title, document.call_title, document.of_parent) == ("Food", "Call 1", False)


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ({"title": "Food for all"}, "en"),
        ({"title": "Haku avautuu", "abstract": "Kiertotalouden kehittämishankkeisiin haetaan rahoitusta."}, "fi"),
        ({"title": "Stöd till livsmedelsföretag på landsbygden"}, "sv"),
        ({"title": "Food for all", "language": "sv"}, "sv"),
        ({"title": "HORIZON-CL6-2026-01"}, "en"),
    ],
)
def test_a_line_is_in_the_language_that_it_names_or_else_in_that_of_its_words(
    line: dict[str, str], language: str, lemmas: Lemmas
) -> None:
    assert from_judged({"id": "1"} | line, lemmas).language == language
