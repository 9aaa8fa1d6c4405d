"""Another region is a file: Kainuu's and Österbotten's tag the recorded days with no code changed."""

import email
import email.policy
import re
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from db.audit import Signed
from db.calls import Deadline
from db.editions import EditionKind
from db.engine import Database, upgrade
from jobs.base.compiled_rules import CompiledRules
from jobs.cli import app
from jobs.cli.options import hoisted
from jobs.editions.dry_run import dry_run
from jobs.opening import open_app
from jobs.readers.optin import add_by_operator
from jobs.readers.preferences import checked_sign_up
from jobs.rulebook.tagging import tag_calls
from tests.jobs.world import add_call, facts
from tests.support.recorded_days import first_day, last_day
from tests.tracker.regions.test_public import FILLED
from tracker import config
from tracker.errors import ConfigError
from tracker.regions import broken_examples, load_region, region_file
from tracker.tagging.documents import Document, from_facts
from tracker.tagging.index import compile_rules, tag

SPEARHEADS = {
    "kainuu": ["tourism", "technology", "bioeconomy", "mining"],
    "osterbotten": ["energy", "digital", "production", "circular"],
}
OTHERS = pytest.mark.parametrize("other", SPEARHEADS)


@OTHERS
def test_the_file_keeps_its_own_examples(other: str, compiled: CompiledRules) -> None:
    region = load_region(region_file(other))
    assert broken_examples(region, compiled.lemmas) == []
    assert all(len([e for e in region.examples if e.spearhead == s.key]) >= 4 for s in region.rulebook.spearheads)


@OTHERS
def test_its_spearheads_have_rules_in_every_language_of_the_region(other: str) -> None:
    region = load_region(region_file(other))
    found = {key: {r.language for r in region.rulebook.rules if r.spearhead == key} for key in SPEARHEADS[other]}
    assert all(set(region.languages) <= languages for languages in found.values())


@OTHERS
def test_its_spearheads_tag_the_recorded_days(other: str, compiled: CompiledRules, shared: Path) -> None:
    index = compile_rules(load_region(region_file(other)).rulebook, compiled.lemmas)
    facts = {**first_day(shared).facts, **last_day(shared).facts}
    found = {key: {one.spearhead for one in tag(index, from_facts(said))} for key, said in facts.items()}
    counts = Counter(spearhead for has in found.values() for spearhead in has)
    assert set(counts) == set(SPEARHEADS[other])  # and nothing of the portal is the region's own
    assert max(counts.values()) < len(facts) / 4  # none of them takes all


@OTHERS
def test_check_says_what_a_sound_file_holds(other: str) -> None:
    checked = CliRunner().invoke(app, ["region", "check", str(region_file(other))])
    assert (checked.exit_code, checked.stderr) == (0, "")
    keys = [line.split("\t")[0] for line in checked.output.splitlines()[1:]]
    assert keys == [*SPEARHEADS[other], "own-region"]


SWEDISH = ["circular", "production"]  # of the priorities, those that are judged


@pytest.mark.parametrize("spearhead", SWEDISH)
def test_swedish_rules_find_what_they_are_about_in_swedish(spearhead: str, compiled: CompiledRules) -> None:
    index = compile_rules(load_region(region_file("osterbotten")).rulebook, compiled.lemmas)
    said = {
        "circular": "Utlysning för återbruk av textilier och för cirkulära affärsmodeller",
        "production": "Produktionsprocesser och automationsteknologi i verkstadsindustrin",
    }
    for key, title in said.items():
        found = {one.spearhead for one in tag(index, Document(id=key, title=title, language="sv"))}
        assert (spearhead in found) == (key == spearhead)


def test_a_reader_of_a_swedish_first_region_reads_swedish(tmp_path: Path, shared: Path) -> None:
    """A reader who chose no language: the letter, the digest and the source's own texts come in Swedish."""
    now = datetime(2026, 11, 23, 6, tzinfo=UTC)
    settings = config.given({"region": {"file": "osterbotten"}, "data": {"dir": tmp_path}})
    upgrade(Database(settings.database_url))
    karkivahti = open_app(settings, lambda: now)
    request = checked_sign_up(karkivahti, {"address": "astrid@vasa.example", "interests": [{"spearheads": ["energy"]}]})
    reader = add_by_operator(karkivahti, request, Signed("test", "a paper", now))
    assert reader.language == "sv"
    text = "Stöd ur Europeiska regionutvecklingsfonden ({}).\nBidragsgivare:\nLivskraftscentralen i Mellersta Finland"
    criterion = "förenlig med tyngdpunkterna i strategin för smart specialisering i Österbotten"
    for number, title in enumerate(("Vätgas och energilager", "Kompetens för arbetslösa"), start=1):
        call = facts(
            f"{number}",
            source="haeavustuksia",
            title=title,
            programme=None,
            language="sv",
            text=text.format(criterion if number == 2 else "Eruf"),
            deadlines=(Deadline(on=date(2026, 12, 18)),),
        )
        call_id = add_call(karkivahti.db, now, call)
        with karkivahti.db.write() as session:
            tag_calls(session, karkivahti.compiled, {call_id: call}, now)
    [mail] = dry_run(karkivahti, EditionKind.WELCOME, None, tmp_path)
    said = email.message_from_bytes(mail.path.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert said is not None
    words = " ".join(str(said.get_content()).split())
    assert mail.subject == "Välkommen till Kärkivahti: 2 öppna utlysningar"
    assert "Välkommen!" in words
    assert "Energiteknologi och förnybar energi (”Vätgas”, ”energilager”)" in words
    assert f"Egen region (”{criterion[13:].removesuffix(' i Österbotten')}”" in words
    assert "Du följer: Energiteknologi och förnybar energi; Egen region." in words
    assert not re.search(r"\b(Own|Oma|the|haku|Päijät|Päijänne)\b", words)
    karkivahti.db.dispose()


def test_check_doubts_codes_that_it_does_not_know_and_says_where_they_are_found(tmp_path: Path) -> None:
    file = tmp_path / "kainuu.toml"
    text = region_file("kainuu").read_text("utf-8")
    file.write_text(text.replace('"FI1D4"', '"FI1X4"').replace('["2618", "6413"]', '["2618", "6499"]'), "utf-8")
    checked = CliRunner().invoke(app, ["region", "check", str(file)])
    assert checked.exit_code == 0
    nuts, authority = checked.stderr.splitlines()
    assert nuts.startswith("kainuu.toml: region.nuts: FI1X4 ")
    assert nuts.endswith("https://ec.europa.eu/eurostat/web/nuts")
    assert authority.startswith("kainuu.toml: sources.eura: authority 6499 is none that we know")
    assert "https://eura2021.fi/hakuilmoitukset/" in authority


def test_check_names_every_fault(tmp_path: Path) -> None:
    text = region_file("kainuu").read_text("utf-8")
    file = tmp_path / "kainuu.toml"
    file.write_text(text.replace("Europe/Helsinki", "Europe/Kajaani").replace('weight = "weak"', 'weight = "light"'))
    checked = CliRunner().invoke(app, ["region", "check", str(file)])
    assert isinstance(checked.exception, ConfigError)
    assert len(checked.exception.faults) == 3


def test_check_names_the_examples_that_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "kainuu.toml"
    text = region_file("kainuu").read_text("utf-8")
    file.write_text(text.replace('"abandoned mines"', '"abandoned farms"'))
    checked = CliRunner().invoke(app, ["region", "check", str(file)])
    assert checked.exit_code == 1
    assert "mining: rule mining-en must match: abandoned farms" in checked.stderr


def test_check_refuses_to_go_public_while_texts_are_missing_and_only_when_asked(tmp_path: Path) -> None:
    file = tmp_path / "kainuu.toml"
    file.write_text(region_file("kainuu").read_text("utf-8"))
    checked = CliRunner().invoke(app, ["region", "check", str(file), "--public"])
    assert checked.exit_code == 1
    missing = checked.stderr.splitlines()
    assert missing[0].startswith("kainuu.toml: not ready for the public: ")
    assert "public.controller.fi: missing; write who answers for the service" in missing[1]
    text = file.read_text("utf-8")
    begins, ends = text.index("[public]"), text.index("# ----", text.index("[public.accessibility]"))
    file.write_text(text[:begins] + FILLED + text[ends:])
    for words, code in (("--now=2026-11-27T06:00Z", 0), ("--now=2027-11-27T06:00Z", 1)):
        checked = CliRunner().invoke(app, hoisted(["region", "check", str(file), "--public", words]))
        assert checked.exit_code == code, checked.stderr
