"""The table of programmes: rows by code and word, special before general, with date and certainty."""

from pathlib import Path

import pytest

from db.calls import CallKind
from db.eligibility import Applicant, Basis, Eligibility
from tests.tracker.eligibility.calls import call
from tracker.eligibility.deriving import eligibility_of, fingerprint_of
from tracker.eligibility.programmes import load_table
from tracker.errors import ConfigError

HEAD = "seen_on = 2026-11-27\n"
ROW = '[[row]]\nname = "{name}"\nsource = "a page"\ncertainty = "{certainty}"\n'


def topic(action: str, identifier: str = "HORIZON-CL6-2026-01", kind: CallKind = CallKind.TOPIC) -> Eligibility:
    facts = call(kind, type_of_action=action, identifier=identifier, language="en")
    return eligibility_of(facts, load_table())


@pytest.mark.parametrize(
    ("action", "identifier", "yes", "no", "consortium", "rate"),
    [
        ("HORIZON  Research and Innovation Actions", "HORIZON-CL6-2026-01", "sme", "person", (3, 3), (100,)),
        ("HORIZON Innovation Actions", "HORIZON-CL5-2026-01", "public", "person", (3, 3), (70, 100)),
        ("HORIZON Pre-commercial Procurement", "HORIZON-CL3-2027-01", "public", "sme", (3, 3), (100,)),
        ("HORIZON EIC Accelerator", "HORIZON-EIC-2026-ACCELERATOR-01", "sme", "public", (1, 1), (70,)),
        ("LIFE Project Grants", "LIFE-2026-CET-DIGITAL", "ngo", "person", (3, 3), (95,)),
        ("LIFE Project Grants", "LIFE-2026-SAP-ENV-GOV", "ngo", "person", (1, 1), (60,)),
        ("SMP Project Grants", "SMP-FOOD-2026-FW-FEBA-PJ-IBA", "", "ngo", (), ()),
    ],
)
def test_the_type_of_action_and_the_code_say_who_applies(
    action: str, identifier: str, yes: str, no: str, consortium: tuple[int, ...], rate: tuple[int, ...]
) -> None:
    derived = topic(action, identifier)
    assert not yes or yes in derived.yes
    assert no in derived.no
    assert (derived.consortium, derived.rate) == (consortium, rate)


def test_a_cascade_call_does_not_have_the_rules_of_its_parent_topic() -> None:
    derived = topic("HORIZON Innovation Actions", kind=CallKind.CASCADE)
    assert (derived.yes, derived.no, derived.consortium) == ((), (), ())


def test_general_knowledge_is_usual_and_shuts_nobody_out() -> None:
    derived = topic("HORIZON EIC Equity Only", "HORIZON-EIC-2026-STEP")
    assert {"sme", "public"} <= derived.usual()
    assert Applicant.PUBLIC in derived.no
    assert derived.shut() == frozenset()


def test_a_fact_comes_from_the_first_row_that_says_it_and_after_a_last_row_no_other_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "table.toml"
    special = ROW.format(name="special", certainty="A") + 'title = ["malt"]\nrate = [50]\n'
    general = ROW.format(name="general", certainty="B") + 'yes = ["any"]\nrate = [60]\n'
    file.write_text(HEAD + special + general)
    derived = eligibility_of(call(CallKind.TOPIC, title="Malt and beer"), load_table(file))
    assert (derived.rate, len(derived.yes)) == ((50,), 7)
    assert [found.evidence for found in derived.findings] == [
        "special (a page; 2026-11-27)",
        "general (a page; 2026-11-27)",
    ]
    file.write_text(HEAD + special + "last = true\n" + general)
    assert eligibility_of(call(CallKind.TOPIC, title="Malt and beer"), load_table(file)).yes == ()


def test_the_fingerprint_changes_with_the_table(tmp_path: Path) -> None:
    file = tmp_path / "table.toml"
    file.write_text(HEAD + ROW.format(name="one", certainty="A"))
    before = fingerprint_of(load_table(file))
    file.write_text(HEAD + ROW.format(name="two", certainty="A"))
    assert before != fingerprint_of(load_table(file))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('yes = ["cats"]', "row.0.yes.0"),
        ('certainty = "D"', "certainty"),
        ("colour = 1", "row.0.colour"),
        ("[", "TOML"),
    ],
)
def test_a_fault_of_a_table_is_named(tmp_path: Path, line: str, fault: str) -> None:
    file = tmp_path / "mine.toml"
    row = ROW.format(name="one", certainty="A")
    file.write_text(HEAD + (row.replace('certainty = "A"', line) if "certainty" in line else row + line))
    with pytest.raises(ConfigError, match=f"mine.toml: .*{fault}"):
        load_table(file)


def test_every_row_of_our_table_has_a_source_a_day_and_another_name() -> None:
    rows = load_table().rows
    assert all(row.source and row.seen_on for row in rows)
    assert len({row.name for row in rows}) == len(rows)
    assert all(claim.basis is Basis.PROGRAMME for row in rows for claim in row.claims)
