"""What calls were judged to be about: by hand, by pins and by readers, with their words as of that day."""

import pytest

from db import calls, feedback, judgements
from db.audit import Signed
from db.calls import Call
from db.feedback import NotForUs
from db.judgements import Origin
from jobs.base.app import App
from jobs.rulebook import gold
from tests.jobs.rulebook.archive import ME, pin, remember
from tests.jobs.world import enrol
from tracker.tagging.evaluate import Judged

OTHER = Signed("olli", "another look", ME.at)


def call_of(app: App, call_id: int) -> Call:
    with app.db.read() as session:
        return calls.calls_by_id(session, [call_id])[call_id]


def judged(app: App) -> list[Judged]:
    with app.db.read() as session:
        return gold.judged_here(session)


def grades(app: App) -> list[dict[str, int]]:
    return [dict(one.grades) for one in judged(app)]


def send_back(app: App, call_id: int, spearhead: str | None, *readers: str) -> None:
    for reader in readers:
        subscriber = enrol(app.db, app.clock(), reader, "food")
        with app.db.write() as session:
            answer = NotForUs(subscriber_id=subscriber, call_id=call_id, spearhead=spearhead, at=app.clock())
            feedback.add_feedback(session, answer)


@pytest.mark.both_kinds
def test_a_call_keeps_the_words_that_it_was_judged_by(app: App) -> None:
    [call_id] = remember(app, "Food for all", text="Bread")
    gold.judge_call(app, call_of(app, call_id), {"food": 2}, ME)
    with app.db.write() as session:
        calls.calls_by_id(session, [call_id])[call_id].title = "Bridges"
    [kept] = judged(app)
    assert (kept.document.title, kept.document.text, kept.document.id) == (
        "Food for all",
        "Bread",
        "portal:Food for all",
    )


def test_who_judges_a_whole_call_judges_every_spearhead_and_who_judges_some_only_these(app: App) -> None:
    [call_id] = remember(app, "Food for all")
    gold.judge_call(app, call_of(app, call_id), {"food": 2}, ME)
    assert grades(app) == [{"food": 2, "circular": 0}]
    gold.judge_call(app, call_of(app, call_id), {"food": 1}, OTHER, only=True)
    [again] = judged(app)
    assert (again.grades, again.judged) == ({"food": 1}, {"food"})


@pytest.mark.both_kinds
def test_pins_are_judgements_of_their_spearheads_alone(app: App) -> None:
    [bridge] = remember(app, "Bridges")
    pin(app, bridge, True)
    pin(app, bridge, False, "circular")
    assert gold.grow(app, 2, ME) == {Origin.PIN: 1, Origin.READERS: 0}
    [call] = judged(app)
    assert (call.grades, call.judged) == ({"food": 2, "circular": 0}, {"food", "circular"})


def test_a_pin_that_is_undone_or_said_again_changes_nothing_and_another_decision_does(app: App) -> None:
    [bridge] = remember(app, "Bridges")
    pin(app, bridge, True)
    gold.grow(app, 2, ME)
    assert gold.grow(app, 2, ME)[Origin.PIN] == 0
    pin(app, bridge, False)
    assert gold.grow(app, 2, ME)[Origin.PIN] == 1
    assert grades(app) == [{"food": 0}]


@pytest.mark.parametrize(
    ("spearhead", "readers", "made"), [("food", ("a", "b"), 1), ("food", ("a",), 0), (None, ("a", "b"), 0)]
)
def test_what_enough_readers_call_not_for_them_is_judged_not_the_spearheads(
    app: App, spearhead: str | None, readers: tuple[str, ...], made: int
) -> None:
    [call_id] = remember(app, "Food for thought")
    send_back(app, call_id, spearhead, *readers)
    assert gold.grow(app, 2, ME)[Origin.READERS] == made
    assert grades(app) == [{"food": 0}] * made


def test_no_reader_is_named_in_a_judgement(app: App) -> None:
    [call_id] = remember(app, "Food for thought")
    send_back(app, call_id, "food", "a", "b")
    gold.grow(app, 2, ME)
    with app.db.read() as session:
        [kept] = judgements.all_judgements(session)
    assert (kept.author, kept.reason) == ("readers", "food: 2")


def test_a_judgement_by_hand_stands_above_a_pin_and_a_pin_above_readers(app: App) -> None:
    [call_id] = remember(app, "Food for thought")
    send_back(app, call_id, "food", "a", "b")
    gold.grow(app, 2, ME)
    pin(app, call_id, True)
    gold.grow(app, 2, ME)
    assert grades(app) == [{"food": 2}]
    gold.judge_call(app, call_of(app, call_id), {"food": 1}, OTHER, only=True)
    assert grades(app) == [{"food": 1}]
    with app.db.read() as session:
        [row] = gold.list_gold(session)
    assert [one.origin for one in row.judgements] == [Origin.HAND, Origin.PIN, Origin.READERS]


def test_what_is_forgotten_is_gone_whoever_said_it(app: App) -> None:
    [call_id] = remember(app, "Food for all")
    pin(app, call_id, True)
    gold.grow(app, 2, ME)
    gold.judge_call(app, call_of(app, call_id), {}, ME)
    assert gold.unjudge(app, call_of(app, call_id), ME)
    assert not gold.unjudge(app, call_of(app, call_id), ME)
    assert judged(app) == []
