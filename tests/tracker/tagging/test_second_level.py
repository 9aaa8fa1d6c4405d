"""The tags of EU partnerships and missions on calls that were read and judged before any rule of these tags."""

from pathlib import Path

import pytest

from tests.support.second_level import judgements, recorded, written
from tests.tracker.tagging.rulebooks import said, tags_of, titled
from tracker.regions import Region
from tracker.tagging.evaluate import Judged, evaluate
from tracker.tagging.index import Index
from tracker.tagging.lemmas import Lemmas

WITH_AND_WITHOUT_VOIKKO = True
ENOUGH = 8  # positives, below which a tag's own figures mean little


@pytest.fixture(scope="module")
def tags(region: Region) -> tuple[str, ...]:
    return next(strategy.spearheads for strategy in region.rulebook.strategies if strategy.key == "eu")


@pytest.fixture(scope="module")
def real(shared: Path, lemmas: Lemmas) -> list[Judged]:
    if not (shared / "recorded/portal/days").exists():
        pytest.skip("../shared/recorded (recorded calls) is not here")
    return recorded(shared, lemmas)


def test_real_calls_are_tagged_as_they_were_judged(index: Index, real: list[Judged], tags: tuple[str, ...]) -> None:
    score = evaluate(index, real, tags)["micro"]
    assert score.precision >= 0.95, score.false
    assert score.recall >= 0.95, score.missed


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_notices_are_tagged_as_they_were_judged_in_three_languages(
    index: Index, lemmas: Lemmas, tags: tuple[str, ...], language: str
) -> None:
    notices = [one for one in written(lemmas) if one.document.language == language]
    score = evaluate(index, notices, tags)["micro"]
    assert score.precision >= 0.95, score.false
    assert score.recall >= 0.95, score.missed


def test_each_tag_with_enough_positives_holds_its_own(
    index: Index, lemmas: Lemmas, real: list[Judged], tags: tuple[str, ...]
) -> None:
    scores = evaluate(index, [*real, *written(lemmas)], tags)
    enough = {tag: scores[tag] for tag in tags if scores[tag].hits + len(scores[tag].missed) >= ENOUGH}
    assert len(enough) >= 7
    assert all(min(score.precision, score.recall) >= 0.88 for score in enough.values()), enough


def test_the_judged_set_is_large_and_says_why(tags: tuple[str, ...]) -> None:
    lines = judgements()
    assert sum(line["from"] != "written" for line in lines) >= 100
    assert all(line["why"] and line["grades"].keys() <= set(tags) for line in lines)
    assert {line["language"] for line in lines} == {"fi", "sv", "en"}


@pytest.mark.parametrize(
    ("language", "tag", "text"),
    [
        ("fi", "neb", "Uuteen eurooppalaiseen Bauhausiin liittyvä haku"),
        ("fi", "neb", "Uudelle eurooppalaiselle Bauhausille rahoitusta"),
        ("fi", "neb", "Bauhaus-aloitteen haku"),
        ("fi", "mission-cities", "Sadan ilmastoneutraalin ja älykkään kaupungin missio"),
        ("fi", "mission-cities", "Pilotteja missiokaupungeille"),
        ("fi", "mission-soil", "Maaperämissioiden elävät laboratoriot"),
        ("fi", "mission-soil", "Euroopan maaperäsopimuksen haku"),
        ("fi", "mission-adaptation", "Ilmastosopeutumisen mission haku"),
        ("fi", "mission-adaptation", "Sopeutumismissiossa mukana olevien alueiden haku"),
        ("fi", "mission-ocean", "Valtameri- ja vesimission haku"),
        ("fi", "mission-ocean", "EU:n merimissiosta rahoitusta satamille"),
        ("fi", "ccri", "Circular Cities and Regions -aloitteen haku"),
        ("fi", "i3", "Alueidenvälisten innovaatioinvestointien (I3) haku"),
        ("fi", "i3", "Interregional Innovation Investments -haku"),
        ("fi", "riv", "Alueellinen innovaatiolaakso tukee yrityksiä"),
        ("fi", "s3-agrifood", "Älykkään erikoistumisen ruoka-alan teemakumppanuus"),
        ("sv", "neb", "Det nya europeiska Bauhauspriset"),
        ("sv", "mission-cities", "EU-missionen klimatneutrala och smarta städer"),
        ("sv", "mission-soil", "EU-uppdraget för markens hälsa"),
        ("sv", "mission-adaptation", "Missionen anpassning till klimatförändringar"),
        ("sv", "mission-ocean", "EU-missionen Restaurera våra hav och vatten"),
        ("sv", "i3", "Interregionala investeringar i innovation (I3)"),
        ("sv", "riv", "De regionala innovationsdalarnas utlysning"),
        ("sv", "s3-industry", "Tematiskt partnerskap för modernisering av industrin"),
        ("en", "mission-adaptation", "EU Mission for Adaptation to Climate Change"),
        ("en", "ccri", "Circular Cities & Regions Initiative"),
    ],
)
def test_a_name_is_known_in_its_forms(index: Index, language: str, tag: str, text: str) -> None:
    assert tag in tags_of(index, said(text, language))
    assert tag in tags_of(index, titled(text, language=language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Proposals are encouraged to cooperate with the New European Bauhaus community."),
        ("en", "Links to the EU Mission Soil should be established where relevant."),
        ("en", "Projects funded under the I3 Instrument are not eligible."),
        ("en", "Proposals should take into account the Circular Cities and Regions Initiative."),
        ("fi", "Hankkeet voivat tehdä yhteistyötä uuden eurooppalaisen Bauhausin kanssa."),
        ("fi", "Hakemuksessa katsotaan eduksi yhteys EU:n maaperämissioon."),
        ("fi", "Haku ei koske uuden eurooppalaisen Bauhausin hankkeita."),
        ("fi", "Muita missioita ovat ilmastonmuutokseen sopeutuminen, terve maaperä ja puhtaat meret."),
        ("fi", "Säätiön missiona on puhdas meri ja terve maaperä."),
        ("sv", "Projekten kan samarbeta med det nya europeiska Bauhaus."),
        ("sv", "Det är en fördel om projektet knyter an till EU-uppdraget för markhälsa."),
        ("sv", "Stöd ges inte till projekt som har fått finansiering från I3-instrumentet."),
        ("sv", "Myndigheten har i uppdrag att stödja klimatanpassning i städer."),
    ],
)
def test_a_name_in_passing_tags_nothing(index: Index, tags: tuple[str, ...], language: str, text: str) -> None:
    assert not tags_of(index, said(text, language)).keys() & set(tags)
