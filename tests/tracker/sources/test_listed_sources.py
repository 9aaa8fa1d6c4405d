"""Sources that stand on web pages: each fails with a name where its page is not as it was reviewed; and single ones."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from db.calls import CallFacts
from tests.tracker.sources.own_site import expected, recorded
from tests.tracker.sources.own_web import (
    BARE,
    SHELL,
    OwnWeb,
    facts_of,
    fixture,
    gathered,
    gathered_from,
    reason,
    settings_of,
)
from tests.tracker.sources.own_web import web_of as web
from tests.tracker.sources.publishers import PUBLISHERS
from tracker import sources
from tracker.errors import ParseError, SourceError
from tracker.sources import (
    Page,
    business_finland,
    digital28,
    eit_climate_kic,
    eit_urban_mobility,
    eucf,
    eureka,
    nordforsk,
    nordic_innovation,
    oph,
    paijat_hame,
    portico,
    rakennerahastot,
)
from tracker.sources.kinds.listing import Listing, cards_by_selectors
from tracker.sources.support.dates import HELSINKI, read_period


def modules(mark: str) -> list[ModuleType]:
    """The listings of our folder whose pages are known, and reviewed, and have this mark in their names."""
    return [
        module
        for key, module in sources.modules().items()
        if hasattr(module, "LISTING") and expected(key) and mark in next(iter(recorded(key).values()))["file"]
    ]


HTML = [*modules(".html"), business_finland, rakennerahastot]
WORDPRESS: list[ModuleType] = [eit_urban_mobility, paijat_hame]


def key_of(module: ModuleType) -> str:
    return str(module.SOURCE.key)


def main_of(module: ModuleType) -> str:
    """The address of the list itself."""
    return next(url for url in recorded(key_of(module)) if "status-call" not in url)


def calls(module: ModuleType, **changed: bytes) -> dict[str, CallFacts]:
    """The calls on a source's own pages, where `changed` may say what lies at its main address."""
    answers = web(key_of(module)) | ({main_of(module): changed["body"]} if changed else {})
    return {facts.key: facts for facts in facts_of(module, gathered(module, answers))}


def body_of(module: ModuleType) -> bytes:
    return fixture(key_of(module), recorded(key_of(module))[main_of(module)]["file"])


EACH = pytest.mark.parametrize("module", HTML, ids=key_of)


@EACH
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SHELL, "shell"),
        (BARE, "no_rows"),
        (b"", "not_html"),
        (b'{"message": "blocked"}', "not_html"),
        (b"<!DOCTYPE html><html><body>Sorry</body></html>", "empty_page"),
        (500, "http_500"),
    ],
    ids=["a shell", "no list", "nothing", "JSON", "a blank page", "an error"],
)
def test_a_page_without_the_list_is_a_failure_with_a_name(module: ModuleType, body: bytes | int, why: str) -> None:
    assert reason(module, web(key_of(module)) | {main_of(module): body}) == why


@EACH
def test_half_a_page_is_a_failure_with_a_name(module: ModuleType) -> None:
    half = body_of(module)[: len(body_of(module)) // 2]
    assert reason(module, web(key_of(module)) | {main_of(module): half}) == "truncated"


@pytest.mark.parametrize("module", [one for one in HTML if one is not rakennerahastot], ids=key_of)
def test_a_relaunched_page_is_a_failure_with_a_name(module: ModuleType) -> None:
    relaunched = PUBLISHERS[key_of(module)].relaunched(body_of(module))
    assert relaunched != body_of(module)
    assert reason(module, web(key_of(module)) | {main_of(module): relaunched}) == "no_rows"


@pytest.mark.parametrize("module", WORDPRESS, ids=key_of)
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (SHELL, "html"),
        (b"", "not_json"),
        (b'[{"id": 1', "not_json"),
        (b'{"code": "rest_forbidden", "message": "No"}', "not_an_answer"),
        (b'[{"id": 1}, {"id": 2}, {"id": 3, "name": "something else"}]', "not_an_answer"),
        (b"[]", "no_total"),
        (500, "http_500"),
    ],
    ids=["a page", "nothing", "half an answer", "a refusal", "other records", "no headers", "an error"],
)
def test_an_interface_that_answers_otherwise_is_a_failure_with_a_name(
    module: ModuleType, body: bytes | int, why: str
) -> None:
    assert reason(module, web(key_of(module)) | {main_of(module): body}) == why


# --- single sources ---------------------------------------------------------------------------------------------------


def test_oph_keeps_a_calls_text_and_nobodys_name() -> None:
    text = calls(oph)["/fi/funding/pienet-kumppanuudet-aikuiskoulutus-2026"].text or ""
    assert "- Kesto on 6–24 kuukautta." in text
    assert "Maija" not in text


def test_oph_without_its_periods_is_a_renamed_selector() -> None:
    body = body_of(oph).replace(b"field-application-period", b"field-period")
    assert reason(oph, {main_of(oph): body}) == "selector"


def test_a_new_word_for_a_state_is_a_fault_of_its_call_alone() -> None:
    body = body_of(oph).replace(b"Tulossa", b"Siirretty")
    rows = {row.key: row for row in oph.rows(Page(main_of(oph), body))}
    with pytest.raises(ParseError, match="the state 'Siirretty' is not one of"):
        oph.facts(rows["/fi/funding/luova-eurooppa-valmennus"])
    assert oph.facts(rows["/fi/funding/kielisalkku-jatkuva"])


@pytest.mark.parametrize(
    ("module", "left_out"),
    [
        (oph, "laatumerkki"),
        (eit_climate_kic, "Request for proposals"),
        (digital28, "Request for quotation"),
        (digital28, "supervisory board"),
        (nordforsk, "Invitation to tender"),
        (nordforsk, "Circular fisheries"),
        (nordforsk, "A new director"),
        (nordic_innovation, "Procurement"),
        (nordic_innovation, "Timber in the news"),
        (eucf, "About us"),
        (eureka, "For small companies that research"),
        (eureka, "Innowwide"),
        (paijat_hame, "kymmenelle hankkeelle"),
        (paijat_hame, "Haemme"),
        (rakennerahastot, "JTF"),
        (rakennerahastot, "Syksy"),
        (rakennerahastot, "Varsinais-Suomen"),
        (rakennerahastot, "Arvio"),
    ],
)
def test_what_is_no_call_is_left_out(module: ModuleType, left_out: str) -> None:
    bodies = [body if isinstance(body, bytes) else getattr(body, "body", b"") for body in web(key_of(module)).values()]
    assert any(left_out.encode() in body for body in bodies)
    assert [one.title for one in calls(module).values() if left_out in f"{one.title} {one.text}"] == []


def test_nordforsk_reads_on_to_the_last_page() -> None:
    own = OwnWeb(web("nordforsk"))
    gathered_from(nordforsk, own)
    assert [url for url in own.asked if url.startswith("https://www.nordforsk.org/calls?")] == [
        "https://www.nordforsk.org/calls?page=1"
    ]


def test_business_finland_tells_schemes_from_calls() -> None:
    kinds = {key: (one.type_of_action, one.deadline_model) for key, one in calls(business_finland).items()}
    assert kinds["/palvelut/rahoitus/rahoituspalvelut/kokeilu"] == ("standing instrument", "continuous")
    assert kinds["/palvelut/rahoitus/haut/2026/kiertotalous"] == (None, None)


def test_business_finland_may_be_read_without_its_page_of_calls() -> None:
    settings = business_finland.Settings(read_calls=False)
    pages = gathered(business_finland, web("business_finland"), settings)
    assert {page.scan for page in pages} == {"schemes"}


def test_business_finland_without_its_page_of_calls_fails_whole() -> None:
    answers: dict[str, Any] = web("business_finland") | {"https://www.businessfinland.fi/palvelut/rahoitus/haut/": 404}
    assert reason(business_finland, answers) == "http_404"


def test_a_city_facility_call_whose_page_says_nothing_of_dates_is_not_read() -> None:
    withheld = b"<!DOCTYPE html><html><body><main>" + b"A call for municipalities. " * 9 + b"</main></body></html>"
    pages = gathered(eucf, web("eucf") | {"https://www.eucityfacility.eu/calls/call-7": withheld})
    rows = {row.key: row for page in pages for row in eucf.rows(page)}
    with pytest.raises(ParseError, match="says neither when it closes nor whether it is open"):
        eucf.facts(rows["/calls/call-7"])


def test_eureka_knows_a_call_in_either_of_its_layouts() -> None:
    found = set(calls(eureka))
    assert "/programmes-and-calls/eurostars/eurostars-call-12" in found
    assert "/programmes-and-calls/globalstars/globalstars-japan" in found


def test_eureka_whose_deadlines_are_called_otherwise_is_a_failure() -> None:
    body = body_of(eureka).replace(b"Deadline", b"Cut-off")
    assert reason(eureka, {main_of(eureka): body}) == "selector"


def test_a_last_day_a_century_away_is_none() -> None:
    call = calls(eureka)["/programmes-and-calls/network-projects/open-call-for-network-projects"]
    assert (call.deadlines, call.deadline_model) == ((), "continuous")


def test_portico_sends_nobody_to_a_document() -> None:
    assert calls(portico)["netzerocities.example.org/files/pilot-call.pdf"].url == "https://netzerocities.example.org/"


def test_portico_without_its_states_is_a_failure() -> None:
    body = body_of(portico).replace(b"<span>", b"<span>Now: ")
    assert reason(portico, {main_of(portico): body}) == "selector"


def test_a_portico_deadline_that_is_no_european_date_is_a_fault_of_its_call() -> None:
    body = body_of(portico).replace(b"15/06/2027", b"06/15/2027")
    with pytest.raises(SourceError, match="month must be in"):
        calls(portico, body=body)


def test_a_planned_call_whose_days_move_keeps_its_key() -> None:
    moved = body_of(rakennerahastot).replace("1.2.–15.3.2027".encode(), "8.2.–29.3.2027".encode())
    assert moved != body_of(rakennerahastot)
    assert list(calls(rakennerahastot, body=moved)) == list(calls(rakennerahastot))


def test_two_planned_calls_of_one_authority_fund_objective_and_year_are_told_apart_by_their_order() -> None:
    twice = body_of(rakennerahastot).replace(b"ESR+: 4.2 Osaaminen", "ESR+: 4.1 Työllisyys".encode())
    twice = twice.replace(b"Syksy 2027", "1.9.–30.9.2027".encode())
    keys = [key for key in calls(rakennerahastot, body=twice) if "ESR" in key]
    assert [key.rpartition("#")[2] for key in keys] == [
        "kaakkois-suomen-elinvoimakeskus-ESR-4.1-2027",
        "kaakkois-suomen-elinvoimakeskus-ESR-4.1-2027-2",
    ]


def test_a_planned_call_in_unread_days_is_a_fault_of_its_call() -> None:
    body = body_of(rakennerahastot).replace("3.5.–4.6.2027".encode(), b"3.5.-4.6.27")
    with pytest.raises(ParseError, match="date"):
        calls(rakennerahastot, body=body)


def test_a_table_whose_lines_are_too_short_is_a_failure() -> None:
    body = body_of(rakennerahastot).replace(b"<td>2,4 milj. \xe2\x82\xac</td>", b"")
    assert reason(rakennerahastot, web("rakennerahastot") | {main_of(rakennerahastot): body}) == "row_shape"


def test_other_authorities_may_be_the_regions() -> None:
    settings = settings_of(rakennerahastot, authorities=["Varsinais-Suomen"])
    found = facts_of(rakennerahastot, gathered(rakennerahastot, web("rakennerahastot"), settings))
    assert [one.title for one in found if "etela-suomi" in one.key] == [
        "Varsinais-Suomen elinvoimakeskus: 1.3 Pk-yritykset"
    ]


def test_a_council_post_ends_with_the_notice_that_it_links_to() -> None:
    text = calls(paijat_hame)["5101"].text or ""
    assert text.endswith("https://eura2021.fi/hakuilmoitukset/hakuilmoitus/00000000-0000-4000-8000-000000000002")
    assert "Maija" not in text


# --- real words, where they are at hand -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("paijat-hame_eakr_2022-06.txt", "16.6.2022 saakka"),
        ("paijat-hame_eakr_2023-08.txt", "avataan 28.8. ja se on avoinna 29.9.2023 saakka"),
        ("paijat-hame_eakr_2024-01.txt", "avataan 30.1.2024 ja se on avoinna 1.3.2024 saakka"),
        ("uudenmaanliitto_eakr_2025-02.txt", "3.2.–7.3.2025"),
        ("rakennerahastot_haku-avoinna_2023-05.txt", "22.6.2023 saakka"),
        ("paijat-hame_akke_2023-10.txt", ""),
    ],
)
def test_a_councils_real_news_say_when_a_call_is_open(shared: Path, file: str, said: str) -> None:
    text = (shared / "recorded/sources/page-texts" / file).read_text("utf-8")
    assert paijat_hame.period_in(text) == said
    if said:
        assert read_period("paijat_hame", said, HELSINKI).closes


def test_a_real_plan_is_read_line_by_line_without_the_fund_that_we_lack(shared: Path) -> None:
    """The recording is the page's text, a cell between two bars; the mark-up around it is ours."""
    file = shared / "recorded/sources/page-texts/rakennerahastot_hakuaikasuunnitelma_keski-pohjanmaa_2026.txt"
    lines = [line.strip(" |").split(" | ") for line in file.read_text("utf-8").splitlines() if line.startswith("|")]
    table = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>" for cells in lines)
    above = "<h1>Hakuaikasuunnitelma</h1><p>Suunnitelmaa päivitetään säännöllisesti, ja muutokset ovat mahdollisia.</p>"
    body = f"<!DOCTYPE html><html><body>{above}<table>{table}</table></body></html>"
    page = Page("https://rakennerahastot.fi/plan", body.encode(), scan="/plan", asked={"funds_left_out": ["JTF"]})
    found = [rakennerahastot.facts(row) for row in rakennerahastot.rows(page)]
    assert [(one.programme, str(one.opens_on), str(one.deadlines[0].on)) for one in found] == [
        ("ERDF", "2026-02-02", "2026-03-31"),
        ("ERDF", "2026-05-01", "2026-05-31"),
        ("ERDF", "2026-09-01", "2026-10-30"),
    ]
    assert len({one.key for one in found}) == 3


def test_real_cards_of_a_wordpress_theme_are_read_by_their_selectors(shared: Path) -> None:
    body = (shared / "recorded/sources/generic-wordpress/webalkans_opportunities.html").read_bytes()
    spec = Listing(
        url="https://webalkans.eu/en/opportunities/",
        card=".umb-card:has(.umb-card__title)",
        link=".umb-card__footer a",
        title=".umb-card__title",
        closes=".umb-card__footer .left",
        text=".umb-card__desc",
        undated="take",
    )
    page = Page(spec.url, body)
    found = [card for card in cards_by_selectors("example", spec, page) if card.closes]
    assert len(found) > 3
    assert "31/03/2026" in {card.closes for card in found}
