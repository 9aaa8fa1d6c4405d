"""A project's own call with little text is read with the text of its topic, whichever of the two comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from db import contexts, strategies
from db.audit import Signed
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.rulebook.tagging import retag_all
from tests.jobs.rulebook.archive import try_rule
from tests.jobs.world import ToldPortal, call_of, collect, events
from tracker.demo.history import Row, portal_rows
from tracker.tagging.documents import LITTLE_TEXT
from tracker.tagging.explain import words_by_place

JUNE_10 = datetime(2026, 6, 10, 4, tzinfo=UTC)
PROJECT, TOPIC = "14626COMPETITIVE_CALLen", "51650513TOPICSen"
NAMED = {"identifier": ["HORIZON-JU-CBE-2023-R-01"], "title": ["Growth of tomorrow"]}
OF_TOPIC = {"descriptionByte": ["<p>Scope: food, and what farmers make of it.</p>"]}
OF_PROJECT = {"caName": ["Open call 2"], "callTitle": ["Open call 2"], "description": None}


def row(reference: str, **metadata: list[str] | None) -> Row:
    """One of the portal's rows with other words; None leaves a field out."""
    [known] = [one for one in portal_rows(4) if one["reference"] == reference]
    told: dict[str, Any] = known["metadata"] | NAMED | metadata
    return known | {"metadata": {name: value for name, value in told.items() if value is not None}}


def topic(**metadata: list[str] | None) -> Row:
    return row(TOPIC, callTitle=["Growth"], **OF_TOPIC | metadata)


def project(**metadata: list[str] | None) -> Row:
    return row(PROJECT, **OF_PROJECT | metadata)


def read(app: App, portal: ToldPortal, *rows: Row) -> None:
    """Read the portal half a day later, with these rows in place of those with the same reference."""
    new = {one["reference"]: one for one in rows}
    portal.tell([*(held for held in portal.held if held["reference"] not in new), *new.values()])
    collect(app, app.clock() + timedelta(hours=12))


def tags(app: App, key: str = PROJECT) -> dict[str, int]:
    """The spearheads of a call with their points."""
    call_id = call_of(app.db, key).id or 0
    with app.db.read() as session:
        return {one.spearhead: one.score for one in strategies.taggings_of(session, [call_id]).get(call_id, ())}


@pytest.fixture
def farming(reader: App) -> App:
    """An app with a second rule of food: one alone never tags by the topic's text."""
    farmers = Rule(key="farmers", spearhead="food", text="farmer AND NOT startup", weight=Weight.STRONG)
    with reader.db.write() as session:
        strategies.store_rule(session, farmers, Signed("test", "a second rule", JUNE_10))
    return reader


FIRST_TOPIC, FIRST_PROJECT = [topic, project], [project, topic]


@pytest.mark.both_kinds
@pytest.mark.parametrize("order", [FIRST_TOPIC, FIRST_PROJECT])
def test_the_topics_text_tags_in_either_order(farming: App, portal: ToldPortal, order: list[Any]) -> None:
    for told in order:
        read(farming, portal, told())
    assert tags(farming) == {"food": 4}
    assert events(farming.db) == [("new", told()["reference"]) for told in order]  # each is new once, and no more


def test_a_topic_that_changes_takes_its_projects_calls_with_it(farming: App, portal: ToldPortal) -> None:
    read(farming, portal, topic(), project())
    read(farming, portal, topic(descriptionByte=["<p>Scope: bridges.</p>"]))
    assert tags(farming) == {}
    read(farming, portal, topic())
    assert tags(farming) == {"food": 4}
    assert [kind for kind, key in events(farming.db) if key == PROJECT] == ["new"]


def test_a_call_that_says_enough_itself_needs_no_topic(farming: App, portal: ToldPortal) -> None:
    words = "Bridges. " * LITTLE_TEXT
    read(farming, portal, topic(), project())
    read(farming, portal, project(description=[f"<p>{words}</p>"]))
    assert (tags(farming), call_of(farming.db, PROJECT).context) == ({}, None)


@pytest.mark.parametrize(
    ("said", "points"),
    [
        ("Only food.", None),  # one rule of the topic's text is never enough
        ("Food for farmers.", 4),  # half of four, twice
        ("Food for farmers, startups too.", None),  # a NOT in the topic's text is as good as any
    ],
)
def test_the_topics_text_counts_half_and_one_rule_is_never_enough(
    farming: App, portal: ToldPortal, said: str, points: int | None
) -> None:
    read(farming, portal, topic(descriptionByte=[f"<p>{said}</p>"]), project())
    assert tags(farming).get("food") == points


def test_what_the_topic_says_takes_nothing_from_the_calls_own_words(farming: App, portal: ToldPortal) -> None:
    read(farming, portal, topic(descriptionByte=["<p>For startups.</p>"]))
    read(farming, portal, project(caName=["Call for farmers"]))
    assert tags(farming) == {"food": 8}


def test_the_evidence_says_that_it_stood_in_the_topic(farming: App, portal: ToldPortal) -> None:
    read(farming, portal, topic(), project())
    call = call_of(farming.db, PROJECT)
    with farming.db.read() as session:
        [food] = strategies.taggings_of(session, [call.id or 0])[call.id or 0]
    [(place, words)] = words_by_place(food.evidence).items()
    assert (place.field, set(words)) == ("context", {"food", "farmers"})
    assert all(call.context[start:end] in words for row in food.evidence for start, end in row["spans"] if call.context)


def test_a_preview_reads_the_topics_text_too(farming: App, portal: ToldPortal) -> None:
    read(farming, portal, topic(), project())
    lighter = Rule(key="farmers", spearhead="food", text="farmer AND NOT startup", weight=Weight.WEAK)
    assert PROJECT in {shift.call.key for shift in try_rule(farming, lighter).lost}


def test_an_archive_from_before_there_were_contexts_gets_them_by_one_retag(farming: App, portal: ToldPortal) -> None:
    read(farming, portal, topic(), project())
    ids = [call_of(farming.db, key).id or 0 for key in (PROJECT, TOPIC)]
    with farming.db.write() as session:
        contexts.note_contexts(session, ids, little=0)
        strategies.note_tagged(session, ids, "rules of long ago")
        strategies.replace_taggings(session, ids, [])
    before = events(farming.db)
    retag_all(farming)
    assert (tags(farming), events(farming.db)) == ({"food": 4}, before)
