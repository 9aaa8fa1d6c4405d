"""haeavustuksia.fi: two pages of our own, a service whose pages drift, and the recorded answers where they are."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import HERE, Request, calls_of, expected, pages_of, reason_of, site, told
from tests.tracker.sources.own_web import settings_of
from tracker.regions import load_region, region_file
from tracker.sources import Page, haeavustuksia

PARTNERS, FERRIES, PREPARING, SCHOOLS, MUSEUMS = (f"va-test-2026-{n}" for n in range(1, 6))


def answer(number: int) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "haeavustuksia" / f"page_{number}.json").read_bytes())
    return read


def own_pages(asked: Request) -> bytes:
    return json.dumps(answer(int(asked.query["Pagination.Page"]))).encode()


def read(answers: Callable[[Request], bytes | int], **settings: Any) -> list[Page]:
    with site(answers) as here:
        return pages_of(haeavustuksia, settings_of(haeavustuksia, **{"site_url": here.url} | settings))


def calls(answers: Callable[[Request], bytes | int] = own_pages, **settings: Any) -> dict[str, CallFacts]:
    return calls_of(haeavustuksia, read(answers, **settings))


def changed(key: str, **change: Any) -> Callable[[Request], bytes]:
    """Our pages after one call changed."""

    def answers(asked: Request) -> bytes:
        page = answer(int(asked.query["Pagination.Page"]))
        for item in page["hakuilmoitukset"]:
            if item["hakuasianAsianumero"] == key:
                item |= change
        return json.dumps(page).encode()

    return answers


def test_the_pages_read_as_they_were_reviewed() -> None:
    assert told(calls()) == expected("haeavustuksia")


def test_the_list_is_asked_for_as_the_service_itself_does() -> None:
    with site(own_pages) as here:
        pages_of(haeavustuksia, haeavustuksia.Settings(site_url=here.url))
    assert here.paths == ["/api/haku/list-items"] * 2
    assert here.asked[1].query == {
        "Pagination.Page": "2",
        "Pagination.PageSize": "100",
        "Language": "fi",
        "SearchTerm": "",
        "VaOrgLyhenne": "",
        "ShowFuture": "true",
        "ShowOngoing": "true",
        "ShowEnded": "false",
        "HideExternal": "false",
    }


def test_a_call_is_kept_by_its_authority_or_by_a_word_in_any_language() -> None:
    assert set(calls()) == {PARTNERS, PREPARING, SCHOOLS}


def test_authorities_and_words_are_a_matter_of_settings() -> None:
    assert set(calls(authorities=["lou"], words=["neuvon*"])) == {FERRIES, MUSEUMS}
    assert set(calls(authorities=[], regional_authorities=["lou"], words=["neuvon*"])) == {FERRIES, MUSEUMS}


@pytest.mark.parametrize(
    ("grants", "kept"),
    [
        ({"testivirasto": ["kotim*"]}, {MUSEUMS}),  # a word of the field, in the title or the description
        ({"TV": []}, {MUSEUMS}),
        ({"Testivirasto": ["liikun*", "urheil*"]}, set()),
        ({"Opetushallitus": ["kotim*"]}, set()),  # the word of another authority's grant
    ],
)
def test_national_grants_of_a_field_are_kept_where_the_settings_say_so(
    grants: dict[str, list[str]], kept: set[str]
) -> None:
    assert set(calls(authorities=[], words=[], national_grants=grants)) == kept


def test_paijat_hame_reads_the_ministrys_grants_for_sport_and_no_others_of_it() -> None:
    ours = load_region(region_file("paijat_hame")).sources["haeavustuksia"]
    ministry = {"nimi": {"fi": "Opetus- ja kulttuuriministeriö", "sv": None, "en": None}, "lyhenne": "OKM"}
    club = {"fi": "Seuratoiminnan kehittämistuki urheiluseuroille", "sv": None, "en": None}
    assert MUSEUMS in calls(changed(MUSEUMS, vastuullinenJarjestajaOrganisaatio=ministry, nimi=club), **ours)
    assert MUSEUMS not in calls(changed(MUSEUMS, vastuullinenJarjestajaOrganisaatio=ministry), **ours)
    assert MUSEUMS not in calls(changed(MUSEUMS, nimi=club), **ours)


def test_a_short_word_in_capitals_is_not_found_within_another() -> None:
    said = {"fi": "Museoiden EUROT ja elisabethin life", "sv": None, "en": None}
    assert MUSEUMS not in calls(changed(MUSEUMS, nimi=said))


def test_a_rolling_call_with_a_far_end_is_continuous_and_has_no_deadline() -> None:
    facts = calls()[PREPARING]
    assert (facts.deadline_model, facts.deadlines) == ("continuous", ())


def test_a_rolling_call_that_ends_soon_keeps_its_end() -> None:
    facts = calls(changed(PREPARING, hakuPaattyyDateTimeUtc="2027-06-30T20:59:00Z"))[PREPARING]
    assert facts.deadline_model == "continuous"
    assert [deadline.on for deadline in facts.deadlines] == [date(2027, 6, 30)]


def test_an_hour_is_told_on_finlands_wall_and_midnight_ends_the_day_before() -> None:
    found = calls()
    [timed], [dated] = found[PARTNERS].deadlines, found[SCHOOLS].deadlines
    assert timed.at is not None
    assert (timed.on, timed.at.isoformat()) == (date(2026, 12, 11), "2026-12-11T16:15:00+02:00")
    assert (dated.on, dated.at) == (date(2027, 3, 1), None)


def test_what_is_null_in_finnish_is_read_in_swedish_and_says_so() -> None:
    facts = calls()[SCHOOLS]
    assert (facts.language, facts.title) == ("sv", "Bidrag för Erasmusprojekt")


def test_a_call_is_read_in_the_first_of_the_regions_languages_that_it_has() -> None:
    both = {"fi": "Kansainvälisyys", "sv": "Bidrag för utbyte", "en": None}
    answers = changed(SCHOOLS, nimi=both)
    for languages, title in (
        (["fi", "sv"], "Kansainvälisyys"),
        (["sv", "fi"], "Bidrag för utbyte"),
        (["en"], "Kansainvälisyys"),
    ):
        facts = calls(answers, words=["Erasmus*", "Kansainväl*"], languages=languages)[SCHOOLS]
        assert facts.title == title


def test_nobodys_name_or_address_is_kept() -> None:
    text = calls()[PARTNERS].text
    assert text == "Tukea oppilaitosten yhteistyöhön.\nMyöntäjä:\nOpetushallitus"


def drifting(orders: Sequence[Sequence[str]], total: int = 5) -> Callable[[Request], bytes]:
    """A list whose order is another one in every pass; two calls a page, until the last order stays."""
    items = {item["hakuasianAsianumero"]: item for n in (1, 2) for item in answer(n)["hakuilmoitukset"]}
    asked_before: list[int] = []

    def answers(asked: Request) -> bytes:
        number = int(asked.query["Pagination.Page"])
        asked_before.append(number)
        order = orders[min(asked_before.count(1), len(orders)) - 1]
        some = [items[key] for key in order[(number - 1) * 2 : number * 2]]
        return json.dumps({"totalCount": total, "pageCount": 3, "hakuilmoitukset": some}).encode()

    return answers


def test_a_list_that_drifted_between_two_pages_is_read_again() -> None:
    whole = [PARTNERS, FERRIES, PREPARING, SCHOOLS, MUSEUMS]
    found = read(drifting([[PARTNERS, FERRIES, FERRIES, PREPARING, SCHOOLS], whole]))
    assert [(page.pass_no, page.number) for page in found] == [(n, m) for n in (1, 2) for m in (1, 2, 3)]
    assert set(calls_of(haeavustuksia, found)) == {PARTNERS, PREPARING, SCHOOLS}


def test_passes_that_make_a_whole_together_are_enough() -> None:
    orders = [[PARTNERS, FERRIES, FERRIES, PREPARING, SCHOOLS], [MUSEUMS, FERRIES, FERRIES, PREPARING, SCHOOLS]]
    assert max(page.pass_no for page in read(drifting(orders))) == 2


def test_a_list_that_never_comes_out_whole_is_not_believed() -> None:
    half = [PARTNERS, FERRIES, FERRIES, PREPARING, PREPARING]
    assert reason_of(lambda: read(drifting([half]))) == "incomplete"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"totalCount": 7, "pageCount": 1, "hakuilmoitukset": []}', "no_rows"),
        (b'{"totalCount": 0, "pageCount": 0, "ilmoitukset": []}', "not_an_answer"),
        (b'{"pageCount": 0, "hakuilmoitukset": []}', "not_an_answer"),
        (b'{"totalCount": 1, "pageCount": 1, "hakuilmoitukset": [{"nimi": {"fi": "x"}}]}', "not_an_answer"),
        (b'{"totalCount": 900000, "pageCount": 9000, "hakuilmoitukset": []}', "too_many_pages"),
        (b"<html><body><app-root></app-root></body></html>", "html"),
        (b'{"totalCount": 2, "hakui', "truncated"),
        (500, "http_500"),
    ],
)
def test_an_answer_that_is_not_what_it_was_ends_in_a_named_reason(body: bytes | int, reason: str) -> None:
    assert reason_of(lambda: calls(lambda asked: body)) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"hakuTyyppi": "Kertaluonteinen"}, "model"),
        ({"hakuPaattyyDateTimeUtc": "11.12.2026"}, "date"),
        ({"hakuPaattyyDateTimeUtc": "2026-12-11T14:15:00"}, "date"),
        ({"nimi": {"fi": None, "sv": None, "en": None}}, "no_title"),
    ],
)
def test_a_field_that_is_not_understood_is_a_named_fault(change: dict[str, Any], reason: str) -> None:
    assert reason_of(lambda: calls(changed(PARTNERS, **change))) == reason


def test_the_recorded_pages_read(shared: Path) -> None:
    folder = shared / "recorded/sources/haeavustuksia"
    found = calls(
        lambda asked: (folder / f"hae_page_{asked.query['Pagination.Page']}.json").read_bytes(),
        words=["yksityis*", "Business Finland"],
    )
    road, partners = found["va-lou-2026-5"], found["va-bf-2026-12"]
    assert (road.deadline_model, road.deadlines, road.opens_on) == ("continuous", (), date(2026, 1, 1))
    assert [deadline.on for deadline in partners.deadlines] == [date(2030, 12, 31)]


def test_the_recorded_item_is_kept_by_its_authoritys_abbreviation(shared: Path) -> None:
    item = json.loads((shared / "recorded/sources/haeavustuksia/hae.json").read_bytes())
    body = json.dumps({"totalCount": 1, "pageCount": 1, "hakuilmoitukset": [item]}).encode()
    [facts] = calls(lambda asked: body, authorities=["LOU"], words=[]).values()
    assert facts.url == "https://www.haeavustuksia.fi/fi/haku/va-lou-2026-5"
    assert (facts.text or "").endswith("Myöntäjä:\nLounais-Suomen elinvoimakeskus")
