"""Calls as the tagger reads them."""

from db.calls import CallFacts, CallKind
from tracker.tagging.documents import from_facts, from_judged

CASCADE = {
    "id": "13987COMPETITIVE_CALLen",
    "identifier": "HORIZON-CL6-2022-FARM2FORK-02-04-two-stage",
    "title": "Agroecological approaches in practice",
    "callTitle": "Second open call for farms",
    "destination": None,
    "actionType": None,
    "abstract": None,
}


def test_a_judged_cascade_call_is_read_like_the_one_we_collect() -> None:
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
    judged, collected = from_judged(CASCADE), from_facts(facts)
    assert judged.title == collected.title == "Second open call for farms"
    assert judged.call_title == collected.call_title == "Agroecological approaches in practice"
    assert judged.of_parent
    assert (judged.identifier, judged.programme) == (collected.identifier, collected.programme)
    assert collected.of_parent


def test_a_title_that_is_only_a_code_gives_way_to_the_calls_title() -> None:
    line = {"id": "AGRIP-MULTI-2026-IM", "identifier": "AGRIP-MULTI-2026-IM", "title": "AGRIP-MULTI-2026-IM"}
    assert from_judged(line | {"callTitle": "Promotion of farm products"}).title == "Promotion of farm products"
    assert from_judged(line).title == "AGRIP-MULTI-2026-IM"


def test_a_topic_keeps_its_own_title() -> None:
    document = from_judged({"id": "X-1", "identifier": "X-1", "title": "Food", "callTitle": "Call 1"})
    assert (document.title, document.call_title, document.of_parent) == ("Food", "Call 1", False)
