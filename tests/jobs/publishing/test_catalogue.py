"""Catalogue: calls as anybody may look them up."""

import pytest

from db.audit import Signed
from db.calls import CallStatus
from jobs.base.app import App
from jobs.collecting.overrides import set_field
from jobs.publishing.catalogue import calls_by_name, calls_in_full, calls_with_words, listed_calls, one_call
from jobs.rulebook.tagging import retag_all
from tests.jobs.world import add_call, add_event, add_news, facts
from tests.support.refused import refused
from tracker.errors import NotFound, Noun, Refusal


def test_a_call_is_found_by_our_number_its_key_or_its_identifier(app: App) -> None:
    call_id = add_news(app.db, app.clock(), "one")
    with app.db.read() as session:
        for name in (str(call_id), "one", "HORIZON-one"):
            assert one_call(session, name).id == call_id


def test_a_name_that_no_call_has_is_not_found(app: App) -> None:
    with app.db.read() as session, pytest.raises(NotFound) as caught:
        calls_by_name(session, "nothing")
    assert (caught.value.noun, caught.value.id) == (Noun.CALL, "nothing")


def test_where_several_calls_have_a_name_one_is_to_be_named_by_its_number(app: App) -> None:
    ids = [add_news(app.db, app.clock(), key, identifier="HORIZON-1") for key in ("one", "two")]
    with app.db.read() as session:
        assert [call.id for call in calls_by_name(session, "HORIZON-1")] == ids
        with refused(Refusal, f"HORIZON-1.*{ids[0]}.*{ids[1]}"):
            one_call(session, "HORIZON-1")


def test_a_list_tells_the_status_of_today_and_each_spearhead_once(app: App) -> None:
    at = app.clock()
    first = add_call(app.db, at, facts("one"), "food", "circular")
    add_call(app.db, at, facts("two", claimed_status=CallStatus.CLOSED), "food", status=CallStatus.CLOSED)
    with app.db.read() as session:
        listed = listed_calls(session, app, [CallStatus.OPEN], "portal", "food", None)
    assert [(one.call.id, one.status, one.spearheads) for one in listed] == [
        (first, CallStatus.OPEN, ("circular", "food"))
    ]


def test_words_are_found_in_any_form(app: App) -> None:
    call_id = add_news(app.db, app.clock(), "one", title="Bridges of steel")
    retag_all(app)  # writes down the words that are searched
    with app.db.read() as session:
        assert [one.call.id for one in calls_with_words(session, app, ["steel", "bridge"], 5)] == [call_id]
        assert calls_with_words(session, app, ["wood"], 5) == []


def test_a_call_in_full_has_its_tags_its_events_and_what_was_set_by_hand(app: App) -> None:
    call_id = add_news(app.db, app.clock(), "one", "food")
    add_event(app.db, app.clock(), call_id)
    set_field(app, call_id, "title", "Bridges", Signed("maija", "misspelt", app.clock()))
    with app.db.read() as session:
        [found] = calls_in_full(session, app, "one")
    assert (found.listed.call.id, found.listed.call.title, len(found.events)) == (call_id, "Bridges", 2)
    assert [(one.field, one.author, one.reason) for one in found.edits] == [("title", "maija", "misspelt")]
    assert (found.same_as, found.taggings) == ((), ())  # tagged again by the new title
