"""Region files without a database: what one holds, and calls tagged by its rules."""

import json
from pathlib import Path

import pytest

from db.strategies import Level
from jobs.rulebook.region_files import check_file, index_of_file, tag_lines
from tests.support.refused import refused
from tracker.errors import Refusal
from tracker.regions import load_region, region_file
from tracker.tagging.index import Index


@pytest.fixture(scope="module")
def index() -> Index:
    return index_of_file(region_file("paijat_hame"))


def test_a_region_file_says_what_each_spearhead_holds_and_keeps_its_own_examples() -> None:
    file = region_file("paijat_hame")
    checked, region = check_file(file), load_region(file)
    assert checked.unkept == ()
    assert [one.spearhead for one in checked.spearheads] == [one.key for one in region.rulebook.spearheads]
    assert sum(one.rules for one in checked.spearheads) == len(region.rulebook.rules)
    assert sum(one.examples for one in checked.spearheads) == len(region.examples)


def test_a_region_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with refused(Refusal, r"none\.toml.*No such file"):
        check_file(tmp_path / "none.toml")


def test_each_call_of_a_file_is_tagged_and_a_line_that_is_none_is_named(index: Index) -> None:
    lines = [json.dumps({"id": "a", "title": "Food systems and local food"}), "", "no call"]
    found = tag_lines(index, lines, {Level.SPEARHEAD}, "calls.jsonl")
    first = next(found)
    assert (first.id, [tag.spearhead for tag in first.tags]) == ("a", ["food"])
    assert {tag.level for tag in first.tags} == {Level.SPEARHEAD}
    with refused(Refusal, r"calls\.jsonl:3"):
        next(found)


@pytest.mark.parametrize(
    ("title", "spearhead"),
    [
        ("Liikuntapaikkojen rakentaminen kunnissa", "sport"),
        ("Stöd för livsmedelsföretag på landsbygden", "food"),
        ("New products for the food industry", "food"),
    ],
)
def test_a_line_that_does_not_say_its_language_is_tagged_in_that_of_its_words(
    index: Index, title: str, spearhead: str
) -> None:
    [tagged] = tag_lines(index, [json.dumps({"id": "1", "title": title})], {Level.SPEARHEAD}, "calls.jsonl")
    assert [one.spearhead for one in tagged.tags] == [spearhead]


def test_what_is_hardly_meant_is_doubted(tmp_path: Path) -> None:
    whole = region_file("kainuu").read_text("utf-8")
    assert check_file(region_file("kainuu")).doubts == ()
    file = tmp_path / "kainuu.toml"
    file.write_text("\n".join(line for line in whole.splitlines() if not line.startswith("authorities")), "utf-8")
    [doubt] = check_file(file).doubts
    assert doubt.startswith("sources.eura: no authorities are named")
