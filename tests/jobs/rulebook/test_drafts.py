"""Drafts: what a person asks of the rulebook, put in place of what stands."""

from pathlib import Path

import pytest

from db.audit import Signed
from db.revisions import Kind, revisions_of
from db.strategies import Mask, Rule, Weight
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import drafts, saving
from jobs.rulebook.drafts import AskedMask, AskedRule, drafted, own_examples, spoken
from jobs.rulebook.example_edits import AskedExample, drop_example, keep_example, listed_examples
from jobs.rulebook.rule_files import edit_of_file
from tests.jobs.rulebook.archive import ME, remember, save
from tests.jobs.world import MONDAY
from tests.support.refused import refused
from tracker.errors import InputFaults, NotFound, Noun, Refusal
from tracker.tagging.language import parse_rule, rule_in_words

FOREST = Rule(key="forest", spearhead="food", text="forest", weight=Weight.STRONG, language="fi", enabled=False)


def not_found(caught: pytest.ExceptionInfo[NotFound]) -> tuple[Noun, object]:
    return caught.value.noun, caught.value.id


# --- rules ------------------------------------------------------------------------------------------------------------


def test_what_is_not_asked_for_stays_as_it_stands_and_the_rule_is_back() -> None:
    draft = drafted(FOREST, AskedRule("forest", text="forest OR wood"))
    assert draft == FOREST.model_copy(update={"text": "forest OR wood", "enabled": True})


def test_a_new_rule_is_medium_and_reads_every_language_if_nothing_else_is_said() -> None:
    draft = drafted(None, AskedRule("wood", "food", "wood"))
    assert draft == Rule(key="wood", spearhead="food", text="wood", weight=Weight.MEDIUM)


@pytest.mark.parametrize("asked", [AskedRule("wood", text="wood"), AskedRule("wood", "food")])
def test_a_new_rule_without_a_line_or_a_spearhead_is_refused(asked: AskedRule) -> None:
    with refused(Refusal, "wood"):
        drafted(None, asked)


def test_a_weight_that_is_none_is_refused() -> None:
    with refused(InputFaults, "heavy"):
        drafted(FOREST, AskedRule("forest", weight="heavy"))


@pytest.mark.parametrize(("now", "given", "then"), [("fi", None, "fi"), ("fi", "any", None), (None, "sv", "sv")])
def test_a_line_reads_the_language_that_is_asked_for(now: str | None, given: str | None, then: str | None) -> None:
    assert spoken(now, given) == then


def test_a_language_without_words_is_refused() -> None:
    with refused(InputFaults, "language: .*de"):
        spoken("fi", "de")


def test_texts_that_come_with_a_rule_are_examples_of_it_in_its_language() -> None:
    must, must_not = own_examples(FOREST, ["metsä"], ["metsästys"], CompiledRules())
    assert (must.must, must.document.text, must.document.language, must.rule) == (True, "metsä", "fi", "forest")
    assert (must_not.must, must_not.document.text) == (False, "metsästys")


def test_a_text_beside_a_rule_of_all_languages_is_in_the_language_of_its_words(app: App) -> None:
    with app.db.read() as session:
        draft = AskedRule("farm", "food", "kerrosviljely OR odling", matches=("kerrosviljelyn kehittäminen",))
        edit = drafts.new_rule(session, draft, app.compiled, "en")
    assert [example.document.language for example in edit.examples] == ["fi"]


def test_a_key_that_is_taken_is_no_new_rules_and_one_that_is_free_is_no_rule_to_change(app: App) -> None:
    with app.db.read() as session:
        with refused(Refusal, "food-words"):
            drafts.new_rule(session, AskedRule("food-words", "food", "wine"), app.compiled, "en")
        for draft in (
            lambda: drafts.changed_rule(session, AskedRule("wine", "food", "wine"), app.compiled, "en"),
            lambda: drafts.removed_rule(session, "wine"),
            lambda: drafts.restored_rule(session, "wine", None),
            lambda: drafts.rule_in_full(session, "wine", "en"),
            lambda: drafts.rule_history(session, "wine"),
        ):
            with pytest.raises(NotFound) as caught:
                draft()
            assert not_found(caught) == (Noun.RULE, "wine")


def test_a_removed_rule_and_one_that_is_tried_off_are_switched_off_in_the_draft(app: App) -> None:
    with app.db.read() as session:
        removed = drafts.removed_rule(session, "food-words")
        tried_off = drafts.tried_rule(session, AskedRule("food-words"), app.compiled, off=True)
    for edit in (removed, tried_off):
        assert [rule.enabled for rule in edit.book.rules if rule.key == "food-words"] == [False]


def test_a_rule_in_full_says_its_line_its_examples_and_its_last_revision(app: App) -> None:
    kept = AskedExample("food", must=True, text="food", rule="food-words")
    keep_example(app, kept, ME)
    save(app, Rule(key="food-words", spearhead="food", text="food OR wine", weight=Weight.STRONG), signed=ME)
    with app.db.read() as session:
        found = drafts.rule_in_full(session, "food-words", "en")
    assert (found.rule.text, found.words) == ("food OR wine", rule_in_words(parse_rule("food OR wine"), "en"))
    assert [one.document.text for one in found.examples] == ["food"]
    assert (found.readers, found.last.revision, found.last.author) == ("told to nobody yet", 2, "maija")


# --- files of rules ---------------------------------------------------------------------------------------------------


def test_every_line_of_a_file_that_is_no_rule_is_named(app: App, tmp_path: Path) -> None:
    file = tmp_path / "rules.jsonl"
    file.write_text(FOREST.model_dump_json() + "\n\n" + '{"key": "x"}\nnot JSON\n')
    words = r"rules\.jsonl: nothing was taken: line 3: spearhead: this is missing;.* line 4: this is not JSON"
    with app.db.read() as session, refused(Refusal, words):
        edit_of_file(session, file)


# --- masks and thresholds ---------------------------------------------------------------------------------------------


def test_a_mask_keeps_what_is_not_asked_for_and_is_everybodys_again_by_any(app: App) -> None:
    with app.db.read() as session:
        edit = drafts.saved_mask(session, AskedMask("web", '"food web"', "food", "en"), "en")
    saving.save(app, edit, ME)
    with app.db.read() as session:
        assert drafts.drafted_mask(session, AskedMask("web")) == Mask(
            key="web", text='"food web"', spearhead="food", language="en"
        )
        assert drafts.drafted_mask(session, AskedMask("web", spearhead="any", language="any")) == Mask(
            key="web", text='"food web"'
        )
        assert drafts.removed_mask(session, "web").book.masks == ()


def test_a_mask_that_is_not_there_cannot_be_taken_out(app: App) -> None:
    with app.db.read() as session:
        for draft in (
            lambda: drafts.removed_mask(session, "web"),
            lambda: drafts.tried_mask(session, AskedMask("web"), off=True),
        ):
            with pytest.raises(NotFound) as caught:
                draft()
            assert not_found(caught) == (Noun.MASK, "web")
        with refused(Refusal, "web"):
            drafts.saved_mask(session, AskedMask("web"), "en")


def test_a_threshold_of_no_spearhead_is_refused_with_those_that_there_are(app: App) -> None:
    with app.db.read() as session, pytest.raises(NotFound) as caught:
        drafts.set_scoring(session, "fod", 8, None)
    assert (not_found(caught), caught.value.known) == ((Noun.SPEARHEAD, "fod"), ("circular", "food"))


def test_a_scoring_that_changes_nothing_is_refused_and_names_the_spearhead(app: App) -> None:
    with app.db.read() as session, refused(Refusal, "how food is counted"):
        drafts.set_scoring(session, "food", None, None)


# --- examples ---------------------------------------------------------------------------------------------------------


def test_an_example_says_whether_the_rules_keep_it_already(app: App) -> None:
    [bridge] = remember(app, "Bridges of steel")
    unkept = keep_example(app, AskedExample("food", must=True, call=str(bridge)), ME)
    kept = keep_example(app, AskedExample("food", must=True, title="Food for all"), ME)
    assert (unkept.is_kept, unkept.example.document.title, kept.is_kept) == (False, "Bridges of steel", True)
    with app.db.read() as session:
        listed = listed_examples(session, app.compiled, "food")
        assert [(one.example.id, one.is_kept) for one in listed] == [(unkept.number, False), (kept.number, True)]
        [noted] = revisions_of(session, Kind.EXAMPLE, str(kept.number))
    assert (noted.author, noted.reason, noted.at) == (ME.author, ME.reason, ME.at)


def test_an_example_needs_a_reason_and_a_spearhead_a_rule_and_a_call_that_there_are(app: App) -> None:
    with refused(InputFaults, "reason: a reason is missing"):
        keep_example(app, AskedExample("food", must=True, title="Food"), Signed("maija", " ", MONDAY))
    for asked, missing in (
        (AskedExample("fod", must=True, title="Food"), (Noun.SPEARHEAD, "fod")),
        (AskedExample("food", must=True, title="Food", rule="wine"), (Noun.RULE, "wine")),
        (AskedExample("food", must=True, call="99"), (Noun.CALL, "99")),
    ):
        with pytest.raises(NotFound) as caught:
            keep_example(app, asked, ME)
        assert not_found(caught) == missing


def test_an_example_that_is_not_there_cannot_be_dropped(app: App) -> None:
    with pytest.raises(NotFound) as caught:
        drop_example(app, 99, ME)
    assert not_found(caught) == (Noun.EXAMPLE, 99)
