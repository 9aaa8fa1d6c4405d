"""Words that look like a spearhead's and are not: the region's own rules must not fall for them."""

import pytest

from tests.tracker.tagging.rulebooks import tags_of
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, spearhead_scores

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
    ("manufacturing", "Production of radionuclides, medicines and ammunition"),
    ("circular", "Blood circulation and superconducting circuits"),
    ("circular", "Waste heat of data centres"),
    ("circular", "The Circular Economy Act and the Packaging and Packaging Waste Regulation"),
    ("design", "Architecture and design of 6G networks"),
    ("design", "Crafting policies: design and implementation"),
    ("design", "The Ecodesign for Sustainable Products Regulation"),
    ("food", "Food aid and food assistance in emergencies"),
    ("food", "Carbon farming and wind farms"),
    ("sport", "Crash tests of sport utility vehicles"),
    ("experiences", "A safety culture and a culture of prevention"),
    ("experiences", "Heritability of rare diseases"),
    ("circular", "Human in the loop and feedback loops"),
    ("food", "Food production and food systems are out of scope"),
    ("food", "Actions that do not include food or agriculture"),
    ("food", "All sectors with the exception of food and beverages"),
    ("food", "An opinion of the European Food Safety Authority; the Ministry of Agriculture decides"),
    ("experiences", "The European Education and Culture Executive Agency manages it"),
]
# Words of the spearhead's own trade, in programmes that are another's.
ELSEWHERE = [
    ("manufacturing", "EDF-2028-DA-GROUND", "Production lines of the steel industry for armour"),
    ("manufacturing", "HORIZON-CL4-2028-SPACE-03-12", "In-space manufacturing and robots in orbit"),
    ("manufacturing", "HORIZON-HLTH-2028-01-IND-02", "Manufacturing processes of cell therapies"),
    ("manufacturing", "HORIZON-JU-CHIPS-2028-1-IA", "Manufacturing of photonic chips"),
    ("manufacturing", "RFCS-2028-01-RPJ", "RFCS-2028-01-RPJ Coal Research projects"),
    ("circular", "EDF-2028-DA-ENERENV", "Ammunition waste collection"),
    ("circular", "HORIZON-EURATOM-2028-01-04", "Recycling of spent fuel"),
    ("circular", "HORIZON-CL3-2028-01-FCT-02", "Illegal trafficking of waste"),
    ("circular", "HORIZON-HLTH-2028-01-ENVHLTH-02", "Hazardous waste and human health"),
    ("circular", "HORIZON-CL6-2028-01-CIRCBIO-10", "Networks of forestry advice"),
    ("food", "HORIZON-CL6-2028-02-FARM2FORK-08", "Stocks of migratory fish species"),
    ("food", "EUAF-2028-TA-04", "Smuggling of food and beverages"),
]
# An open call of a project: its own title, its topic's title and code.
OPEN_CALLS = [
    ("food", "Open Call 2", "European partnership on sustainable food systems", "HORIZON-CL6-2023-FARM2FORK-01-9"),
    ("experiences", "Rolling call", "Supporting artists and cultural organisations", "CREA-CULT-2028-COOP-UA-1"),
    ("experiences", "Grants for small firms", "Empowering tourism SMEs", "SMP-COSME-2028-TOURSME-01"),
    ("circular", "Booster call", "EITRAWMATERIALS Business Plan 2028", "HORIZON-EIT-2028-KIC-IBA-RM"),
    ("circular", "CIRC4TOWNS first call", "Excellence hubs", "HORIZON-WIDERA-2028-ACCESS-07-01"),
    (
        "manufacturing",
        "Call for pilots",
        "Industrial leadership in AI, data and robotics",
        "HORIZON-CL4-2028-EMERGING-01",
    ),
    ("sport", "SportTech accelerator", "Strand 1", "I3-2028-INV1"),
    ("sport", "Second open call", "Sport for social inclusion", "ERASMUS-SPORT-2028-SCP"),
    ("design", "RENOVA4ALL open call", "Neighbourhoods of the New European Bauhaus", "HORIZON-NEB-2028-01-REGEN-02"),
    ("circular", "FIBREX open call", "Smart use of side flows", "HORIZON-JU-CBE-2028-IA-02"),
    ("food", "First call", "Business Plan 2028", "HORIZON-EIT-2028-KIC-EITFOOD"),
    ("experiences", "AgriTourism4All first call", "Joint cluster initiatives", "SMP-COSME-2028-CLUSTER-01"),
    ("circular", "AquaLoops first call", "Interregional innovation investments", "I3-2028-INV2a"),
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
    ("food", "Ruokavirasto myöntää avustuksen, ja Ruokaviraston päätöksestä voi valittaa"),
    ("food", "Avustusta maksetaan ruokakunnan koon mukaan"),
    ("experiences", "Kokeilukulttuuri ja yrityskulttuuri kunnissa"),
    ("experiences", "Opetus- ja kulttuuriministeriö ja Museovirasto päättävät"),
    ("experiences", "Monikulttuurisuus ja kulttuurienvälinen vuoropuhelu työpaikoilla"),
    ("sport", "Tilat liikuntarajoitteisille"),
    ("manufacturing", "Puolustusteollisuus ja peliteollisuus"),
    ("manufacturing", "Taideteollisuus ja kulttuuriteollisuus"),
    ("food", "Haku ei koske elintarvikealaa eikä ruokapalveluja"),
    ("experiences", "Matkailuhankkeita ei rahoiteta tästä hausta"),
]
SWEDISH = [
    ("sport", "Transporter och kollektivtransport"),
    ("food", "En mattematikkurs"),
    ("food", "Livsmedelsverket och Jordbruksverket beslutar"),
    ("food", "Klimatet, formatet och materialet"),
    ("food", "Utlysningen omfattar inte livsmedel och drycker"),
    ("experiences", "Företagskultur och säkerhetskultur"),
    ("manufacturing", "Försvarsindustri"),
]


@pytest.mark.parametrize(
    ("spearhead", "text", "language"),
    [(*trap, "en") for trap in ENGLISH] + [(*trap, "fi") for trap in FINNISH] + [(*trap, "sv") for trap in SWEDISH],
)
def test_a_lookalike_does_not_tag_even_in_the_title(index: Index, spearhead: str, text: str, language: str) -> None:
    document = Document(id="1", title=text, text=text, language=language)
    assert spearhead not in tags_of(index, document)


@pytest.mark.parametrize(("spearhead", "identifier", "title"), ELSEWHERE)
def test_the_trades_words_do_not_tag_another_programmes_call(
    index: Index, spearhead: str, identifier: str, title: str
) -> None:
    assert spearhead not in tags_of(index, Document(id="1", title=title, identifier=identifier, language="en"))


@pytest.mark.parametrize(("spearhead", "title", "parent", "identifier"), OPEN_CALLS)
def test_an_open_call_is_known_by_its_topic_or_its_name(
    index: Index, spearhead: str, title: str, parent: str, identifier: str
) -> None:
    document = Document(id="1", title=title, call_title=parent, identifier=identifier, language="en", of_parent=True)
    assert spearhead in tags_of(index, document)


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
    found = spearhead_scores(index, Document(id="1", title="", text=text, language="fi"))
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
        ("Welding and machinery for small workshops", "en", "manufacturing"),
        ("Furniture and engineered wood", "en", "manufacturing"),
        ("Clothing, leather and footwear", "en", "manufacturing"),
        ("Decarbonising energy-intensive industries", "en", "manufacturing"),
        ("Industrial symbiosis and secondary raw materials", "en", "circular"),
        ("Right to repair and second-hand shops", "en", "circular"),
        ("Nutrient recovery from digestate", "en", "circular"),
        ("Digital product passports", "en", "circular"),
        ("Alternative proteins by precision fermentation", "en", "food"),
        ("Fresh fruit and vegetables", "en", "food"),
        ("Young farmers and their livestock", "en", "food"),
        ("Hiking and cross-country skiing", "en", "sport"),
        ("Sedentary work and active living", "en", "sport"),
        ("User-centred design of public places", "en", "design"),
        ("Traditional crafts and artisans", "en", "design"),
        ("Museums, festivals and live music", "en", "experiences"),
        ("A European Heritage Label for small towns", "en", "experiences"),
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
