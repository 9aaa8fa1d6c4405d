"""What the rules as they stand do to the archive: dead ones, near misses, words to add."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from db import calls, feedback
from db.deliveries import Delivery, DeliveryState
from db.feedback import NotForUs
from db.strategies import Rule, Weight
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.rulebook import gold, reports
from tests.jobs.rulebook.archive import FARMING, ME, pin, remember, save
from tests.jobs.world import MONDAY, add_event, enrol
from tracker.tagging import typical_words


def dead(app: App) -> set[str]:
    with app.db.read() as session:
        return {one.rule.key for one in reports.dead_rules(session, app.compiled, app.clock())}


def deliver(app: App) -> None:
    """What the weekly edition holds for its readers is sent."""
    make_edition(app, Cadence.WEEKLY)
    with app.db.write() as session:
        session.connection().execute(sa.update(Delivery).values(state=DeliveryState.SENT))


def missed(app: App, days: int = 7) -> list[tuple[int | None, str, tuple[str, ...]]]:
    with app.db.read() as session:
        found = reports.missed_calls(session, app.compiled, app.clock() - timedelta(days=days))
    return [(one.call.id, one.miss.spearhead, one.miss.words) for one in found]


def words(app: App, spearhead: str) -> list[tuple[str, int, int]]:
    with app.db.read() as session:
        found = reports.suggested(session, app.compiled, spearhead, 3)
    return [(one.word, one.inside, one.outside) for one in found]


def test_a_rule_without_a_hit_in_a_year_is_dead(app: App) -> None:
    remember(app, "Food for all")
    remember(app, "Circular things", first_seen_at=MONDAY - timedelta(days=366))
    assert dead(app) == {"circular-words"}
    remember(app, "Circular things again", first_seen_at=MONDAY - timedelta(days=364))
    assert dead(app) == set()


def test_a_rule_that_is_switched_off_is_not_called_dead(app: App) -> None:
    save(app, FARMING)
    assert "farming" in dead(app)
    save(app, FARMING.model_copy(update={"enabled": False}))
    assert "farming" not in dead(app)


def test_a_call_just_under_the_threshold_is_a_near_miss_with_the_word_it_has(app: App) -> None:
    save(app, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    [near, _] = remember(app, "The north", "Food of the north", text="There are farms.")
    assert missed(app) == [(near, "food", ("farms",))]


def test_a_near_miss_that_was_pinned_or_is_old_is_not_shown(app: App) -> None:
    save(app, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    [near] = remember(app, "The north", text="There are farms.")
    remember(app, "The south", text="There are farms.", first_seen_at=MONDAY - timedelta(days=8))
    pin(app, near, False)
    assert missed(app) == []
    assert len(missed(app, days=30)) == 1


def test_words_that_set_a_spearheads_calls_apart_are_suggested_with_counts(app: App) -> None:
    for place in ("north", "south", "east"):
        remember(app, f"Food of the {place}", text="A bakery in town")
        remember(app, f"Bridges of the {place}", text="A river in town")
    assert words(app, "food") == [("bakery", 3, 0)]


@pytest.mark.both_kinds
def test_calls_that_were_pinned_in_count_and_those_pinned_out_do_not(app: App) -> None:
    for place in ("north", "south", "east"):
        [call] = remember(app, f"Villages of the {place}", text="A bakery in town")
        remember(app, f"Bridges of the {place}", text="A river in town")
        assert not words(app, "food")
        pin(app, call, True)
    assert ("bakery", 3, 0) in words(app, "food")
    pin(app, call, False)
    assert words(app, "food") == []


def test_what_was_judged_stands_above_the_rules_in_suggestions(app: App) -> None:
    """Calls that no rule tags are learned from, and those wrongly tagged are not."""
    villages = remember(app, *(f"Villages of the {place}" for place in ("north", "south", "east")), text="A bakery")
    foods = remember(app, *(f"Food of the {place}" for place in ("north", "south", "east")), text="A harbour")
    remember(app, *(f"Bridges of the {place}" for place in ("north", "south", "east")), text="A river")
    for call_ids, grade in ((villages, 2), (foods, 0)):
        with app.db.read() as session:
            known = calls.calls_by_id(session, call_ids)
        for call in known.values():
            gold.judge_call(app, call, {"food": grade}, ME)
    assert [word for word, *_ in words(app, "food")] == ["bakery", "villages"]


def test_the_odds_are_those_of_two_by_two_counts(app: App) -> None:
    told = typical_words.word_weight("bakery", 9, 1, 10, 10)
    assert told.log_odds == pytest.approx(3.69, abs=0.01)  # ln(9.5/1.5) − ln(1.5/9.5)
    assert told.z == pytest.approx(2.97, abs=0.01)


def test_a_dead_rule_says_how_many_calls_there_were_in_its_language(app: App) -> None:
    save(app, Rule(key="farming-fi", spearhead="food", text="kerrosviljely", weight=Weight.STRONG, language="fi"))
    for place in ("north", "south", "east"):
        remember(app, f"Food of the {place}", text="A bakery in town")
    with app.db.read() as session:
        told = {one.rule.key: one for one in reports.dead_rules(session, app.compiled, app.clock())}
    assert (told["farming-fi"].read, told["farming-fi"].words) == (0, ())
    for place in ("pohjoinen", "etelä", "itä"):
        remember(app, f"Ruokaa: {place}", text="Leipomo kylässä", language="fi")
        remember(app, f"Siltoja: {place}", text="Joki kylässä", language="fi")
    with app.db.read() as session:
        told = {one.rule.key: one for one in reports.dead_rules(session, app.compiled, app.clock())}
    assert (told["farming-fi"].read, told["farming-fi"].words) == (6, ("leipomo",))


def test_a_near_miss_names_its_own_word_that_would_do(app: App) -> None:
    save(app, Rule(key="farm", spearhead="food", text="farm", weight=Weight.MEDIUM))
    for place in ("north", "south", "east"):
        remember(app, f"Food of the {place}", text="A bakery in town")
        remember(app, f"Bridges of the {place}", text="A river in town")
    remember(app, "The west", text="There are farms and bakeries.")
    with app.db.read() as session:
        [one] = reports.missed_calls(session, app.compiled, app.clock() - timedelta(days=7))
    assert (one.miss.words, one.words) == (("farms",), ("bakeries",))


@pytest.mark.both_kinds
def test_a_word_that_mostly_other_calls_have_is_not_suggested(app: App) -> None:
    for place in ("north", "south", "east"):
        remember(app, f"Food of the {place}", text="A village")
    remember(app, *(f"Bridge {number}" for number in range(20)))
    remember(app, *(f"Village {number}" for number in range(7)))
    assert words(app, "food") == []


@pytest.mark.both_kinds
def test_a_rule_has_the_precision_that_its_readers_give_it(app: App) -> None:
    readers = [enrol(app.db, app.clock(), name, "food") for name in ("a", "b", "c", "d")]
    enrol(app.db, app.clock(), "e", "circular")
    [call] = remember(app, "Food for all in circular things")
    add_event(app.db, app.clock(), call)
    deliver(app)
    with app.db.write() as session:
        for reason in ("", "said again"):
            feedback.add_feedback(
                session,
                NotForUs(subscriber_id=readers[0], call_id=call, spearhead="food", reason=reason, at=app.clock()),
            )
    with app.db.read() as session:
        found = reports.precision(session)
    assert [(one.rule, one.told, one.not_for_us, one.share) for one in found] == [
        ("food-words", 4, 1, 0.75),
        ("circular-words", 1, 0, 1.0),
    ]


def test_a_word_on_no_spearhead_in_particular_is_charged_to_all_rules_that_hold(app: App) -> None:
    reader = enrol(app.db, app.clock(), "a", "food", "circular")
    [call] = remember(app, "Food for all in circular things")
    add_event(app.db, app.clock(), call)
    deliver(app)
    with app.db.write() as session:
        feedback.add_feedback(session, NotForUs(subscriber_id=reader, call_id=call, at=app.clock()))
    with app.db.read() as session:
        found = reports.precision(session)
    assert {one.rule: one.share for one in found} == {"food-words": 0.0, "circular-words": 0.0}


def test_what_chance_alone_would_bring_is_not_suggested() -> None:
    assert typical_words.beyond_chance(1) == 0
    assert typical_words.beyond_chance(2) == pytest.approx(1.18, abs=0.01)
    assert typical_words.beyond_chance(1000) == pytest.approx(3.72, abs=0.01)


def test_words_of_no_subject_are_not_suggested(app: App) -> None:
    for place in ("north", "south", "east", "west"):
        remember(app, f"Food of the {place}", text="Bakeries thereby highlighted the ultimate profile")
        remember(app, f"Bridges of the {place}", text="A river in town")
    assert words(app, "food") == [("bakeries", 4, 0)]
