"""Words that look like a spearhead's and are not: the region's own rules must not fall for them."""

import pytest

from tests.tagging.rulebooks import tags_of
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, standings

WITH_AND_WITHOUT_VOIKKO = True
ENGLISH = [
    ("circular", "A circular letter on circular RNAs and circular dichroism"),
    ("circular", "Reuse of data, code and models; data reuse in research"),
    ("circular", "Radioactive waste and nuclear waste repositories"),
    ("circular", "DNA repair and tissue repair"),
    ("design", "Study design, trial design and protein design"),
    ("design", "Solutions designed to be safe by design; privacy-by-design"),
    ("design", "Policy design and chip design in designated areas"),
    ("food", "The food web of coastal waters"),
    ("food", "Food, Bioeconomy, Natural Resources, Agriculture and Environment"),
    ("food", "Safe drinking water from coarse-grained filters"),
    ("food", "Approval by the Food and Drug Administration"),
    ("sport", "Transport of passengers, passports and support"),
    ("sport", "A fitness check; fit for purpose"),
    ("sport", "Battery cycling and thermal cycling"),
    ("experiences", "Experience in project management"),
    ("experiences", "This destination of the work programme"),
    ("experiences", "Experiments in hospitals"),
    ("manufacturing", "Vaccine manufacturing and chip manufacturing"),
    ("manufacturing", "AI Factories and the antennas of AI Gigafactories"),
]
FINNISH = [
    ("manufacturing", "Hankkeen valmistelu ja valmisteilla oleva päätös; opiskelijat valmistuvat"),
    ("manufacturing", "Hakijan tehtävä on tehdä suunnitelma"),
    ("circular", "Hakemus jätetään sähköisesti; jätetty hakemus ja sen jättäminen"),
    ("circular", "Ensimmäinen hakukierros päättyi"),
    ("sport", "Opiskelijoiden liikkuvuus ja kestävä liikenne"),
    ("sport", "Hyvinvointialueen toimintaympäristö"),
    ("design", "Tavoite on muotoiltu selkeästi ja muotoillaan uudelleen"),
    ("food", "Juomaveden laatu; hanke ruokkii kehitystä"),
    ("experiences", "Tapahtumatiedot kirjataan järjestelmään"),
]
SWEDISH = [("sport", "Transporter och kollektivtransport"), ("food", "En mattematikkurs")]


@pytest.mark.parametrize(
    ("spearhead", "text", "language"),
    [(*trap, "en") for trap in ENGLISH] + [(*trap, "fi") for trap in FINNISH] + [(*trap, "sv") for trap in SWEDISH],
)
def test_a_lookalike_does_not_tag_even_in_the_title(index: Index, spearhead: str, text: str, language: str) -> None:
    document = Document(id="1", title=text, text=text, language=language)
    assert spearhead not in tags_of(index, document)


@pytest.mark.parametrize(
    ("text", "spearhead"),
    [
        ("hankkeen valmistelussa", "manufacturing"),
        ("hakemukset jätetään", "circular"),
        ("toimintaympäristö", "circular"),
        ("liikkuvuutta", "sport"),
    ],
)
def test_a_finnish_lookalike_gives_no_point(index: Index, text: str, spearhead: str) -> None:
    found = standings(index, Document(id="1", title="", text=text, language="fi"))
    assert spearhead not in {standing.spearhead.key for standing in found}


@pytest.mark.parametrize(
    ("text", "language", "spearhead"),
    [
        ("Valmistavan teollisuuden tuotantolinjat", "fi", "manufacturing"),
        ("Tehtaiden automaatio ja robotiikka", "fi", "manufacturing"),
        ("Jätteiden synnyn ehkäisy ja kierrätys", "fi", "circular"),
        ("Kiertotaloushankkeet alueella", "fi", "circular"),
        ("Liikuntapaikkojen kunnostus", "fi", "sport"),
        ("Palvelumuotoilun keinot", "fi", "design"),
        ("Viljaketjun panimot ja leipomot", "fi", "food"),
        ("Ruuan ja juomien vienti", "fi", "food"),
        ("Luontomatkailun elämyksiä", "fi", "experiences"),
        ("Livsmedelsindustrins förnyelse", "sv", "food"),
        ("Tillverkningsindustrin", "sv", "manufacturing"),
        ("Avfallshantering och återbruk", "sv", "circular"),
        ("Idrottsföreningar", "sv", "sport"),
        ("Besöksnäringens upplevelser", "sv", "experiences"),
        ("Factories of the future: robots in production lines", "en", "manufacturing"),
        ("Recycling of textile waste", "en", "circular"),
        ("Physical activity and sports clubs", "en", "sport"),
        ("Service design by designers", "en", "design"),
        ("Malting, brewing and baking of cereals", "en", "food"),
        ("Tourism and cultural heritage", "en", "experiences"),
    ],
)
def test_the_trades_own_words_tag_in_the_title(index: Index, text: str, language: str, spearhead: str) -> None:
    assert spearhead in tags_of(index, Document(id="1", title=text, language=language))


def test_second_level_tags_stand_beside_the_spearheads(index: Index) -> None:
    document = Document(
        id="1",
        title="Circular Cities and Regions Initiative: living labs",
        identifier="HORIZON-MISS-2027-04-CIT-CCRI-04",
        text="The New European Bauhaus and the Soil Deal for Europe",
    )
    tags = tags_of(index, document)
    assert {"circular", "ccri", "mission-cities", "mission-soil", "neb"} <= tags.keys()
