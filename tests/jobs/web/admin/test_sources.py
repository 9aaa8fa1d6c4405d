"""Sources at the desk: a year at a glance, a reading in full, and what accepting it would do shown first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser as Window
from playwright.sync_api import expect
from sqlmodel import select

from db.admins import Role
from db.asked_jobs import note_ended
from db.calls import Call
from db.runs import Run, RunReason, Verdict
from jobs.base.app import App
from jobs.collecting.days import DayState, years_of_sources
from jobs.collecting.one_reading import Stage, one_reading
from jobs.collecting.status import source_in_full
from tests.jobs.rulebook.archive import remember
from tests.jobs.web.admin.desks import PASSWORD, account, desk
from tests.jobs.web.browsing import Browser
from tests.jobs.web.windows import shown
from tests.jobs.world import MONDAY, ToldPortal, clock_of, collect, enrol, reading


def words(browser: Browser, address: str) -> str:
    """The words of a screen's main part."""
    page = BeautifulSoup(browser.get(address).text, "lxml")
    assert page.main
    return page.main.get_text(" ", strip=True)


def ran(app: App, at: datetime, verdict: Verdict, versions: int = 0, source: str = "portal", *reasons: str) -> int:
    """Note a reading that ended so; returns its number."""
    with app.db.write() as session:
        why = tuple(RunReason(name=name, detail="said so") for name in reasons)
        run = Run(job="collect", subject=source, started_at=at, finished_at=at, verdict=verdict, reasons=why)
        run.counts = {"versions": versions, "calls": 40}
        session.add(run)
        session.flush()
        return run.id or 0


DAYS = {
    "read and something was new": ([(Verdict.ACCEPTED, 3)], DayState.READ),
    "read and nothing was new": ([(Verdict.ACCEPTED, 0)], DayState.SAME),
    "not believed": ([(Verdict.QUARANTINED, 0)], DayState.HELD),
    "failed": ([(Verdict.FAILED, 0)], DayState.FAILED),
    "stopped": ([(Verdict.INTERRUPTED, 0)], DayState.FAILED),
    "going on": ([(Verdict.RUNNING, 0)], DayState.NONE),
    "failed, then read": ([(Verdict.FAILED, 0), (Verdict.ACCEPTED, 0)], DayState.SAME),
    "read with news, then not believed": ([(Verdict.ACCEPTED, 1), (Verdict.QUARANTINED, 0)], DayState.READ),
    "not believed, then failed": ([(Verdict.QUARANTINED, 0), (Verdict.FAILED, 0)], DayState.HELD),
}


@pytest.mark.parametrize(("ends", "state"), DAYS.values(), ids=DAYS)
def test_a_day_is_what_its_best_reading_was(app: App, ends: list[tuple[Verdict, int]], state: DayState) -> None:
    for verdict, versions in ends:
        ran(app, MONDAY - timedelta(days=1), verdict, versions)
    with app.db.read() as session:
        days = years_of_sources(session, app)["portal"]
    assert (len(days), days[-1].on) == (365, app.today())
    assert [(day.on.isoformat(), day.state, day.readings) for day in days if day.readings] == [
        ("2026-06-14", state, len(ends))
    ]


@pytest.mark.both_kinds
def test_a_day_is_the_regions_and_what_is_older_than_a_year_is_left_out(app: App) -> None:
    ran(app, MONDAY.replace(hour=21, minute=30) - timedelta(days=2), Verdict.ACCEPTED)  # half past midnight in Finland
    ran(app, MONDAY - timedelta(days=365), Verdict.ACCEPTED)
    with app.db.read() as session:
        [days] = years_of_sources(session, app).values()
    assert [day.on.isoformat() for day in days if day.readings] == ["2026-06-14"]


def test_the_strip_says_its_days_and_the_table_has_them_by_month(app: App) -> None:
    for back in range(3):
        ran(app, MONDAY - timedelta(days=back), Verdict.ACCEPTED, back)
    ran(app, MONDAY - timedelta(days=40), Verdict.FAILED)
    browser = desk(app)
    [strip] = BeautifulSoup(browser.get("/admin/sources").text, "lxml").select(".year svg")
    assert strip["aria-label"] == (
        "Read, something was new: 2, Read, nothing was new: 1, The reading failed: 1, Not read: 361"
    )
    page = BeautifulSoup(browser.get("/admin/sources/portal").text, "lxml")
    months = {row.th.get_text(): [cell.get_text() for cell in row("td")] for row in page.select(".counts tbody tr")}  # type: ignore[union-attr]
    assert months["June 2026"] == ["2", "1", "0", "0", "12"]
    assert months["May 2026"] == ["0", "0", "0", "1", "30"]
    assert len(months) == 13


@pytest.mark.both_kinds
def test_a_source_has_its_readings_page_by_page_and_what_is_expected_of_it(app: App) -> None:
    for back in range(35):
        ran(app, MONDAY - timedelta(days=35 - back), Verdict.ACCEPTED)
    browser = desk(app)
    first = BeautifulSoup(browser.get("/admin/sources/portal").text, "lxml")
    assert "Usually 40." in first.get_text()
    assert next(link["href"] for link in first.select("table.readings th a")) == "/admin/runs/35"
    [older] = [str(link["href"]) for link in first.select(".pages a")]
    rest = BeautifulSoup(browser.get(older).text, "lxml")
    assert [link["href"] for link in rest.select("table.readings th a")] == [
        f"/admin/runs/{n}" for n in (5, 4, 3, 2, 1)
    ]
    assert browser.get("/admin/sources/no_such").status_code == 404


@pytest.fixture
def halved(app: App, portal: ToldPortal) -> tuple[App, Run]:
    """An app that reads the portal, and its reading that lost half of the calls and retitled one."""
    reader = reading(app, portal.url)
    read = ThreadPoolExecutor(1).submit  # a browser of the walk has the loop of this thread
    read(collect, reader).result()
    enrol(app.db, app.clock(), "anna", "food")
    kept = portal.held[:30]
    kept[0]["metadata"]["title"] = ["Food of tomorrow"]
    portal.tell(kept)
    run = read(collect, reader).result()
    assert run.verdict is Verdict.QUARANTINED
    return reader, run


@pytest.mark.both_kinds
def test_a_reading_is_shown_in_full_and_what_accepting_it_would_do(halved: tuple[App, Run]) -> None:
    reader, run = halved
    browser = desk(reader, "aino")
    assert "many calls vanished" in words(browser, "/admin/sources")
    shown = words(browser, f"/admin/runs/{run.id}")
    assert "Pages load, but many calls vanished" in shown
    with reader.db.read() as session:
        one = one_reading(session, reader, run.id or 0)
    assert dict(one.stages) == {
        Stage.LISTED: 30,
        Stage.CAME: 30,
        Stage.PARSED: 30,
        Stage.CHANGED: 1,
        Stage.STORED: 0,
    }
    assert one.before
    assert f"Calls 30 {one.before.calls}" in shown
    seen = words(browser, f"/admin/runs/{run.id}/accept")
    assert "Calls that appear 0 Calls that change 1 Calls that vanish 0" in seen
    assert "Readers who would be told 1" in seen
    assert "Food of tomorrow Title · told: another title" in seen
    assert "told: another title" in seen


def test_a_reading_is_accepted_or_rejected_once_and_with_a_reason(halved: tuple[App, Run]) -> None:
    reader, run = halved
    browser = desk(reader, "aino")
    address = f"/admin/runs/{run.id}"
    assert browser.post(f"{address}/accept").status_code == 409
    answer = browser.post(f"{address}/accept", reason="they closed many")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{address}?done=done")
    with reader.db.read() as session:
        accepted = session.get(Run, run.id)
        assert accepted
        assert accepted.verdict is Verdict.ACCEPTED
    assert browser.post(f"{address}/reject", reason="too late").status_code == 409
    assert browser.get(f"{address}/accept").status_code == 409
    assert "not believed" not in words(browser, "/admin/sources").replace("Read, not believed", "")


def test_what_a_publisher_sent_is_handed_over_as_text_that_nothing_runs(halved: tuple[App, Run]) -> None:
    reader, run = halved
    browser = desk(reader, "aino", Role.AUDITOR)
    page = BeautifulSoup(browser.get(f"/admin/runs/{run.id}").text, "lxml")
    pages = [browser.get(str(link["href"])) for link in page.select(".received a")]
    assert any("Food of tomorrow" in answer.text for answer in pages)
    for answer in pages:
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert browser.get(f"/admin/runs/{run.id}/pages/{len(pages) + 1}").status_code == 404


def test_a_run_that_read_no_source_and_one_that_there_is_not_are_no_readings(app: App) -> None:
    with app.db.write() as session:
        session.add(Run(job="retag", started_at=MONDAY, verdict=Verdict.DONE))
    browser = desk(app)
    for number in (1, 2):
        for address in ("", "/accept", "/pages/1"):
            assert browser.get(f"/admin/runs/{number}{address}").status_code == 404


def test_a_reading_is_asked_for_and_the_screen_says_who_reads(app: App) -> None:
    browser = desk(app)
    address = "/admin/sources/portal"
    assert "Nothing reads now: only the pages are running" in words(browser, address)
    assert browser.post(f"{address}/read").headers["location"] == f"{address}#asked"
    assert "Maija asked for a reading at 15 June 2026 at 7.00. Nothing reads now" in words(browser, address)
    with app.db.only_one("serve"):
        shown = words(browser, address)
        assert "It is read within a minute." in shown
        assert "Nothing reads now" not in shown
        piece = browser.get(address, **{"hx-request": "true"}).text
        assert "within a minute" in piece
        assert "<html" not in piece
    run_id = ran(app, MONDAY, Verdict.ACCEPTED)
    with app.db.write() as session:
        note_ended(session, [1], MONDAY, run_id)
    assert "Read at 15 June 2026 at 7.00, as Maija asked: what came of it" in words(browser, address)
    assert browser.post("/admin/sources/nowhere/read").status_code == 404


CADENCES = {
    ("3", "6"): "15 6,14,22 * * *",
    ("2", "20"): "15 8,20 * * *",
    ("1", "0"): "15 0 * * *",
    ("weekdays", "7"): "15 7 * * mon-fri",
    ("weekly", "9"): "15 9 * * mon",
    ("1", "99"): "15 3 * * *",
    ("1", "odd"): "15 6 * * *",
}


@pytest.mark.parametrize(("choice", "line"), CADENCES.items(), ids=CADENCES.values())
def test_a_cadence_is_chosen_by_words_and_lifted(app: App, choice: tuple[str, str], line: str) -> None:
    browser = desk(app)
    address = "/admin/sources/portal/cadence"
    assert browser.post(address, often=choice[0], hour=choice[1]).status_code == 422  # without a reason
    assert browser.post(address, often=choice[0], hour=choice[1], reason="new calls come then").status_code == 303
    with app.db.read() as session:
        assert source_in_full(session, app, "portal").line == line
    page = BeautifulSoup(browser.get("/admin/sources/portal").text, "lxml")
    assert [one["value"] for one in page.select("#often [selected]")] == [choice[0]]
    assert "Chosen by Maija: new calls come then" in page.get_text(" ", strip=True)
    browser.post(address, often="", reason="as it was")
    with app.db.read() as session:
        assert source_in_full(session, app, "portal").line == app.settings.schedule.collect


@pytest.mark.both_kinds
def test_watched_calls_are_chosen_and_lifted(app: App) -> None:
    remember(app, "Milk of the north", identifier="EX-1")
    browser = desk(app)
    address = "/admin/sources/portal"
    browser.post(f"{address}/canaries", canaries="EX-1\r\n\r\nEX-2", reason="they stay open")
    shown = words(browser, address)
    assert "Milk of the north EX-1, " in shown
    assert "EX-2 not known yet" in shown
    assert "The calls that are watched were chosen by Maija: they stay open" in shown
    browser.post(f"{address}/canaries", lift="yes", reason="as it was")
    assert "EX-2" not in words(browser, address)


def test_kept_pages_are_read_again_with_what_would_change_shown_first(halved: tuple[App, Run]) -> None:
    reader, _ = halved
    browser = desk(reader, "aino")
    address = "/admin/sources/portal/reparse"
    assert "Nothing would change." in words(browser, address)
    with reader.db.write() as session:
        call = session.exec(select(Call)).first()
        assert call
        title, call.title = call.title, "A misread title"
        session.add(call)
    clock_of(reader).forward(hours=1)
    shown = words(browser, f"{address}?days=7")
    assert f"1 call would change {title}" in shown
    assert browser.post(address, days="7").status_code == 422
    assert browser.post(address, days="7", reason="the program reads it better now").status_code == 303
    assert "Nothing would change." in words(browser, address)
    assert browser.get("/admin/sources/eura/reparse").status_code == 409  # none are kept


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_official_accepts_a_held_reading_by_what_the_screens_say(
    halved: tuple[App, Run], window: Window, scripts: bool
) -> None:
    reader, run = halved
    account(reader, "aino")
    with shown(reader) as served:
        context = window.new_context(java_script_enabled=scripts)
        page = context.new_page()
        page.goto(f"{served.settings.mail.base_url}/admin/sign-in")
        page.fill("#address", "aino@desk.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.get_by_role("link", name="Sources").click()
        page.locator(".waiting").get_by_role("link", name="EU Funding").click()
        page.get_by_role("link", name="See what accepting it would do").click()
        expect(page.get_by_role("heading", name="1 call would change")).to_be_visible()
        page.get_by_role("button", name="Accept it").click()
        expect(page.get_by_role("alert")).to_contain_text("A reason is missing")
        page.get_by_role("link", name="See what accepting it would do").click()
        page.get_by_label("Why").fill("the programme has ended")
        page.get_by_role("button", name="Accept it").click()
        expect(page.get_by_role("status")).to_contain_text("Done")
        context.close()
    with reader.db.read() as session:
        accepted = session.get(Run, run.id)
        assert accepted
        assert accepted.verdict is Verdict.ACCEPTED
