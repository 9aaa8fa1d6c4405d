"""Another region is a file: Kainuu's tags the recorded days with no code changed."""

from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.base.compiled_rules import CompiledRules
from jobs.cli import app
from tests.support.recorded_days import first_day, last_day
from tracker.errors import ConfigError
from tracker.regions import Region, broken_examples, load_region, region_file
from tracker.tagging.documents import from_facts
from tracker.tagging.index import compile_rules, tag


@pytest.fixture(scope="module")
def kainuu() -> Region:
    return load_region(region_file("kainuu"))


def test_the_file_keeps_its_own_examples(kainuu: Region, compiled: CompiledRules) -> None:
    assert broken_examples(kainuu, compiled.lemmas) == []
    assert all(len([e for e in kainuu.examples if e.spearhead == s.key]) >= 4 for s in kainuu.rulebook.spearheads)


def test_its_spearheads_tag_the_recorded_days(kainuu: Region, compiled: CompiledRules, shared: Path) -> None:
    index = compile_rules(kainuu.rulebook, compiled.lemmas)
    facts = {**first_day(shared).facts, **last_day(shared).facts}
    found = {key: {one.spearhead for one in tag(index, from_facts(said))} for key, said in facts.items()}
    counts = Counter(spearhead for has in found.values() for spearhead in has)
    assert set(counts) == {"tourism", "technology", "bioeconomy", "mining"}
    assert max(counts.values()) < len(facts) / 4  # none of them takes all


def test_check_says_what_a_sound_file_holds() -> None:
    checked = CliRunner().invoke(app, ["region", "check", str(region_file("kainuu"))])
    assert checked.exit_code == 0
    assert [line.split("\t")[0] for line in checked.output.splitlines()[1:]] == [
        "tourism",
        "technology",
        "bioeconomy",
        "mining",
    ]


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
