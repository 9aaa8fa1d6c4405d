"""EURA 2021: a page of our own around our own notices, and the recorded rows where they are at hand."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from db.calls import CallFacts, CallStatus
from tests.tracker.sources.own_site import HERE, calls_of, expected, looked_up, pages_of, reason_of, site, told
from tests.tracker.sources.own_web import settings_of
from tracker.regions import load_region, region_file
from tracker.sources import Page, Part, Wanted, eura
from tracker.sources.walls import Unread

OPEN, ROLLING, COMING, CLOSED, SAVO, PEAT = (f"aaaaaaaa-0000-4000-8000-00000000000{n}" for n in range(1, 7))


def held() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((HERE / "eura" / "page.json").read_bytes())
    return read


def page_of(data: dict[str, Any]) -> bytes:
    """The page as its server makes it: the data percent-encoded in a script."""
    script = f'<script type="__PREACT_CLI_DATA__">{quote(json.dumps(data))}</script>'
    return f"<!DOCTYPE html><html><body><div id=app>Hakuilmoitukset</div>{script}</body></html>".encode()


def changed(change: Callable[[list[dict[str, Any]]], object]) -> bytes:
    data = held()
    change(data["preRenderData"]["hankehaku"])
    return page_of(data)


def read(body: bytes | int, wanted: Wanted | None = None, **settings: Any) -> list[Page]:
    with site(lambda asked: body) as here:
        own = settings_of(eura, **{"site_url": here.url, "least_listed": 3} | settings)
        return pages_of(eura, own, wanted)


def calls(body: bytes, **settings: Any) -> dict[str, CallFacts]:
    return calls_of(eura, read(body, **settings))


def test_the_page_reads_as_it_was_reviewed() -> None:
    assert told(calls(page_of(held()))) == expected("eura")


def test_one_request_reads_everything() -> None:
    with site(lambda asked: page_of(held())) as here:
        pages_of(eura, eura.Settings(site_url=here.url, least_listed=3))
    assert here.paths == ["/hakuilmoitukset/"]


def test_notices_of_other_regions_of_the_fund_we_lack_and_closed_ones_are_left_out() -> None:
    assert set(calls(page_of(held()))) == {OPEN, ROLLING, COMING}


def test_the_regions_own_council_decides_nothing_and_makes_nothing_ours() -> None:
    body = changed(lambda listed: listed[4].update(viranomainen="2607", maakunnat=[], alue="ETELA_SUOMI"))
    assert SAVO not in calls(body)


def test_an_authority_of_ours_that_names_other_regions_only_is_not_for_us() -> None:
    body = changed(lambda listed: listed[4].update(viranomainen="6204", maakunnat=["08"], alue=None))
    assert SAVO not in calls(body)


@pytest.mark.parametrize(
    "change",
    [
        {"maakunnat": ["07"]},
        {"maakunnat": ["valtakunnallinen/KA"]},
        {"alue": "VALTAKUNNALLINEN"},
        {"viranomainen": "6204", "maakunnat": ["ylimaakunnallinen"], "alue": None},
        {"viranomainen": "2601", "maakunnat": [], "alue": None},
    ],
)
def test_a_notice_concerns_the_region_by_its_maakunta_its_authority_or_the_whole_country(
    change: dict[str, Any],
) -> None:
    assert SAVO in calls(changed(lambda listed: listed[4].update(change)))


def test_another_region_is_a_matter_of_settings() -> None:
    assert SAVO in calls(page_of(held()), maakunta="11")


def test_the_second_region_has_the_fund_that_the_first_one_lacks() -> None:
    body = changed(lambda listed: listed[5].update(viranomainen="2618", maakunnat=["18"], alue=None))
    kainuu = load_region(region_file("kainuu")).sources["eura"]
    assert PEAT in calls(body, **kainuu, funds_left_out=[])
    assert PEAT not in calls(body, maakunta="18")


def test_without_a_region_the_whole_countrys_notices_are_kept() -> None:
    of_nobody: dict[str, Any] = {"maakunta": "", "authorities": [], "areas": [], "funds_left_out": []}
    assert set(calls(page_of(held()), **of_nobody)) == {COMING}


def test_a_part_of_the_past_holds_the_closed_notices_that_opened_in_its_days() -> None:
    [closed] = [notice for notice in held()["preRenderData"]["hankehaku"] if notice["id"] == CLOSED]
    opened = date.fromisoformat(closed["hakuaika"]["alku"])
    for part, keys in ((day_of(opened), [CLOSED]), (day_of(opened + timedelta(days=1)), []), (Part("closed"), [])):
        [page] = read(page_of(held()), Wanted(part))
        assert (page.scan, [row.key for row in eura.rows(page)]) == ("closed", keys)


def day_of(on: date) -> Part:
    return Part("closed", on, on)


def test_a_notice_that_was_closed_early_is_found_when_it_is_looked_up() -> None:
    with site(lambda asked: page_of(held())) as here:
        [row] = looked_up(eura, eura.Settings(site_url=here.url, least_listed=3), [CLOSED, "gone"])
    assert (row.key, eura.facts(row).claimed_status) == (CLOSED, CallStatus.CLOSED)


def test_a_repeated_notice_shows_in_the_announced_number() -> None:
    [page] = read(changed(lambda listed: listed.append(listed[0])))
    assert (page.announced, len({row.key for row in eura.rows(page)})) == (4, 3)


def test_a_fingerprint_changes_with_what_is_read_and_with_nothing_else() -> None:
    def fingerprint(**change: Any) -> str:
        [page] = read(changed(lambda listed: listed[0].update(change)))
        return next(row.fingerprint for row in eura.rows(page) if row.key == OPEN)

    assert fingerprint(nakyma=7) == fingerprint()
    assert fingerprint(hakuaika={"alku": "2026-10-01", "loppu": "2027-01-15"}) != fingerprint()


def test_nobodys_name_address_or_number_is_kept() -> None:
    text = calls(page_of(held()))[OPEN].text or ""
    assert "Testi Henkilö" not in text
    assert "@" not in text
    assert "040" not in text
    assert "materiaalien kiertoa" in text


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"tila": "arkistoitu"}, "status"),
        ({"hakuaika": {"alku": "1.10.2026"}}, "date"),
        ({"kokonaistuki": "noin miljoona"}, "budget"),
        ({"otsikko": " "}, "no_title"),
    ],
)
def test_a_field_that_is_not_understood_is_a_named_fault(change: dict[str, Any], reason: str) -> None:
    body = changed(lambda listed: listed[0].update(change))
    assert reason_of(lambda: calls(body)) == reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<!DOCTYPE html><html><body><div id=app></div></body></html>", "no_rows"),
        (b"", "no_rows"),
        (page_of({"preRenderData": {"koodisto": {}, "hankehaku": []}}), "no_rows"),
        (page_of({"preRenderData": {"koodisto": {}, "hankkeet": []}}), "not_an_answer"),
        (page_of({"preRenderData": {"hankehaku": []}}), "not_an_answer"),
        (page_of({}), "not_an_answer"),
        (b'<script type="__PREACT_CLI_DATA__">%7B%22preRender</script>', "truncated"),
        (500, "http_500"),
        (404, "http_404"),
    ],
)
def test_a_page_that_is_not_what_it_was_ends_in_a_named_reason(body: bytes | int, reason: str) -> None:
    assert reason_of(lambda: read(body)) == reason


def test_half_the_list_is_no_list() -> None:
    body = changed(lambda listed: listed.__delitem__(slice(3, None)))
    assert reason_of(lambda: read(body, least_listed=6)) == "half_a_list"


def test_nothing_for_the_region_is_no_fault() -> None:
    [page] = read(changed(lambda listed: listed.__delitem__(slice(0, 3))))
    assert (page.announced, list(eura.rows(page))) == (0, [])


def test_the_recorded_row_and_code_lists_read(shared: Path) -> None:
    recorded = json.loads((shared / "recorded/sources/eura2021/eura.excerpt.json").read_bytes())
    data = {"preRenderData": {"koodisto": recorded["codes"], "hankehaku": [recorded["row"]]}}
    [page] = read(page_of(data), Wanted(Part("closed", date(2021, 1, 1), date(2022, 12, 31))), least_listed=1)
    [facts] = [eura.facts(row) for row in eura.rows(page)]
    assert (facts.programme, facts.identifier, facts.claimed_status) == ("ERDF", "ESAELY-002", CallStatus.CLOSED)
    assert [str(deadline.on) for deadline in facts.deadlines] == ["2022-05-10"]
    assert (
        facts.text == "Rahoittaja:\nItä-Suomen elinvoimakeskus\nAlue:\nVALTAKUNNALLINEN"
    )  # of which the excerpt has no name


def test_the_recorded_page_reads_to_the_notices_for_the_whole_country(shared: Path) -> None:
    recorded = json.loads((shared / "recorded/sources/eura2021/eura_page_data.json").read_bytes())
    found = calls(page_of(recorded), least_listed=3)
    assert [(facts.programme, facts.identifier) for facts in found.values()] == [("ESF+", "PSUEVK-105")]


def test_a_notice_without_its_key_is_unread_and_the_others_are_read() -> None:
    [page] = read(changed(lambda listed: listed[2].pop("id")))
    rows = list(eura.rows(page))
    assert [row.record.fault.reason for row in rows if isinstance(row.record, Unread)] == ["not_an_answer"]
    assert len(rows) > 2
