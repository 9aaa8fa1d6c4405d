"""Saving an edit: a revision, calls tagged anew, and news only where it is announced."""

from dataclasses import replace

import pytest
from sqlmodel import select

from db import audit, calls, deliveries, editions, event_log, strategies
from db.audit import Signed
from db.calls import CallStatus
from db.event_log import EventKind
from db.runs import Verdict, recent_runs
from db.strategies import Rule, Weight
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.rulebook import saving
from jobs.rulebook.example_edits import AskedExample, drop_example, keep_example
from jobs.rulebook.pins import unpin_call
from jobs.rulebook.tagging import retag_all
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, late, pin, remember, rule_now, save, spearheads
from tests.jobs.world import MONDAY, add_event, clock_of, enrol, newest_deliveries
from tests.support.refused import refused
from tracker.errors import NotFound, Refusal

FOOD = Rule(key="food-words", spearhead="food", text="food", weight=Weight.STRONG)


def audited(app: App) -> list[tuple[str, str, str, object]]:
    """Who did what to which subject and why, oldest first."""
    with app.db.read() as session:
        entries = audit.list_audit(session, None)
    return [(entry.who, entry.action, entry.subject, entry.detail["reason"]) for entry in reversed(entries)]


def test_what_a_person_decides_on_rules_stands_in_the_audit(app: App) -> None:
    [farm] = remember(app, "Farm")
    save(app, FARMING)
    pin(app, farm, False)
    unpin_call(app, farm, "food", ME)
    kept = keep_example(app, AskedExample("food", must=True, title="Vertical farming"), ME)
    drop_example(app, kept.number, ME)
    assert audited(app) == [
        ("maija", "rules saved", "rule farming", "a test"),
        ("maija", "pinned away from", f"call {farm} (food)", "a test"),
        ("maija", "unpinned", f"call {farm} (food)", "a test"),
        ("maija", "example kept", f"example {kept.number}", "a test"),
        ("maija", "example removed", f"example {kept.number}", "a test"),
    ]


def test_a_save_that_changes_nothing_is_no_failure_and_leaves_no_trace_but_its_run(app: App) -> None:
    save(app, FARMING)
    with refused(saving.NoChange, "nothing to save: farming already reads exactly like this"):
        save(app, FARMING)
    with app.db.read() as session:
        newest = recent_runs(session, most=1)[0]
    assert (newest.job, newest.verdict, newest.reasons, newest.counts) == ("retag", Verdict.DONE, (), {})
    assert len(audited(app)) == 1


def told(app: App) -> dict[str, list[str]]:
    """The titles that the newest weekly edition of this day tells, by reader; those who get nothing are left out."""
    edition, _ = make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        rows = session.exec(
            select(deliveries.Delivery.recipient, calls.Call.title)
            .join(deliveries.DeliveryItem, deliveries.DeliveryItem.delivery_id == deliveries.Delivery.id)
            .join(calls.Call, calls.Call.id == deliveries.DeliveryItem.call_id)
            .where(deliveries.Delivery.edition_id == edition.id)
        ).all()
    found: dict[str, set[str]] = {}
    for recipient, title in rows:
        found.setdefault(recipient.partition("@")[0], set()).add(title)
    return {name: sorted(titles) for name, titles in found.items()}


def test_a_save_is_a_revision_with_author_time_and_reason(app: App) -> None:
    save(app, FARMING)
    save(app, FARMING.model_copy(update={"text": "farming"}), signed=Signed("pekka", "wider", MONDAY))
    with app.db.read() as session:
        kept = strategies.rule_revisions(session, "farming")
    assert [(one.revision, one.author, one.reason, one.text) for one in kept] == [
        (1, "maija", "a test", '"vertical farming"'),
        (2, "pekka", "wider", "farming"),
    ]
    assert {one.at for one in kept} == {MONDAY}


def test_a_save_tags_the_calls_it_reaches_and_no_others(app: App) -> None:
    farm, bridge = remember(app, "Vertical farming", "Bridges of steel")
    clock_of(app).forward(days=1)
    saved = save(app, FARMING)
    assert spearheads(app, farm) == {"food"}
    assert saved.preview.reached == (farm,)
    with app.db.read() as session:
        assert strategies.taggings_of(session, [farm])[farm][0].tagged_at == app.clock()
    assert spearheads(app, bridge) == set()


def test_after_a_save_no_call_waits_to_be_tagged(app: App) -> None:
    remember(app, "Vertical farming", "Bridges of steel")
    save(app, FARMING)
    assert retag_all(app).counts == {"calls": 0, "taggings": 0}


def test_a_save_leaves_calls_waiting_that_waited_before(app: App) -> None:
    remember(app, "Bridges of steel")
    with app.db.write() as session:
        strategies.store_rule(session, FARMING, Signed("m", "behind its back", MONDAY))
    save(app, FOOD)
    assert retag_all(app).counts["calls"] == 1


@pytest.mark.both_kinds
def test_a_removed_rule_takes_its_tags_and_a_rollback_gives_them_back(app: App) -> None:
    [food] = remember(app, "Food for all")
    before = rule_now(app, "food-words")
    save(app, FOOD.model_copy(update={"enabled": False}))
    assert spearheads(app, food) == set()
    with app.db.read() as session:
        back = saving.rolled_back(session, "food-words")
    assert back == before
    save(app, back)
    assert spearheads(app, food) == {"food"}
    with app.db.read() as session:
        assert [one.revision for one in strategies.rule_revisions(session, "food-words")] == [1, 2, 3]


def test_a_rule_of_one_revision_is_rolled_back_to_nothing(app: App) -> None:
    [farm] = remember(app, "Vertical farming")
    save(app, FARMING)
    with app.db.read() as session:
        back = saving.rolled_back(session, "farming")
    save(app, back)
    assert spearheads(app, farm) == set()


def test_a_rollback_to_a_revision_that_is_not_there_names_those_that_are(app: App) -> None:
    with app.db.read() as session, refused(NotFound, "there is no revision food-words/7; there are 1"):
        saving.rolled_back(session, "food-words", 7)


def test_a_save_that_breaks_an_example_is_refused_naming_it_and_changes_nothing(app: App) -> None:
    [food] = remember(app, "Food for all")
    keep(app, example("Fine food", True))
    with refused(Refusal, "food must match: Fine food"):
        save(app, FOOD.model_copy(update={"text": "wine"}))
    assert rule_now(app, "food-words").text == "food OR ruoka OR livsmedel"  # type: ignore[union-attr]
    assert spearheads(app, food) == {"food"}


def test_a_new_rule_that_does_not_keep_its_own_example_is_refused(app: App) -> None:
    with refused(Refusal, "must match: horizontal farms"):
        save(app, FARMING, example("horizontal farms", True, "farming"))


def test_a_save_of_what_stands_already_is_refused(app: App) -> None:
    save(app, FARMING)
    with refused(saving.NoChange, r"nothing to save: .*farming already reads exactly like this"):
        save(app, FARMING)


def test_a_silent_save_makes_no_news(app: App) -> None:
    enrol(app.db, app.clock(), "food")
    remember(app, "Vertical farming")
    assert told(app) == {}
    clock_of(app).forward(weeks=1)
    save(app, FARMING)
    assert late(app) == []
    assert told(app) == {}


def test_a_silently_tagged_call_whose_news_is_behind_the_reader_is_not_told(app: App) -> None:
    enrol(app.db, app.clock(), "food")
    [farm] = remember(app, "Vertical farming")
    add_event(app.db, app.clock(), farm)
    assert told(app) == {}
    save(app, FARMING)
    clock_of(app).forward(weeks=1)
    assert told(app) == {}


def test_a_silently_tagged_call_whose_news_is_still_ahead_of_the_reader_is_told(app: App) -> None:
    enrol(app.db, app.clock(), "food")
    [farm] = remember(app, "Vertical farming")
    add_event(app.db, app.clock(), farm)
    save(app, FARMING)
    assert told(app) == {"food": ["Vertical farming"]}


@pytest.mark.both_kinds
def test_an_announced_save_tells_exactly_the_newly_tagged_open_calls_once(app: App) -> None:
    enrol(app.db, app.clock(), "food")
    farm, _, _ = remember(app, "Vertical farming", "Vertical farming and food", "Bridges of steel")
    remember(app, "Vertical farming, over", status=CallStatus.CLOSED)
    assert told(app) == {}
    clock_of(app).forward(weeks=1)
    assert save(app, FARMING, announce=True).told == (farm,)
    assert told(app) == {"food": ["Vertical farming"]}
    clock_of(app).forward(weeks=1)
    assert told(app) == {}


def test_an_announcement_is_not_for_readers_who_had_the_call_before(app: App) -> None:
    enrol(app.db, app.clock(), "both", "food", "circular")
    enrol(app.db, app.clock(), "circular", "circular")
    enrol(app.db, app.clock(), "food", "food")
    remember(app, "Circular vertical farming")
    assert told(app) == {}
    clock_of(app).forward(weeks=1)
    save(app, FARMING, announce=True)
    assert told(app) == {"food": ["Circular vertical farming"]}


def test_a_call_whose_news_and_announcement_come_together_is_told_as_new(app: App) -> None:
    enrol(app.db, app.clock(), "food")
    [farm] = remember(app, "Vertical farming")
    add_event(app.db, app.clock(), farm)
    save(app, FARMING, announce=True)
    assert told(app) == {"food": ["Vertical farming"]}
    [delivery] = newest_deliveries(app.db).values()
    with app.db.read() as session:
        assert b"Added late" not in editions.template_of(session, delivery.content_id or 0)


@pytest.mark.both_kinds
def test_a_pin_tags_at_once_and_its_removal_gives_the_call_back_to_the_rules(app: App) -> None:
    [farm] = remember(app, "Vertical farming")
    pin(app, farm, True)
    assert spearheads(app, farm) == {"food"}
    pin(app, farm, False)
    assert spearheads(app, farm) == set()
    save(app, FARMING)
    assert spearheads(app, farm) == set()
    assert unpin_call(app, farm, "food", ME)
    assert spearheads(app, farm) == {"food"}
    assert not unpin_call(app, farm, "food", ME)


def test_a_pin_for_no_spearhead_is_refused(app: App) -> None:
    [farm] = remember(app, "Vertical farming")
    with refused(NotFound, "no spearhead fod; there are circular, food"):
        pin(app, farm, True, "fod")


def test_a_rule_that_somebody_else_changed_meanwhile_is_not_overwritten(app: App) -> None:
    class Meddler:
        """A clock by which somebody else saves first, when it is looked at."""

        def __call__(self):  # type: ignore[no-untyped-def]
            if not self.done:
                self.done = True
                with app.db.write() as session:
                    strategies.store_rule(session, FARMING, Signed("pekka", "first", MONDAY))
            return MONDAY

        done = False

    with refused(Refusal, "meanwhile"):
        save(replace(app, clock=Meddler()), FARMING.model_copy(update={"text": "farming"}))
    assert rule_now(app, "farming") == FARMING


def test_events_say_which_spearheads_came_late(app: App) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING, announce=True)
    with app.db.read() as session:
        [(event, _)] = event_log.events_after(session, 0)
    assert (event.kind, event.new) == (EventKind.LATE, {"spearheads": ["food"]})
