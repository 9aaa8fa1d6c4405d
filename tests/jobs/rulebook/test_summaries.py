"""Summaries: what an edit would do, as rows and words."""

import pytest

from db.calls import CallStatus
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.rulebook import saving
from jobs.rulebook.preview import readers
from jobs.rulebook.summaries import Summarised, saved_in_words, summarised
from tests.jobs.rulebook.archive import FARMING, ME, example, remember, remember_many, rule_edit
from tests.jobs.world import enrol
from tracker.errors import RuleError


def tried(app: App, rule: Rule, language: str = "en", spares: str = "Bridges") -> Summarised:
    edit = rule_edit(app, rule, [example(spares, must=False)])
    with app.db.read() as session:
        return summarised(session, app, edit, language)


def test_an_edit_of_one_rule_is_told_in_a_few_lines(app: App) -> None:
    enrol(app.db, app.clock(), "anna", "food")
    remember(app, "Vertical farming in cities", "Bridges of steel")
    told = tried(app, FARMING).summary
    assert (told.difference, told.by_spearhead) == ("+1 −0 of 2 calls", "Ruoka +1 −0")
    assert told.readers == "1 follow it; 1 gain open calls, at most 1 each"
    assert told.examples == "all kept"
    assert told.rule is not None
    assert (told.rule.text, told.rule.matches) == ('"vertical farming"', "1 call (50.0 %)")
    assert told.rule.alone == "1 of the calls tried have no other rule of Ruoka"


@pytest.mark.parametrize(
    ("language", "a_week", "matches"),
    [
        ("fi", "0,0 hakua lisää (viimeiset 26 viikkoa)", "1 haku (50,0\xa0%)"),
        ("sv", "0,0 utlysningar till (de senaste 26 veckorna)", "1 utlysning (50,0\xa0%)"),
    ],
)
def test_numbers_are_written_as_in_the_language_that_is_spoken(
    app: App, language: str, a_week: str, matches: str
) -> None:
    remember(app, "Vertical farming in cities", "Bridges of steel")
    told = tried(app, FARMING, language).summary
    assert told.rule
    assert (told.a_week, told.rule.matches) == (a_week, matches)


def test_an_edit_that_breaks_an_example_says_which(app: App) -> None:
    told = tried(app, FARMING, spares="Vertical farms").summary
    assert told.examples == "would break: Ruoka must not match: Vertical farms"


def test_the_calls_that_shift_come_open_ones_first_with_the_words_that_matched(app: App) -> None:
    [closed] = remember(app, "Wine of old", status=CallStatus.CLOSED)
    [opened] = remember(app, "Wine of the north")
    [food] = remember(app, "Food for all")
    done = tried(app, Rule(key="food-words", spearhead="food", text="wine", weight=Weight.STRONG))
    rows = done.rows()
    assert [(one.change, one.id, one.status) for one in rows] == [
        ("+", opened, "open"),
        ("+", closed, "closed"),
        ("-", food, "open"),
    ]
    assert (rows[0].title, rows[0].words) == ("Wine of the north", ("Wine",))
    assert [one.id for one in done.rows(1)] == [opened, food]
    assert (done.rows(0), done.shifts) == ([], 3)


def test_of_very_many_calls_some_stand_for_all(app: App) -> None:
    remember_many(app, 90)
    reader = enrol(app.db, app.clock(), "anna", "food")
    edit = rule_edit(app, Rule(key="bridge", spearhead="food", text="bridge", weight=Weight.STRONG))
    with app.db.read() as session:
        done = summarised(session, app, edit, "en", most=10)
        assert readers(session, done.preview, app.today()) == {reader: 90}
    told = done.summary
    assert told.difference == "about +90 −0 of 90 calls: 10 were read of 90 that have the words"
    assert (told.by_source_and_status, told.a_week) == (
        "EU Funding & Tenders Portal, Open +90 −0",
        "3.5 more calls (last 26 weeks)",
    )
    assert told.rule is not None
    assert told.rule.matches == "about 90 calls (100.0 %)"
    assert (done.shifts, len(done.rows())) == (90, 10)


def test_as_many_as_are_asked_for_are_counted(app: App) -> None:
    remember_many(app, 10)
    edit = rule_edit(app, Rule(key="bridge", spearhead="food", text="bridge", weight=Weight.STRONG))
    with app.db.read() as session:
        assert summarised(session, app, edit, "en", most=10).summary.difference == "+10 −0 of 10 calls"


def test_words_and_faults_are_in_the_language_that_is_asked_for(app: App) -> None:
    told = tried(app, FARMING, "fi").summary
    assert told.rule is not None
    assert told.rule.words == "haku, jossa on ilmaus ”vertical farming”"
    with pytest.raises(RuleError, match="lainausmerkki puuttuu"):
        tried(app, FARMING.model_copy(update={"text": '"vertical'}), "fi")


def test_what_a_save_did_is_told_in_a_line(app: App) -> None:
    remember(app, "Vertical farming in cities", "Bridges of steel")
    saved = saving.save(app, rule_edit(app, FARMING), ME)
    assert saved_in_words(saved, "en") == "farming is saved: calls tagged anew 1, +1 −0; nobody is told"
