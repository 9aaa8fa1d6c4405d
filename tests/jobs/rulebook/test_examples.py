"""Examples: kept in the database, tried on every edit, made of pins."""

import pytest

from db import examples, revisions
from db.revisions import Kind
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.rulebook import saving
from jobs.rulebook.examples import kept_examples
from jobs.rulebook.region_import import import_region
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, pin, remember, save, try_rule
from tests.support.refused import refused
from tracker.errors import Refusal

WINE = Rule(key="food-words", spearhead="food", text="wine", weight=Weight.STRONG)


@pytest.mark.both_kinds
def test_an_example_given_with_a_save_is_kept_and_binds_the_next(app: App) -> None:
    save(app, FARMING, example("vertical farming in town", True, "farming"))
    with app.db.read() as session:
        [kept] = kept_examples(session)
    assert (kept.rule, kept.must, kept.document.title) == ("farming", True, "vertical farming in town")
    with refused(Refusal, r"farming would break 1 example.*vertical farming in town"):
        save(app, FARMING.model_copy(update={"text": "aquaculture"}))


def test_an_example_that_no_rule_keeps_yet_is_held_to_from_the_edit_that_does(app: App) -> None:
    keep(app, example("Vertical farming", True))
    save(app, Rule(key="beer", spearhead="food", text="beer", weight=Weight.STRONG))
    save(app, FARMING)
    with refused(Refusal, "Vertical farming"):
        save(app, FARMING.model_copy(update={"enabled": False}))


def test_a_pin_becomes_an_example_with_all_that_rules_read_of_the_call(app: App) -> None:
    [bridge] = remember(app, "Bridges", destination="Food for the north", identifier="HORIZON-CL6", audience=("SME",))
    pin(app, bridge, is_included=False, as_example=True)
    with app.db.read() as session:
        [kept] = kept_examples(session)
    assert (kept.must, kept.document.destination, kept.document.audience) == (False, "Food for the north", ("SME",))
    by_place = Rule(key="place", spearhead="food", text="destination:food", weight=Weight.STRONG)
    assert [one.document.title for one in try_rule(app, by_place).broken] == ["Bridges"]


def test_examples_have_a_history_that_tells_who_took_them_out(app: App) -> None:
    keep(app, example("Vertical farming", True))
    with app.db.write() as session:
        [row] = examples.all_examples(session)
        assert examples.delete_example(session, row.id or 0, ME._replace(author="pekka"))
        assert not examples.delete_example(session, row.id or 0, ME)
    with app.db.read() as session:
        told = revisions.revisions_of(session, Kind.EXAMPLE, str(row.id))
    assert [(one.author, one.state is None) for one in told] == [("maija", False), ("pekka", True)]


def test_the_region_files_examples_come_with_it_and_those_added_by_hand_stay(app: App) -> None:
    keep(app, example("Vertical farming", True))
    with app.db.write() as session:
        import_region(session, app.region, ME)
        first = {row.id for row in examples.all_examples(session)}
        import_region(session, app.region, ME)
        assert {row.id for row in examples.all_examples(session)} == first
        assert len(first) == len(app.region.examples) + 1


def test_a_new_example_alone_can_be_saved_with_a_rule_as_it_stands(app: App) -> None:
    save(app, FARMING)
    saved = save(app, FARMING, example("no farming at all", False, "farming"))
    assert saved.counts["examples"] == 1
    with pytest.raises(saving.NoChange):
        save(app, FARMING)
