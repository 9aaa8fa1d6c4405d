"""Who may apply is derived when a call is stored, again when the table changes, and rules read it."""

from pathlib import Path

import pytest
from sqlmodel import Session

from db import strategies
from db.calls import CallKind
from db.eligibility import CallEligibility, eligibility_of_calls
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.collecting.overrides import set_field
from jobs.rulebook.eligibility import derive_all, figures_of
from jobs.rulebook.tagging import retag_all
from tests.jobs.rulebook.archive import ME
from tests.jobs.world import add_call, collect, events, facts, reading, told_portal, with_settings
from tracker.errors import Refusal

KUNNAT = "Avustusta voivat hakea vain kunnat."


def derived(session: Session, call_id: int) -> CallEligibility:
    row = session.get(CallEligibility, call_id)
    assert row is not None
    return row


@pytest.mark.both_kinds
def test_a_reading_derives_who_may_apply_for_each_call_and_tells_nobody(app: App) -> None:
    with told_portal() as portal:
        collect(reading(app, portal.url))
    with app.db.read() as session:
        rows = eligibility_of_calls(session, range(1, 500))
    assert rows
    assert any(row.yes and row.findings for row in rows.values())
    assert events(app.db) == []


@pytest.mark.both_kinds
def test_a_call_is_derived_once_and_again_when_the_table_changes_without_news(app: App, tmp_path: Path) -> None:
    [first, second] = [add_call(app.db, app.clock(), facts(key, type_of_action="RIA")) for key in ("one", "two")]
    assert (derive_all(app), derive_all(app)) == (2, 0)
    table = tmp_path / "mine.toml"
    table.write_text(
        'seen_on = 2026-12-01\n[[row]]\nname = "m"\nyes = ["ngo"]\nsource = "us"\ncertainty = "A"\naction = ["RIA"]\n'
    )
    changed = with_settings(app, eligibility={"table": str(table)})
    assert (derive_all(changed), derive_all(changed)) == (2, 0)
    with app.db.read() as session:
        assert [derived(session, call_id).yes for call_id in (first, second)] == [("ngo",), ("ngo",)]
    assert events(app.db) == []


def test_rules_read_who_may_apply_in_words_of_three_languages(app: App) -> None:
    rules = {"sv": "audience:kommuner", "fi": "audience:kunnat", "en": "audience:municipality", "no": "audience:sme"}
    with app.db.write() as session:
        for key, text in rules.items():
            strategies.store_rule(session, Rule(key=key, spearhead="food", text=text, weight=Weight.STRONG), ME)
    call_id = add_call(app.db, app.clock(), facts("one", kind=CallKind.NATIONAL, title="X", text=KUNNAT, language="fi"))
    derive_all(app)
    retag_all(app)
    with app.db.read() as session:
        [tagging] = strategies.taggings_of(session, [call_id])[call_id]
    assert {hit["rule"] for hit in tagging.evidence} == {"sv", "fi", "en"}


def test_a_call_whose_applicants_change_with_the_table_is_tagged_anew(app: App, tmp_path: Path) -> None:
    with app.db.write() as session:
        rule = Rule(key="who", spearhead="food", text="audience:ngo", weight=Weight.STRONG)
        strategies.store_rule(session, rule, ME)
    call_id = add_call(app.db, app.clock(), facts("one", title="X", type_of_action="RIA"))
    derive_all(app)
    retag_all(app)
    table = tmp_path / "mine.toml"
    table.write_text('seen_on = 2026-12-01\n[[row]]\nname = "m"\nyes = ["ngo"]\nsource = "us"\ncertainty = "A"\n')
    derive_all(with_settings(app, eligibility={"table": str(table)}))
    with app.db.read() as session:
        assert strategies.spearheads_of(session, [call_id]) == {call_id: {"food"}}


def test_an_admin_who_sets_the_applicants_of_a_call_decides_who_may_apply(app: App) -> None:
    call_id = add_call(app.db, app.clock(), facts("one", text="Only universities may apply."))
    set_field(app, call_id, "audience", "sme, municipality", ME)
    with app.db.read() as session:
        row = derived(session, call_id)
    assert (set(row.yes), row.findings[0].evidence) == ({"sme", "public"}, "sme, municipality")


@pytest.mark.parametrize("content", ["not JSON", "[]", '{"id": "1"}'])
def test_a_file_that_is_no_judged_calls_is_refused_by_its_name(app: App, tmp_path: Path, content: str) -> None:
    file = tmp_path / "judged.jsonl"
    file.write_text(content)
    with pytest.raises(Refusal, match=r"judged\.jsonl"):
        figures_of(app, file)
