"""Masks, thresholds and whole rulebooks, edited by the same machinery as rules."""

from dataclasses import replace
from datetime import date

import pytest

from db import revisions, strategies
from db.calls import CallStatus
from db.revisions import Kind
from db.strategies import Mask, Rule, Spearhead, Strategy, Weight
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.rulebook import saving
from jobs.rulebook.tagging import retag_all
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, late, remember, remember_many, spearheads, try_edit
from tests.jobs.world import MONDAY, enrol
from tests.support.refused import refused
from tracker.errors import NotFound, Refusal, TrackerError
from tracker.tagging.preview import counted
from tracker.tagging.rulebook import Rulebook
from tracker.tagging.rulebook_edits import Edit

WEB = Mask(key="food-web", text='"food web"')


def mask_edit(app: App, mask: Mask | None, key: str = WEB.key) -> Edit:
    with app.db.read() as session:
        return saving.mask_edit(session, key, mask)


def threshold_edit(app: App, points: int) -> Edit:
    with app.db.read() as session:
        return saving.scoring_edit(session, "food", threshold=points)


def book_now(app: App) -> Rulebook:
    with app.db.read() as session:
        return stored_rulebook(session)


def test_a_mask_takes_what_it_hides_and_its_removal_gives_it_back(app: App) -> None:
    web, food = remember(app, "The food web of lakes", "Food for all")
    edit = mask_edit(app, WEB)
    assert [one.call.id for one in try_edit(app, edit).lost] == [web]
    saving.save(app, edit, ME)
    assert (spearheads(app, web), spearheads(app, food)) == (set(), {"food"})
    assert retag_all(app).counts["calls"] == 0
    saving.save(app, mask_edit(app, None), ME)
    assert spearheads(app, web) == {"food"}


def test_a_mask_is_kept_as_revisions_and_rolled_back(app: App) -> None:
    saving.save(app, mask_edit(app, WEB), ME)
    saving.save(app, mask_edit(app, WEB.model_copy(update={"spearhead": "food"})), ME)
    saving.save(app, mask_edit(app, None), ME)
    with app.db.read() as session:
        kept = revisions.revisions_of(session, Kind.MASK, WEB.key)
        assert [(one.revision, one.author, (one.state or {}).get("spearhead")) for one in kept] == [
            (1, "maija", None),
            (2, "maija", "food"),
            (3, "maija", None),
        ]
        assert saving.rolled_back_mask(session, WEB.key) == WEB.model_copy(update={"spearhead": "food"})
        assert saving.rolled_back_mask(session, WEB.key, 1) == WEB
        with refused(NotFound, "there is no revision food-web/9; there are 1, 2, 3"):
            saving.rolled_back_mask(session, WEB.key, 9)


def test_a_mask_that_breaks_an_example_is_refused(app: App) -> None:
    keep(app, example("Fine food web", True))
    with refused(Refusal, r"mask food-web would break 1 example.*Fine food web"):
        saving.save(app, mask_edit(app, WEB), ME)
    assert book_now(app).masks == ()


def test_a_mask_for_no_spearhead_or_of_no_words_is_refused(app: App) -> None:
    for wrong, told in (
        ({"spearhead": "fod"}, "no spearhead fod; there are circular, food"),
        ({"text": '"food'}, "quotation mark"),
    ):
        with refused(TrackerError, told):
            try_edit(app, mask_edit(app, WEB.model_copy(update=wrong)))


def test_a_higher_threshold_takes_what_is_only_in_the_text(app: App) -> None:
    title, text = remember(app, "Food for all", "For all")[0], remember(app, "Other", text="There is food.")[0]
    edit = threshold_edit(app, 8)
    assert [one.call.id for one in try_edit(app, edit).lost] == [text]
    saving.save(app, edit, ME)
    assert (spearheads(app, title), spearheads(app, text)) == ({"food"}, set())
    with app.db.read() as session:
        assert saving.rolled_back_scoring(session, "food") == {"threshold": 4, "full_until": None}
        kept = revisions.revisions_of(session, Kind.SPEARHEAD, "food")
    assert [(one.state or {})["threshold"] for one in kept] == [4, 8]
    saving.save(app, threshold_edit(app, 4), ME, announce=True)
    assert (spearheads(app, text), late(app)) == ({"food"}, [text])


@pytest.mark.both_kinds
def test_a_new_strategy_is_an_edit_like_any_other(app: App) -> None:
    """A whole book: one spearhead goes, another comes; seen before, saved as revisions, and told if asked for."""
    food, wine, over = remember(app, "Food for all", "Wine of the north", "Vineyards")
    remember(app, "Wine, over", status=CallStatus.CLOSED)
    enrol(app.db, MONDAY, "food", "food")
    now = Strategy(key="next", starts_on=date(2026, 6, 1), spearheads=("wine", "circular"))
    wines = Rule(key="wine-words", spearhead="wine", text="wine OR vineyard", weight=Weight.STRONG)
    old = book_now(app)
    kept = tuple(rule for rule in old.rules if rule.spearhead == "circular")
    heads = (Spearhead(key="wine"), *(one for one in old.spearheads if one.key == "circular"))
    edit = Edit("next.toml", old, Rulebook((now,), heads, (*kept, wines)), of_file=())
    trial = try_edit(app, edit)
    assert {one.call.id for one in trial.lost} == {food}
    assert counted(trial, lambda shift: shift.spearhead) == ["wine +3 −0", "food +0 −1"]
    saved = saving.save(app, edit, ME, announce=True)
    assert saved.told == (wine, over)
    assert (spearheads(app, food), spearheads(app, wine)) == (set(), {"wine"})
    assert retag_all(app).counts["calls"] == 0
    with app.db.read() as session:
        assert not (strategies.rule_named(session, "food-words") or FARMING).enabled
        assert [one.state is None for one in revisions.revisions_of(session, Kind.STRATEGY, "now")] == [False, True]


@pytest.mark.both_kinds
def test_what_does_not_change_makes_no_revision(app: App) -> None:
    book = book_now(app)
    saving.save(app, Edit("file", book, replace(book, rules=(*book.rules, FARMING))), ME)
    with app.db.read() as session:
        assert len(strategies.rule_revisions(session, "food-words")) == 1
        assert len(revisions.revisions_of(session, Kind.SPEARHEAD, "food")) == 1


def test_a_book_with_one_rule_that_is_too_common_is_refused_as_a_whole(app: App) -> None:
    remember_many(app, 100)
    book = book_now(app)
    bridge = Rule(key="bridge", spearhead="food", text="bridge", weight=Weight.STRONG)
    with refused(Refusal, "bridge is too common"):
        saving.save(app, Edit("file", book, replace(book, rules=(*book.rules, FARMING, bridge))), ME)
    assert book_now(app) == book
