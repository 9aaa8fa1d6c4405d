"""What an edit would do, seen before it is saved."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from db import calls, rule_points, search, strategies
from db.calls import CallStatus
from db.strategies import Hides, Mask, Pin, Rule, Weight
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.rulebook import preview, saving
from jobs.rulebook.tagging import retag_all
from tests.jobs.rulebook.archive import (
    FARMING,
    example,
    keep,
    remember,
    remember_many,
    rule_edit,
    rule_now,
    save,
    spearheads,
    try_edit,
    try_rule,
)
from tests.jobs.world import MONDAY, enrol
from tests.support.refused import refused
from tracker.errors import Code, NotFound, Refusal, RuleError
from tracker.refusals import worded
from tracker.tagging.documents import from_facts
from tracker.tagging.index import Index, compile_rules, tag
from tracker.tagging.preview import counted, weekly
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Edit, with_mask, with_rule, with_scoring


def test_a_new_rule_shows_what_calls_it_would_add_with_its_words(app: App) -> None:
    farm, _ = remember(app, "Vertical farming in cities", "Bridges of steel")
    trial = try_rule(app, FARMING)
    assert [(one.call.id, one.spearhead, one.words) for one in trial.gained] == [(farm, "food", ("Vertical farming",))]
    assert (trial.lost, trial.uses[0].hits, trial.archive) == ((), 1, 2)


def test_trying_changes_nothing(app: App) -> None:
    [farm] = remember(app, "Vertical farming in cities")
    try_rule(app, FARMING)
    assert rule_now(app, "farming") is None
    assert spearheads(app, farm) == set()


def test_an_edited_rule_shows_what_it_takes_and_what_it_gives(app: App) -> None:
    food, wine = remember(app, "Food for all", "Wine of the north")
    trial = try_rule(app, Rule(key="food-words", spearhead="food", text="wine", weight=Weight.STRONG))
    assert [one.call.id for one in trial.gained] == [wine]
    assert [(one.call.id, one.words) for one in trial.lost] == [(food, ("Food",))]


def test_a_rule_moved_to_another_spearhead_shifts_both(app: App) -> None:
    [food] = remember(app, "Food for all")
    trial = try_rule(app, Rule(key="food-words", spearhead="circular", text="food", weight=Weight.STRONG))
    assert [(one.call.id, one.spearhead) for one in trial.gained] == [(food, "circular")]
    assert [(one.call.id, one.spearhead) for one in trial.lost] == [(food, "food")]


def test_inflected_words_and_compounds_are_reached(app: App) -> None:
    first, second = remember(app, "Kerrosviljelyn kehittäminen", "Kerrosviljelyhankkeita", language="fi")
    trial = try_rule(app, Rule(key="viljely", spearhead="food", text="kerrosviljely", weight=Weight.STRONG))
    assert [one.call.id for one in trial.gained] == [first, second]


@pytest.mark.both_kinds
@pytest.mark.parametrize(
    "text", ["recycl*", "id:HORIZON-*", "id:*EIC*", "wine NEAR/3 north", "wine AND NOT beer", "title:wine"]
)
def test_every_kind_of_line_reaches_the_calls_that_it_holds_for(app: App, text: str) -> None:
    remember(app, "Recycling wine of the north", identifier="HORIZON-EIC-2026")
    assert try_rule(app, Rule(key="any", spearhead="food", text=text, weight=Weight.STRONG)).uses[0].hits == 1


def test_a_line_of_many_words_is_tried(app: App) -> None:
    [wine] = remember(app, "Wine of the north")
    text = " OR ".join(["wine", *(f"word{number}" for number in range(900))])
    trial = try_rule(app, Rule(key="any", spearhead="food", text=text, weight=Weight.STRONG))
    assert [one.call.id for one in trial.gained] == [wine]


@pytest.mark.both_kinds
def test_quotes_and_backslashes_in_a_line_do_no_harm(app: App) -> None:
    remember(app, "Wine of the north")
    odd = Rule(key="any", spearhead="food", text='"o\'brien\\\\" OR wine&co', weight=Weight.STRONG)
    assert try_rule(app, odd).uses[0].hits == 0


def test_pinned_calls_do_not_shift(app: App) -> None:
    [farm] = remember(app, "Vertical farming in cities")
    with app.db.write() as session:
        no = Pin(call_id=farm, spearhead="food", is_included=False, author="m", at=app.clock(), reason="not ours")
        strategies.pin(session, no)
    trial = try_rule(app, FARMING)
    assert (trial.uses[0].hits, trial.gained) == (1, ())


def test_other_rules_that_hold_for_the_same_calls_are_counted(app: App) -> None:
    remember(app, "Vertical farming of food", "Vertical farming")
    [use] = try_rule(app, FARMING).uses
    assert (use.beside, use.alone, use.hits) == ((("food-words", 1),), 1, 2)


def test_the_difference_is_counted_by_a_group(app: App) -> None:
    remember(app, "Vertical farming")
    remember(app, "Vertical farming again", "More vertical farming", status=CallStatus.CLOSED)
    parts = counted(try_rule(app, FARMING), lambda shift: shift.call.status.value)
    assert parts == ["closed +2 −0", "open +1 −0"]


@pytest.mark.both_kinds
def test_the_forecast_counts_the_last_twenty_six_weeks(app: App) -> None:
    remember(app, "Vertical farming", "More vertical farming", first_seen_at=MONDAY - timedelta(weeks=25))
    remember(app, "Old vertical farming", first_seen_at=MONDAY - timedelta(weeks=27))
    assert weekly(try_rule(app, FARMING), app.today()) == pytest.approx(2 / 26)


def test_a_call_that_opened_before_we_knew_it_counts_when_it_opened(app: App) -> None:
    remember(app, "Vertical farming", opens_on=MONDAY.date() - timedelta(weeks=30))
    assert weekly(try_rule(app, FARMING), app.today()) == 0


@pytest.mark.both_kinds
def test_the_readers_it_touches_are_those_who_follow_the_spearhead(app: App) -> None:
    remember(app, "Vertical farming", "More vertical farming")
    remember(app, "Vertical farming, over", status=CallStatus.CLOSED)
    mine = enrol(app.db, app.clock(), "food")
    enrol(app.db, app.clock(), "circular", "circular")
    with app.db.read() as session:
        assert preview.readers(session, try_rule(app, FARMING), app.today()) == {mine: 2}


def test_a_line_that_does_not_parse_is_refused_with_its_column_and_a_hint(app: App) -> None:
    with pytest.raises(RuleError) as caught:
        try_rule(app, FARMING.model_copy(update={"text": 'farm AND "vertical'}))
    assert caught.value.column == 10
    assert caught.value.hint


def test_a_rule_for_no_spearhead_is_refused_naming_those_there_are(app: App) -> None:
    with refused(NotFound, "there is no spearhead fod; there are circular, food"):
        try_rule(app, FARMING.model_copy(update={"spearhead": "fod"}))


def test_an_example_that_was_kept_and_would_not_be_is_named(app: App) -> None:
    keep(app, example("Fine food", True), example("Food web", False))
    assert try_rule(app, FARMING).broken == ()  # the second is not kept as it is: no fault of this edit
    edit = Rule(key="food-words", spearhead="food", text="wine", weight=Weight.STRONG)
    assert [one.document.title for one in try_rule(app, edit).broken] == ["Fine food"]


def test_a_rule_that_is_switched_off_takes_its_own_examples_with_it(app: App) -> None:
    off = Rule(key="food-words", spearhead="food", text="food", weight=Weight.STRONG, enabled=False)
    keep(app, example("Fine food", True, "food-words"))
    assert try_rule(app, off).broken == ()
    keep(app, example("Fine food", True))
    assert try_rule(app, off).broken != ()


def test_too_common_a_rule_is_refused_with_its_measured_rate(app: App) -> None:
    remember_many(app, 100)
    bridge = Rule(key="bridge", spearhead="food", text="bridge", weight=Weight.WEAK)
    with refused(Refusal, r"100 of 100 calls \(100%\)"):
        saving.checked(try_rule(app, bridge), force=False)
    [warning] = saving.checked(try_rule(app, bridge), force=True)
    assert worded(warning, "en") == "bridge is common: it matches 100 of 100 calls (100%)"
    strong = bridge.model_copy(update={"weight": Weight.STRONG})
    with refused(Refusal, "too common"):
        saving.checked(try_rule(app, strong), force=True)


def test_a_rather_common_rule_is_warned_of(app: App) -> None:
    remember_many(app, 100)
    ones = Rule(key="ones", spearhead="food", text=" OR ".join(f"={n}" for n in range(20)), weight=Weight.STRONG)
    [warning] = saving.checked(try_rule(app, ones), force=False)
    assert worded(warning, "en") == "ones is common: it matches 20 of 100 calls (20%)"
    assert worded(warning, "fi").startswith("ones on yleinen: se osuu 20 hakuun 100 hausta")


def test_of_an_edited_line_only_the_words_that_changed_are_looked_for(app: App) -> None:
    food, wine = remember(app, "Food for all", "Wine of the north")
    edit = Rule(key="food-words", spearhead="food", text="food OR wine OR ruoka OR livsmedel", weight=Weight.STRONG)
    trial = try_rule(app, edit)
    assert trial.reached == (wine,)
    assert [one.call.id for one in trial.gained] == [wine]
    heavier = edit.model_copy(update={"weight": Weight.MEDIUM})
    assert try_rule(app, heavier).reached == (food, wine)


@pytest.mark.parametrize(
    "text",
    [
        "food OR wine",
        "wine OR livsmedel",
        "food AND NOT wine",
        "title:(food OR wine)",
        '"food of the" OR wine',
        "“food of” OR wine",
        "(food OR ruoka) AND (wine OR north)",
    ],
)
def test_an_edit_shifts_what_a_comparison_of_the_whole_archive_shifts(app: App, text: str) -> None:
    remember(app, "Food for all", "Wine of the north", "Food and wine", "Food of the north", "Ruoka", "Livsmedel")
    edit = rule_edit(app, Rule(key="food-words", spearhead="food", text=text, weight=Weight.STRONG))
    shifts_as_a_comparison_says(app, edit)


FOOD, WINE = (Rule(key=f"{word}-words", spearhead="food", text=word, weight=Weight.STRONG) for word in ("food", "wine"))
LIGHT = Rule(key="light", spearhead="food", text="north OR all", weight=Weight.WEAK)
EDITS: dict[str, Callable[[Rulebook], Rulebook]] = {
    "a rule more": lambda book: with_rule(book, WINE),
    "a rule off": lambda book: with_rule(book, FOOD.model_copy(update={"enabled": False})),
    "a weight": lambda book: with_rule(book, FOOD.model_copy(update={"weight": Weight.MEDIUM})),
    "a language": lambda book: with_rule(book, FOOD.model_copy(update={"language": "fi"})),
    "another spearhead": lambda book: with_rule(book, FOOD.model_copy(update={"spearhead": "circular"})),
    "two rules": lambda book: with_rule(with_rule(book, WINE), LIGHT.model_copy(update={"weight": Weight.MEDIUM})),
    "a mask": lambda book: with_mask(book, "m", Mask(key="m", text='"food of the"', spearhead="food")),
    "a mask for all": lambda book: with_mask(book, "m", Mask(key="m", text="wine OR food", hides=Hides.SENTENCE)),
    "a threshold": lambda book: with_scoring(book, ["food"], threshold=9),
    "a lower threshold": lambda book: with_scoring(book, ["food"], threshold=1),
    "where hits count in full": lambda book: with_scoring(book, ["food"], full_until=10),
    "a strategy off": lambda book: replace(
        book, strategies=tuple(one.model_copy(update={"switched_on": False}) for one in book.strategies)
    ),
}


@pytest.mark.parametrize("is_outdated", [False, True])
@pytest.mark.parametrize("edited", EDITS.values(), ids=list(EDITS))
def test_every_kind_of_edit_shifts_what_a_comparison_says(
    app: App, edited: Callable[[Rulebook], Rulebook], is_outdated: bool
) -> None:
    save(app, LIGHT)
    remember(app, "Food for all", "Wine of the north", "Food and wine", "Food of the north", "All recycled")
    remember(app, "Bridges", text="Made of wood. Of food for all, too.", identifier="HORIZON-2")
    if is_outdated:  # tagged by other rules, long ago: what is stored of them says nothing
        with app.db.write() as session:
            ids = search.indexed(session)
            strategies.note_tagged(session, ids, "rules of long ago")
            rule_points.replace_points(session, ids, [rule_points.PointsGiven(ids[0], "food-words", 99, False)])
    with app.db.read() as session:
        before = stored_rulebook(session)
    shifts_as_a_comparison_says(app, Edit("it", before, edited(before)))


def shifts_as_a_comparison_says(app: App, edit: Edit) -> None:
    """Assert that a preview shifts what tagging the whole archive before and after the edit shifts."""
    trial = try_edit(app, edit)
    with app.db.read() as session:
        was, now = (tagged(session, compile_rules(book, app.compiled.lemmas)) for book in (edit.before, edit.book))
    assert {(one.call.id, one.spearhead) for one in trial.gained} == now - was
    assert {(one.call.id, one.spearhead) for one in trial.lost} == was - now


def tagged(session: Session, index: Index) -> set[tuple[int | None, str]]:
    """The calls of the whole archive with their spearheads by these rules."""
    every = calls.calls_to_try(session)
    return {(call.id, one.spearhead) for call in every for one in tag(index, from_facts(call))}


def test_of_calls_that_wait_to_be_tagged_anew_it_is_not_known_how_many_match(app: App) -> None:
    remember(app, "Food for all", "Wine of the north")
    with app.db.write() as session:
        strategies.note_tagged(session, search.indexed(session), "rules of long ago")
    [use] = try_rule(app, FOOD.model_copy(update={"text": "food OR wine OR ruoka OR livsmedel"})).uses
    assert (use.hits, use.measure) == (2, Code.AT_LEAST)
    retag_all(app)
    [use] = try_rule(app, FOOD.model_copy(update={"text": "food OR wine OR ruoka OR livsmedel"})).uses
    assert (use.hits, use.measure) == (2, None)


def test_the_share_of_a_common_rule_with_one_word_more_is_counted(app: App) -> None:
    remember_many(app, 100)
    known = Rule(key="common", spearhead="food", text="bridge", weight=Weight.WEAK)
    save(app, known, force=True)
    trial = try_rule(app, known.model_copy(update={"text": "bridge OR wine"}))
    assert (trial.uses[0].hits, trial.uses[0].measure, trial.reached) == (100, None, ())
    with refused(Refusal, "too common"):
        saving.checked(trial, force=False)
