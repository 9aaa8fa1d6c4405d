"""Region files: read strictly, with every fault named, and keeping their own examples."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from db.strategies import Level
from tracker.errors import ConfigError
from tracker.regions import BY_NUTS, Region, broken_examples, doubts, load_region, region_file
from tracker.sources import modules
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import home_of, in_force

SMALL = """
[region]
key = "small"
names = { fi = "Pieni", sv = "Liten", en = "Small" }
zone = "Europe/Helsinki"
languages = ["fi", "sv", "en"]
nuts = ["FI1C6"]

[[strategies]]
key = "now"
names = { fi = "Nyt", sv = "Nu", en = "Now" }
starts_on = 2026-01-01
spearheads = ["food"]

[[masks]]
key = "web"
text = '"food web"'

[[spearheads]]
key = "food"
names = { fi = "Ruoka", sv = "Mat", en = "Food" }
descriptions = { fi = "Ruoka.", sv = "Mat.", en = "Food." }

[[spearheads.rules]]
key = "food-en"
language = "en"
text = "food"
weight = "strong"
matches = ["foods"]
spares = ["food webs"]
"""


@pytest.fixture(scope="module")
def lemmas(dictionaries: Path) -> Lemmas:
    return Lemmas()


@pytest.fixture(scope="module")
def region() -> Region:
    return load_region(region_file("paijat_hame"))


def read(folder: Path, text: str) -> Region:
    file = folder / "small.toml"
    file.write_text(text, "utf-8")
    return load_region(file)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [fault.removeprefix("small.toml: ") for fault in caught.value.faults]


def test_a_small_region_is_read(tmp_path: Path, lemmas: Lemmas) -> None:
    region = read(tmp_path, SMALL)
    assert (region.key, region.zone.key, region.nuts) == ("small", "Europe/Helsinki", ("FI1C6",))
    assert [rule.key for rule in region.rulebook.rules] == ["food-en"]
    assert broken_examples(region, lemmas) == []


def test_every_fault_is_listed_at_once_with_its_key(tmp_path: Path) -> None:
    text = (
        SMALL.replace('text = "food"', "text = '\"food'")
        .replace('weight = "strong"', 'weight = "heavy"')
        .replace("Europe/Helsinki", "Europe/Lahti")
        .replace('spearheads = ["food"]', 'spearheads = ["food", "fod"]')
        .replace('sv = "Liten", ', "")
        .replace('languages = ["fi"', 'colour = "green"\nlanguages = ["fi"')
    )
    found = faults(tmp_path, text)
    for beginning in (
        "region.names.sv: ",
        "region.zone: there is no time zone 'Europe/Lahti'",
        "region.colour: ",
        "spearheads.1.rules.1.text: a quotation mark is missing (column 1)",
        "spearheads.1.rules.1.weight: ",
        "strategies.1.spearheads: there is no spearhead 'fod'",
    ):
        assert any(fault.startswith(beginning) for fault in found), (beginning, found)
    assert len(found) == 6


def test_a_language_that_a_region_does_not_have_need_not_be_written_for_it(tmp_path: Path) -> None:
    text = re.sub(r', sv = "[^"]*"', "", SMALL).replace('languages = ["fi", "sv", "en"]', 'languages = ["fi", "en"]')
    region = read(tmp_path, text)
    assert dict(region.rulebook.spearheads[0].names) == {"fi": "Ruoka", "en": "Food"}
    assert (region.name_in("en"), region.name_in("sv")) == ("Small", "Pieni")


def test_every_name_and_description_in_the_regions_languages_is_asked_for(tmp_path: Path) -> None:
    assert faults(tmp_path, re.sub(r', sv = "[^"]*"', "", SMALL)) == [
        "region.names.sv: Field required",
        "strategies.1.names.sv: Field required",
        "spearheads.1.names.sv: Field required",
        "spearheads.1.descriptions.sv: Field required",
    ]


def test_keys_are_used_once(tmp_path: Path) -> None:
    again = SMALL[SMALL.index("[[spearheads]]") :]
    assert faults(tmp_path, SMALL + again) == [
        "spearheads: the key 'food' is used 2 times",
        "rules: the key 'food-en' is used 2 times",
    ]


def test_a_strategy_does_not_end_before_it_starts(tmp_path: Path) -> None:
    text = SMALL.replace("starts_on = 2026-01-01", "starts_on = 2026-01-01\nends_on = 2025-12-31")
    assert faults(tmp_path, text) == ["strategies.1.ends_on: 2025-12-31 is before starts_on"]


OWN_SITE = """
[sources.town]
kind = "feed"
name = "Town"
publisher = "Town"
home = "https://town.example/"
url = "https://town.example/feed/"
"""


def test_its_sources_are_tables_as_the_configuration_has_them(tmp_path: Path) -> None:
    text = SMALL + OWN_SITE + '[sources.eura]\nmaakunta = "18"\n[sources.portal]\ncanaries = ["EX-2027-1"]\n'
    sources = read(tmp_path, text).sources
    assert sources["eura"] == {"maakunta": "18"}
    assert sources["portal"] == {"canaries": ["EX-2027-1"]}
    assert sources["town"]["url"] == "https://town.example/feed/"


def test_interreg_goes_by_the_regions_nuts_codes_unless_its_table_has_others(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).sources == {"interreg": {"nuts": ["FI1C6"]}}
    off = read(tmp_path, SMALL + "[sources.interreg]\nenabled = false\n")
    assert off.sources["interreg"] == {"nuts": ["FI1C6"], "enabled": False}
    assert read(tmp_path, SMALL + '[sources.interreg]\nnuts = ["FI1D7"]\n').sources["interreg"] == {"nuts": ["FI1D7"]}


def test_every_source_that_needs_nuts_codes_gets_them() -> None:
    assert set(BY_NUTS) == {key for key, module in modules().items() if "nuts" in module.Settings.model_fields}


def test_every_fault_of_its_sources_is_listed_with_the_others_and_its_key(tmp_path: Path) -> None:
    text = SMALL.replace('weight = "strong"', 'weight = "heavy"') + (
        '[sources.eura]\nmaakunta = 7\nregion = "07"\n'
        "[sources.eurra]\nenabled = false\n"
        '[sources.town]\nkind = "feed"\nname = "Town"\npublisher = "Town"\nurl = "town.example"\n'
        '[sources.odd]\nkind = ["feed"]\n'
        "[sources.portal]\nleast = -1\n"
    )
    found = faults(tmp_path, text)
    assert sorted(fault.partition(": ")[0] for fault in found) == [
        "sources.eura.maakunta",
        "sources.eura.region",
        "sources.eurra",
        "sources.odd",
        "sources.portal.least",
        "sources.town.home",
        "sources.town.url",
        "spearheads.1.rules.1.weight",
    ]
    assert "sources.eura.region: unknown key" in found


@pytest.mark.parametrize("text", ["sources = 1", "[sources]\neura = 7", "[[sources]]\neura = 7"])
def test_sources_of_another_shape_are_refused_with_their_key(tmp_path: Path, text: str) -> None:
    found = faults(tmp_path, f"{text}\n{SMALL}")
    assert found
    assert all(fault.startswith("sources") for fault in found)


@pytest.mark.parametrize("text", ["[region", "region = 1", "", 'strategies = "x"\nspearheads = [1]', "masks = [[1]]"])
def test_a_file_of_another_shape_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    assert faults(tmp_path, text)


def test_a_file_that_is_written_anew_is_read_anew(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).nuts == ("FI1C6",)
    assert read(tmp_path, SMALL.replace("FI1C6", "FI1C7")).nuts == ("FI1C7",)


def test_an_example_that_the_rules_do_not_keep_is_named(tmp_path: Path, lemmas: Lemmas) -> None:
    region = read(tmp_path, SMALL.replace('["foods"]', '["drinks"]').replace('["food webs"]', '["food"]'))
    assert broken_examples(region, lemmas) == [
        "food: rule food-en must match: drinks",
        "food: rule food-en must not match: food",
    ]


def test_the_regions_rules_keep_their_own_examples(region: Region, lemmas: Lemmas) -> None:
    assert broken_examples(region, lemmas) == []
    assert len(region.examples) > 60


def test_the_examples_need_the_masks(region: Region, lemmas: Lemmas) -> None:
    bare = replace(region, rulebook=replace(region.rulebook, masks=()))
    assert len(broken_examples(bare, lemmas)) >= 5


def test_the_strategies_follow_one_another(region: Region) -> None:
    strategies = [one for one in region.rulebook.strategies if one.level is Level.SPEARHEAD]
    assert [one.key for one in in_force(strategies, date(2020, 6, 1))] == ["2018-2021"]
    assert [one.key for one in in_force(strategies, date(2024, 6, 1))] == ["2022-2025"]
    (running,) = in_force(strategies, date(2026, 6, 1))
    assert running.provisional
    assert running.spearheads == ("sport", "food", "manufacturing")


def test_older_spearheads_stay_switched_on(region: Region) -> None:
    homes = {key: home_of(region.rulebook.strategies, key) for key in ("circular", "design", "experiences", "sport")}
    assert {key: home.key for key, home in homes.items() if home} == {
        "circular": "2018-2021",
        "design": "2018-2021",
        "experiences": "2018-2021",
        "sport": "2026",
    }


def test_every_spearhead_is_named_and_described_in_the_regions_languages(region: Region) -> None:
    for spearhead in region.rulebook.spearheads:
        assert [language for language, _ in spearhead.names] == list(region.languages)
        assert [language for language, _ in spearhead.descriptions] == list(region.languages)


def rules_with_languages(region: Region) -> Iterator[tuple[str, str | None]]:
    for rule in region.rulebook.rules:
        yield rule.spearhead, rule.language


@pytest.mark.parametrize("spearhead", ["sport", "food", "manufacturing", "circular", "design", "experiences"])
def test_every_spearhead_has_rules_in_every_language(region: Region, spearhead: str) -> None:
    assert set(region.languages) <= {language for key, language in rules_with_languages(region) if key == spearhead}


def test_a_rule_that_is_broken_into_lines_is_one_line(region: Region) -> None:
    assert [line.text for line in (*region.rulebook.rules, *region.rulebook.masks) if "\n" in line.text] == []


def test_the_file_is_plain_toml_that_an_official_can_open() -> None:
    text = region_file("paijat_hame").read_text("utf-8")
    assert tomllib.loads(text)
    assert max(map(len, text.splitlines())) < 240


@pytest.mark.parametrize("code", ["FI1C3", "FI1C6", "FI", "FI20", "SE110", "EE"])
def test_a_nuts_code_that_there_is_is_taken(code: str, tmp_path: Path) -> None:
    assert read(tmp_path, SMALL.replace('"FI1C6"', f'"{code}"')).nuts == (code,)


@pytest.mark.parametrize("code", ["FI1C99", "fi1c3", "", "Päijät-Häme", "SE1!"])
def test_what_cannot_be_a_nuts_code_is_refused(code: str, tmp_path: Path) -> None:
    [fault] = faults(tmp_path, SMALL.replace('"FI1C6"', f'"FI1C6", "{code}"'))
    assert fault.startswith(f"region.nuts: {code} is no NUTS code; they are like FI1C3 (https://ec.europa.eu/")


EURA = '[sources.eura]\nmaakunta = "07"\nauthorities = ["2601", "6204"]\n'
NATIONAL_LIST = "https://eura2021.fi/hakuilmoitukset/"


@pytest.mark.parametrize("code", ["FI1C8", "FI999", "SE333", "XX999"])
def test_a_nuts_code_that_we_do_not_know_is_doubted_and_says_where_all_are(code: str, tmp_path: Path) -> None:
    [doubt] = doubts(read(tmp_path, SMALL.replace('"FI1C6"', f'"FI1C6", "{code}"') + EURA))
    assert doubt.startswith(f"region.nuts: {code} is none of the NUTS codes that we know")
    assert doubt.endswith("https://ec.europa.eu/eurostat/web/nuts")
    [doubt] = doubts(read(tmp_path, SMALL + EURA + f'[sources.interreg]\nnuts = ["FI1D7", "{code}"]\n'))
    assert doubt.startswith(f"sources.interreg.nuts: {code} ")


@pytest.mark.parametrize("code", ["FI1C6", "FI19A", "SE331", "SE33", "SE", "DE21H", "EE"])
def test_a_nuts_code_that_we_know_is_not_doubted(code: str, tmp_path: Path) -> None:
    assert doubts(read(tmp_path, SMALL.replace('"FI1C6"', f'"{code}"') + EURA)) == []


@pytest.mark.parametrize("code", ["99", "7", "03", "Kainuu"])
def test_a_maakunta_that_we_do_not_know_is_doubted_and_says_where_all_are(code: str, tmp_path: Path) -> None:
    [doubt] = doubts(read(tmp_path, SMALL + EURA.replace('"07"', f'"{code}"')))
    assert doubt.startswith(f"sources.eura: maakunta {code} is none that we know (01, 02, 04, ")
    assert NATIONAL_LIST in doubt


@pytest.mark.parametrize(
    ("authorities", "doubted"),
    [
        ('["2601", "6299"]', "authority 6299 is none that we know"),
        ('["2601", "6413"]', "authority 6413 did not decide for maakunta 07 when seen"),
        ('["2607", "6204"]', "authority 2607 did not decide for maakunta 07 when seen"),
        ("[]", "no authorities are named"),
    ],
)
def test_authorities_that_are_hardly_meant_are_doubted(authorities: str, doubted: str, tmp_path: Path) -> None:
    [doubt] = doubts(read(tmp_path, SMALL + EURA.replace('["2601", "6204"]', authorities)))
    assert doubt.startswith(f"sources.eura: {doubted}")
    assert NATIONAL_LIST in doubt


def test_what_is_switched_off_is_not_doubted(tmp_path: Path) -> None:
    assert doubts(read(tmp_path, SMALL + "[sources.eura]\nenabled = false\n")) == []
