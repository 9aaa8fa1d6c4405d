"""The region's own calls: a tag of their own, told to every reader who does not switch it off, once, and with why."""

import asyncio

import pytest

from db import editions, event_log, strategies
from db.audit import Signed
from db.calls import Call, CallFacts, CallKind, CallStatus
from db.duplicates import Ground, NamedCall
from db.eligibility import Applicant, Basis, Certainty, Eligibility, Finding, replace_eligibility
from db.runs import Verdict
from db.strategies import Level
from db.subscribers import ActorType, Cadence, Interest, Language, Subscriber
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from jobs.editions.planning import make_edition, make_welcome
from jobs.readers.preferences import not_for_us, switch_own_region
from jobs.rulebook.preview import preview_edit, readers
from jobs.rulebook.region_import import import_region
from jobs.rulebook.reports import precision
from jobs.rulebook.rule_files import edit_of_file
from jobs.rulebook.saving import save
from jobs.rulebook.tagging import tag_calls
from tests.jobs.editions.test_beside import change, is_proved, text_to, told_to
from tests.jobs.editions.test_editions import told
from tests.jobs.editions.test_own_kind import enrol_as
from tests.jobs.world import Clock, add_call, add_event, enrol, facts, with_settings
from tests.tracker.sources.own_site import expected, site
from tests.tracker.sources.test_eura import held, page_of
from tracker.calls.duplicates import find_matches
from tracker.regions import region_file
from tracker.tagging.documents import from_facts
from tracker.tagging.explain import quoted_words
from tracker.tagging.index import compile_rules, tag

ME = Signed("maija", "a test", Clock().now)
CRITERION = "Rahoitettava hanke on maakunnan älykkään erikoistumisen strategian mukainen."
NOTICE = facts(
    "notice",
    source="eura",
    kind=CallKind.NATIONAL,
    identifier="UUMLII-126",
    title="Maakuntien liittojen EAKR-haku",
    programme="ERDF",
    language="fi",
    text=f"{CRITERION}\nRahoittaja:\nUudenmaan liitto\nAlue:\nEtelä-Suomi\nMaakunnat:\nPäijät-Häme, Kymenlaakso",
)


@pytest.fixture
def app(bare_app: App, clock: Clock) -> App:
    """An app with the rules of the region's own file."""
    with bare_app.db.write() as session:
        import_region(session, bare_app.region, Signed("test", "the region file", clock.now))
    return bare_app


def tagged(app: App, clock: Clock, call: CallFacts) -> int:
    """Store a call that the rules have tagged, without an event."""
    call_id = add_call(app.db, clock.now, call)
    with app.db.write() as session:
        tag_calls(session, app.compiled, {call_id: call}, clock.now)
    return call_id


def news(app: App, clock: Clock, call: CallFacts = NOTICE) -> int:
    call_id = tagged(app, clock, call)
    add_event(app.db, clock.now, call_id)
    return call_id


def why(text: str) -> str:
    """What a mail says of why its reader gets the call."""
    return text.partition("Why you get this call")[2].partition(" https:")[0]


# --- which calls are the region's own ---------------------------------------------------------------------------------


def own_of(app: App, source: str) -> dict[str, bool]:
    """The calls of a source's recorded pages: whether the rules find that they are the region's own."""
    index = compile_rules(app.region.rulebook, app.compiled.lemmas)
    calls = {key: CallFacts.model_validate(fields) for key, fields in expected(source).items()}
    return {
        call.identifier or key: any(one.level is Level.OWN for one in tag(index, from_facts(call)))
        for key, call in calls.items()
    }


def test_a_notice_for_the_region_is_its_own_and_one_for_the_whole_country_is_not(app: App) -> None:
    assert own_of(app, "eura") == {"UUMLII-900": True, "KASEVK-901": True, "ITÄEVK-902": False}


def test_planned_calls_are_the_regions_own_but_for_those_of_the_national_page(app: App) -> None:
    own = own_of(app, "rakennerahastot")
    assert {key.partition("#")[0] for key, is_own in own.items() if is_own} == {"/etela-suomi/hakuajat-etela-suomi"}
    assert {key.partition("#")[0] for key, is_own in own.items() if not is_own} == {
        "/valtakunnalliset-tietoa-hakemisesta"
    }


def test_what_the_council_tells_of_is_the_regions_own(app: App) -> None:
    assert set(own_of(app, "paijat_hame").values()) == {True}


@pytest.mark.parametrize("source", ["haeavustuksia", "interreg", "oph", "business_finland"])
def test_no_call_of_other_sources_is_taken_for_the_regions_own(app: App, source: str) -> None:
    assert set(own_of(app, source).values()) == {False}


@pytest.mark.parametrize(
    ("said", "quoted"),
    [  # as notices and the council's posts have it
        (
            "Hanke kohdistuu maakuntien strategioissa (erityisesti älykkään erikoistumisen strategia) tunnistettuihin "
            "kärkialoihin tai kehittämiskohteisiin.",
            "älykkään erikoistumisen strategia",
        ),
        ("Hankkeen tulee kohdistua maakuntastrategian kärkialoihin tai muihin.", "maakuntastrategian kärkialoihin"),
        ("Huomioidaan alueen älykkään erikoistumisen strategian painotukset.", "älykkään erikoistumisen strategian"),
    ],
)
def test_the_criterion_is_found_in_the_words_that_notices_use(app: App, said: str, quoted: str) -> None:
    index = compile_rules(app.region.rulebook, app.compiled.lemmas)
    call = NOTICE.model_copy(update={"text": f"{said}\nRahoittaja:\nUudenmaan liitto"})
    [own] = [one for one in tag(index, from_facts(call)) if one.level is Level.OWN]
    assert quoted_words(own.evidence)[0] == quoted


@pytest.mark.parametrize("padding", [0, 6_000])
def test_the_words_of_the_criterion_are_the_evidence_wherever_they_stand(app: App, padding: int) -> None:
    text = f"Haussa tuetaan kehittämistä. {'Hakijan tulee lukea ohjeet. ' * (padding // 28)}{NOTICE.text}"
    index = compile_rules(app.region.rulebook, app.compiled.lemmas)
    [own] = [one for one in tag(index, from_facts(NOTICE.model_copy(update={"text": text}))) if one.level is Level.OWN]
    quoted = {words for evidence in own.evidence for words in evidence.words}
    assert "älykkään erikoistumisen strategian mukainen" in quoted


# --- who is told ------------------------------------------------------------------------------------------------------


def test_every_reader_is_told_of_the_regions_own_call_with_the_words_that_name_the_strategy(
    app: App, clock: Clock
) -> None:
    readers = [
        enrol(app.db, clock.now, "anna", "sport", language=Language.EN),
        enrol(app.db, clock.now, "bertta", "food", language=Language.FI),
        enrol(app.db, clock.now, "cecilia", language=Language.SV, interests=[Interest(programmes=("LIFE",))]),
    ]
    news(app, clock)
    make_edition(app, Cadence.WEEKLY)
    assert [told_to(app.db, reader) for reader in readers] == [[("weekly", 1, None)]] * 3
    assert "Own region (“älykkään erikoistumisen strategian mukainen”" in text_to(app, "anna")
    assert "Oma alue (”älykkään erikoistumisen strategian mukainen”" in text_to(app, "bertta")
    assert "Egen region (”älykkään erikoistumisen strategian mukainen”" in text_to(app, "cecilia")
    assert "You follow: Sport; Own region." in text_to(app, "anna")
    assert is_proved(app)


@pytest.mark.slow
def test_from_euras_page_to_the_mail(app: App, clock: Clock) -> None:
    """A notice that stands there at the first reading is no news; one that comes later is, to everybody."""
    anna = enrol(app.db, clock.now, "anna", "sport", language=Language.FI)
    first, then = held(), held()
    then["preRenderData"]["hankehaku"].append(
        first["preRenderData"]["hankehaku"][0]
        | {
            "id": "bbbbbbbb-0000-4000-8000-000000000001",
            "hakutunnus": "UUMLII-901",
            "otsikko": "Kestävä kaupunkikehittäminen",
            "kuvaus": f"<p>{CRITERION}</p>",
        }
    )
    days = [page_of(first), page_of(then)]
    with site(lambda asked: days[0]) as here:
        source = app.region.sources["eura"] | {"site_url": here.url, "least_listed": 3}
        app = with_settings(app, sources={"eura": source})
        while days:
            [run] = asyncio.run(collect_all(app, ["eura"]))
            assert run.verdict is Verdict.ACCEPTED
            days.pop(0)
            clock.forward(hours=12)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None)]
    assert "Kestävä kaupunkikehittäminen" in text_to(app, "anna")
    assert "Oma alue (”älykkään erikoistumisen strategian mukainen”" in text_to(app, "anna")
    assert is_proved(app)


def test_it_is_told_as_the_regions_own_and_not_as_each_spearheads(app: App, clock: Clock) -> None:
    enrol(app.db, clock.now, "anna", "sport", "food", "manufacturing", "circular", "design", "experiences")
    news(app, clock)
    make_edition(app, Cadence.WEEKLY)
    reasons = why(text_to(app, "anna"))
    assert "Own region" in reasons
    assert not any(name in reasons for name in ("Sport", "Food", "Manufacturing", "Circular", "Design", "Experiences"))


def test_one_that_fits_an_interest_too_is_told_once_with_both_reasons(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", "circular")
    news(app, clock, NOTICE.model_copy(update={"title": "Kiertotalouden EAKR-haku"}))
    make_edition(app, Cadence.WEEKLY)
    make_edition(app, Cadence.WEEKLY, allow_late=True)
    assert told_to(app.db, anna) == [("weekly", 1, None)]
    reasons = why(text_to(app, "anna"))
    assert "Circular economy (“Kiertotalouden”)" in reasons
    assert "Own region" in reasons
    assert is_proved(app)


def test_who_switched_it_off_is_told_only_what_fits_and_the_proof_agrees(app: App, clock: Clock) -> None:
    anna, bertta = (enrol(app.db, clock.now, name, "sport") for name in ("anna", "bertta"))
    switch_own_region(app, anna, is_on=False, signed=ME)
    news(app, clock)
    make_edition(app, Cadence.WEEKLY)
    assert (told_to(app.db, anna), told_to(app.db, bertta)) == ([], [("weekly", 1, None)])
    assert is_proved(app)
    switch_own_region(app, anna, is_on=True, signed=ME)
    clock.forward(days=7)
    news(app, clock, NOTICE.model_copy(update={"key": "another", "identifier": "UUMLII-127"}))
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 2, None)]
    assert is_proved(app)


def test_what_is_surely_shut_to_a_readers_kind_is_withheld_of_the_regions_own_too(app: App, clock: Clock) -> None:
    company, town = enrol_as(app, "anna", ActorType.COMPANY), enrol_as(app, "bertta", ActorType.MUNICIPALITY)
    shut = (Applicant.SME, Applicant.LARGE_COMPANY)
    found = Finding(facts=shut, basis=Basis.WORDS, evidence="Companies may not apply.", certainty=Certainty.OFFICIAL)
    call_id = news(app, clock)
    with app.db.write() as session:
        replace_eligibility(session, {call_id: Eligibility(no=shut, findings=(found,))}, "a test")
    make_edition(app, Cadence.WEEKLY)
    assert (told_to(app.db, company), told_to(app.db, town)) == ([], [("weekly", 1, None)])
    assert is_proved(app)


def test_who_wants_open_calls_only_is_told_of_the_regions_own_when_they_open(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", interests=[Interest(spearheads=("sport",), forthcoming=False)])
    news(app, clock)
    planned = tagged(app, clock, NOTICE.model_copy(update={"key": "planned", "identifier": "UUMLII-128"}))
    with app.db.write() as session:
        session.get_one(Call, planned).status = CallStatus.FORTHCOMING
    add_event(app.db, clock.now, planned)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", 1, None)]
    assert is_proved(app)


def test_a_welcome_shows_the_regions_own_calls_that_are_open(app: App, clock: Clock) -> None:
    tagged(app, clock, NOTICE)
    anna = enrol(app.db, clock.now, "anna", "sport")
    change(app.db, anna, confirmed_at=clock.now)
    assert make_welcome(app) is not None
    assert "Maakuntien liittojen EAKR-haku" in text_to(app, "anna")


def test_a_councils_post_and_the_notice_that_it_links_to_are_one_call() -> None:
    post = CallFacts.model_validate(expected("paijat_hame")["5101"])
    key = post.url.rpartition("/")[2]
    notice = NOTICE.model_copy(update={"key": key, "url": f"https://eura2021.fi/hakuilmoitukset/hakuilmoitus/{key}/"})
    named = [
        NamedCall(number, call.source, call.kind, call.identifier, call.url, call.title, None)
        for number, call in enumerate((post, notice), start=1)
    ]
    [match] = find_matches([2], named)
    assert (match.ground, match.is_certain) == (Ground.LINK, True)


def test_a_flood_of_them_waits_for_an_admin_and_the_rest_leaves(app: App, clock: Clock) -> None:
    app = with_settings(app, editions={"flood_least": 5, "flood_times": 2.0})
    anna = enrol(app.db, clock.now, "anna", "sport")
    for week in range(3):
        news(app, clock, NOTICE.model_copy(update={"key": f"w{week}", "identifier": f"UUMLII-{week}"}))
        make_edition(app, Cadence.WEEKLY)
        clock.forward(days=7)
    before = len(told_to(app.db, anna))
    for number in range(9):
        news(app, clock, NOTICE.model_copy(update={"key": f"{number}", "identifier": f"UUMLII-9{number}"}))
    post = {"key": "post", "source": "paijat_hame", "identifier": None, "title": "AKKE-haku", "text": "Haku on auki."}
    news(app, clock, NOTICE.model_copy(update=post))
    make_edition(app, Cadence.WEEKLY)
    with app.db.read() as session:
        [hold] = editions.list_holds(session)
    assert (hold.subject, len(hold.events)) == ("source:eura", 9)
    assert len(told_to(app.db, anna)) == before + 1
    assert is_proved(app)


# --- national grants of a spearhead's field ---------------------------------------------------------------------------


def test_a_ministrys_grant_for_sport_reaches_readers_of_sport_and_one_without_a_tag_nobody(
    app: App, clock: Clock
) -> None:
    anna, bertta = (enrol(app.db, clock.now, name, key) for name, key in (("anna", "sport"), ("bertta", "food")))
    of_ministry = {"source": "haeavustuksia", "programme": None}
    granted = "Myöntäjä:\nOpetus- ja kulttuuriministeriö"
    sport = {
        "key": "a",
        "title": "Seuratoiminnan kehittämistuki",
        "text": f"Tuki urheiluseurojen liikuntaan.\n{granted}",
    }
    other = {"key": "b", "title": "Tilastojen avoimuus", "text": f"Liikunnasta ei ole kyse.\n{granted}"}
    for number, said in enumerate((sport, other)):
        news(app, clock, NOTICE.model_copy(update=of_ministry | said | {"identifier": f"va-okm-{number}"}))
    make_edition(app, Cadence.WEEKLY)
    assert (told_to(app.db, anna), told_to(app.db, bertta)) == ([("weekly", 1, None)], [])
    assert "Sport (“" in text_to(app, "anna")
    assert is_proved(app)


# --- a service that ran before there was such a tag -------------------------------------------------------------------


def test_the_tag_comes_silently_to_calls_that_are_known_and_new_ones_come_as_news(
    app: App, clock: Clock, ruled_before: None
) -> None:
    anna = enrol(app.db, clock.now, "anna", "sport")
    known = [news(app, clock, NOTICE.model_copy(update={"key": f"{n}", "identifier": f"UUMLII-{n}"})) for n in range(5)]
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == []
    clock.forward(days=2)
    with app.db.write() as session:
        edit, before = edit_of_file(session, region_file("paijat_hame")), event_log.last_seq(session)
        assert readers(session, preview_edit(session, app.compiled, edit), app.today()) == {anna: len(known)}
        assert event_log.last_seq(session) == before
    save(app, edit, ME)
    with app.db.read() as session:
        assert event_log.last_seq(session) == before
        assert set(strategies.spearheads_of(session, known)) == set(known)
    clock.forward(days=5)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == []
    fresh = news(app, clock, NOTICE.model_copy(update={"key": "fresh", "identifier": "UUMLII-200"}))
    clock.forward(days=7)
    make_edition(app, Cadence.WEEKLY)
    assert told_to(app.db, anna) == [("weekly", fresh, None)]
    assert is_proved(app)


@pytest.fixture
def ruled_before(app: App) -> None:
    """Take the own tag out of the rules, as they were before there was one."""
    book = app.region.rulebook
    own = {spearhead.key for spearhead in book.spearheads if spearhead.level is Level.OWN}
    with app.db.write() as session:
        strategies.replace_rulebook(
            session,
            [strategy for strategy in book.strategies if strategy.level is not Level.OWN],
            [spearhead for spearhead in book.spearheads if spearhead.key not in own],
            [rule for rule in book.rules if rule.spearhead not in own],
            book.masks,
            ME,
        )


# --- what admins see of it --------------------------------------------------------------------------------------------


def test_not_for_us_of_such_a_call_counts_against_its_rules(app: App, clock: Clock) -> None:
    anna = enrol(app.db, clock.now, "anna", "sport")
    call_id = news(app, clock)
    make_edition(app, Cadence.WEEKLY)
    assert len(told(app.db)) == 1
    not_for_us(app, anna, call_id, ME)
    with app.db.read() as session:
        assert {score.rule for score in precision(session)} == {"own-notices", "own-criterion-fi"}
        assert session.get_one(Subscriber, anna).own_region
