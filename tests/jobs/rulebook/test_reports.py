"""What the rules as they stand do to the archive: dead ones, near misses, words to add."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from db import feedback
from db.deliveries import Delivery, DeliveryState
from db.feedback import NotForUs
from db.strategies import Rule, Weight
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.rulebook import reports
from tests.jobs.rulebook.archive import FARMING, pin, remember, save
from tests.jobs.world import MONDAY, add_event, enrol


def dead(desk: App) -> set[str]:
    with desk.db.read() as session:
        return {one.rule.key for one in reports.dead_rules(session, desk.tagger, desk.clock())}


def deliver(desk: App) -> None:
    """What the weekly edition holds for its readers is sent."""
    make_edition(desk, Cadence.WEEKLY)
    with desk.db.write() as session:
        session.connection().execute(sa.update(Delivery).values(state=DeliveryState.SENT))


def missed(desk: App, days: int = 7) -> list[tuple[int | None, str, tuple[str, ...]]]:
    with desk.db.read() as session:
        found = reports.missed_calls(session, desk.tagger, desk.clock() - timedelta(days=days))
    return [(one.call.id, one.miss.spearhead, one.miss.words) for one in found]


def words(desk: App, spearhead: str) -> list[tuple[str, int, int]]:
    with desk.db.read() as session:
        found = reports.suggested(session, desk.tagger, spearhead, 3)
    return [(one.word, one.inside, one.outside) for one in found]


def test_a_rule_without_a_hit_in_a_year_is_dead(desk: App) -> None:
    remember(desk, "Food for all")
    remember(desk, "Circular things", first_seen_at=MONDAY - timedelta(days=366))
    assert dead(desk) == {"circular-words"}
    remember(desk, "Circular things again", first_seen_at=MONDAY - timedelta(days=364))
    assert dead(desk) == set()


def test_a_rule_that_is_switched_off_is_not_called_dead(desk: App) -> None:
    save(desk, FARMING)
    assert "farming" in dead(desk)
    save(desk, FARMING.model_copy(update={"enabled": False}))
    assert "farming" not in dead(desk)


def test_a_call_just_under_the_threshold_is_a_near_miss_with_the_word_it_has(desk: App) -> None:
    save(desk, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    [near, _] = remember(desk, "The north", "Food of the north", text="There are farms.")
    assert missed(desk) == [(near, "food", ("farms",))]


def test_a_near_miss_that_was_pinned_or_is_old_is_not_shown(desk: App) -> None:
    save(desk, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    [near] = remember(desk, "The north", text="There are farms.")
    remember(desk, "The south", text="There are farms.", first_seen_at=MONDAY - timedelta(days=8))
    pin(desk, near, False)
    assert missed(desk) == []
    assert len(missed(desk, days=30)) == 1


def test_words_that_set_a_spearheads_calls_apart_are_suggested_with_counts(desk: App) -> None:
    for place in ("north", "south", "east"):
        remember(desk, f"Food of the {place}", text="A bakery in town")
        remember(desk, f"Bridges of the {place}", text="A river in town")
    assert words(desk, "food") == [("bakery", 3, 0)]


@pytest.mark.both_kinds
def test_calls_that_were_pinned_in_count_and_those_pinned_out_do_not(desk: App) -> None:
    for place in ("north", "south", "east"):
        [call] = remember(desk, f"Villages of the {place}", text="A bakery in town")
        remember(desk, f"Bridges of the {place}", text="A river in town")
        assert not words(desk, "food")
        pin(desk, call, True)
    assert ("bakery", 3, 0) in words(desk, "food")
    pin(desk, call, False)
    assert words(desk, "food") == []


def test_the_odds_are_those_of_two_by_two_counts(desk: App) -> None:
    told = reports.word_weight("bakery", 9, 1, 10, 10)
    assert told.log_odds == pytest.approx(3.69, abs=0.01)  # ln(9.5/1.5) − ln(1.5/9.5)
    assert told.z == pytest.approx(2.97, abs=0.01)


def test_a_dead_rule_says_how_many_calls_there_were_in_its_language(desk: App) -> None:
    save(desk, Rule(key="farming-fi", spearhead="food", text="kerrosviljely", weight=Weight.STRONG, language="fi"))
    for place in ("north", "south", "east"):
        remember(desk, f"Food of the {place}", text="A bakery in town")
    with desk.db.read() as session:
        told = {one.rule.key: one for one in reports.dead_rules(session, desk.tagger, desk.clock())}
    assert (told["farming-fi"].read, told["farming-fi"].words) == (0, ())
    for place in ("pohjoinen", "etelä", "itä"):
        remember(desk, f"Ruokaa: {place}", text="Leipomo kylässä", language="fi")
        remember(desk, f"Siltoja: {place}", text="Joki kylässä", language="fi")
    with desk.db.read() as session:
        told = {one.rule.key: one for one in reports.dead_rules(session, desk.tagger, desk.clock())}
    assert (told["farming-fi"].read, told["farming-fi"].words) == (6, ("leipomo",))


def test_a_near_miss_names_its_own_word_that_would_do(desk: App) -> None:
    save(desk, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    for place in ("north", "south", "east"):
        remember(desk, f"Food of the {place}", text="A bakery in town")
        remember(desk, f"Bridges of the {place}", text="A river in town")
    remember(desk, "The west", text="There are farms and bakeries.")
    with desk.db.read() as session:
        [one] = reports.missed_calls(session, desk.tagger, desk.clock() - timedelta(days=7))
    assert (one.miss.words, one.words) == (("farms",), ("bakeries",))


@pytest.mark.both_kinds
def test_a_word_that_mostly_other_calls_have_is_not_suggested(desk: App) -> None:
    for place in ("north", "south", "east"):
        remember(desk, f"Food of the {place}", text="A village")
    remember(desk, *(f"Bridge {number}" for number in range(20)))
    remember(desk, *(f"Village {number}" for number in range(7)))
    assert words(desk, "food") == []


@pytest.mark.both_kinds
def test_a_rule_has_the_precision_that_its_readers_give_it(desk: App) -> None:
    readers = [enrol(desk.db, desk.clock(), name, "food") for name in ("a", "b", "c", "d")]
    enrol(desk.db, desk.clock(), "e", "circular")
    [call] = remember(desk, "Food for all in circular things")
    add_event(desk.db, desk.clock(), call)
    deliver(desk)
    with desk.db.write() as session:
        for reason in ("", "said again"):
            feedback.add_feedback(
                session,
                NotForUs(subscriber_id=readers[0], call_id=call, spearhead="food", reason=reason, at=desk.clock()),
            )
    with desk.db.read() as session:
        found = reports.precision(session)
    assert [(one.rule, one.told, one.not_for_us, one.share) for one in found] == [
        ("food-words", 4, 1, 0.75),
        ("circular-words", 1, 0, 1.0),
    ]


def test_a_word_on_no_spearhead_in_particular_is_charged_to_all_rules_that_hold(desk: App) -> None:
    reader = enrol(desk.db, desk.clock(), "a", "food", "circular")
    [call] = remember(desk, "Food for all in circular things")
    add_event(desk.db, desk.clock(), call)
    deliver(desk)
    with desk.db.write() as session:
        feedback.add_feedback(session, NotForUs(subscriber_id=reader, call_id=call, at=desk.clock()))
    with desk.db.read() as session:
        found = reports.precision(session)
    assert {one.rule: one.share for one in found} == {"food-words": 0.0, "circular-words": 0.0}
