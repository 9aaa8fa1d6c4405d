"""One call's page: what, who, how much and by when, why it is tagged, and what has become of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from sqlmodel import col, select

from db import strategies
from db.audit import Signed
from db.calls import CallKind, CallStatus, CallVersion, Deadline, Note
from db.duplicates import Duplicate, DuplicateState, Ground
from db.event_log import EventKind
from db.strategies import NewTagging
from jobs.base.app import App
from jobs.collecting.overrides import set_field
from jobs.rulebook.tagging import retag_all
from jobs.web.call_page import marked
from tests.jobs.web.browsing import Browser, links_of
from tests.jobs.world import MONDAY, a_run, add_call, add_event, add_news, add_version, facts
from tracker.glossary import glossary

SIX = datetime(2026, 10, 1, 15, 0, tzinfo=UTC)  # 17.00 in Brussels, 18.00 in Finland
HUGE = "<script>alert(1)</script>\u202e" + "x" * 100_000


@pytest.fixture
def browser(app: App) -> Browser:
    return Browser(app)


def page_of(browser: Browser, call_id: int, language: str = "en") -> BeautifulSoup:
    answer = browser.get(f"/{language}/calls/{call_id}")
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "lxml")


def text_of(page: BeautifulSoup, selector: str) -> str:
    return " ".join(" ".join(tag.get_text(" ", strip=True) for tag in page.select(selector)).split())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deadlines": (Deadline(on=date(2026, 10, 1), at=SIX),)}, "Thu 1 October 2026 at 18.00 Finnish time"),
        (
            {"deadlines": (Deadline(on=date(2026, 10, 1), at=SIX),)},
            "Finnish time (at 17.00 Brussels time) 108 days left",
        ),
        ({}, "Thu 1 October 2026 108 days left"),
        ({"deadlines": (Deadline(on=date(2026, 6, 1)), Deadline(on=date(2026, 9, 1)))}, "Mon 1 June 2026 passed"),
        (
            {
                "deadlines": (Deadline(on=date(2026, 6, 20)), Deadline(on=date(2026, 12, 1))),
                "deadline_model": "two-stage",
            },
            "Stage 1: Sat 20 June 2026 5 days left Stage 2: Tue 1 December 2026",
        ),
        ({"deadlines": (), "deadline_model": "continuous"}, "Continuous : apply at any time"),
        ({"project_max": 300_000, "budget_total": 2_000_000}, "at most €300,000 per project · €2 million in total"),
        ({"audience": ("sme",)}, "Who can apply SMEs"),
        ({"consortium": "Three partners of three countries"}, "Three partners of three countries"),
    ],
)
def test_a_call_says_what_matters_in_its_first_lines(
    app: App, browser: Browser, given: dict[str, Any], said: str
) -> None:
    page = page_of(browser, add_call(app.db, MONDAY, facts("a", **given), "food"))
    assert said in text_of(page, ".facts")


def test_the_words_that_gave_a_tag_are_told_and_marked_in_the_text(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("a", title="A call", text="Of bread.\nScope:\nOf food, and more."))
    retag_all(app)
    page = page_of(browser, call_id)
    assert [mark.get_text() for mark in page.select(".text mark")] == ["food"]
    assert text_of(page, ".why") == "Ruoka under “Scope”: food"
    assert "Of bread. Scope: Of food , and more." in text_of(page, ".text")


@pytest.mark.parametrize(
    ("spans", "words", "pieces"),
    [
        ([], [], [("ab cd ef", False)]),
        ([[3, 5]], ["cd"], [("ab ", False), ("cd", True), (" ef", False)]),
        ([[0, 5], [3, 8]], ["ab cd", "cd ef"], [("ab cd", True), (" ef", True), ("", False)]),
        ([[3, 5]], ["xy"], [("ab cd ef", False)]),  # the text was changed since
        ([[6, 99]], ["efgh"], [("ab cd ef", False)]),
    ],
)
def test_a_text_is_cut_where_its_evidence_stands(
    spans: list[list[int]], words: list[str], pieces: list[tuple[str, bool]]
) -> None:
    assert list(marked("ab cd ef", [{"field": "text", "spans": spans, "words": words}])) == pieces


def test_what_happened_is_told_in_words_newest_first(app: App, browser: Browser) -> None:
    call_id = add_news(app.db, MONDAY, "a", "food")
    for hours, (kind, old, new) in enumerate(
        (
            (EventKind.DEADLINE_EARLIER, {"deadlines": ["2026-11-01"]}, {"deadlines": ["2026-10-01"]}),
            (EventKind.RETITLED, {"title": "Foods"}, {"title": "Food call a"}),
            (EventKind.WITHDRAWN, None, None),
        ),
        1,
    ):
        add_event(app.db, MONDAY + timedelta(hours=hours), call_id, kind, old, new)
    page = page_of(browser, call_id)
    assert [text_of(line, "span") for line in page.select(".history > li")] == [  # type: ignore[arg-type]
        "Withdrawn by its publisher",
        "Renamed; it was “Foods”",
        "Deadline moved EARLIER 1 November 2026 → 1 October 2026, 31 days earlier",
        "First seen",
    ]
    assert len(page.select(".history .urgent")) == 1


def test_a_call_has_the_official_links_of_all_its_sources(app: App, browser: Browser) -> None:
    both = [facts("a", source=source, url=f"https://{source}.example/a") for source in ("portal", "eucf")]
    ids = [add_call(app.db, MONDAY, call) for call in both]
    with app.db.write() as session:
        pair = {"first_id": ids[0], "second_id": ids[1], "ground": Ground.LINK, "state": DuplicateState.JOINED}
        session.add(Duplicate(**pair, found_at=MONDAY))
    for call_id in ids:
        links = {str(link["href"]) for link in page_of(browser, call_id).select(".links a")}
        assert links == {"https://portal.example/a", "https://eucf.example/a"}
    listed = BeautifulSoup(browser.get("/en/calls").text, "lxml").select(".listing tbody tr")
    assert len(listed) == 1  # in the list it is one call


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_nothing_that_a_publisher_wrote_becomes_markup_or_a_link_of_another_kind(
    app: App, browser: Browser, language: str
) -> None:
    odd = {"title": HUGE, "text": HUGE, "url": "javascript:alert(1)", "note": Note(text=HUGE), "language": "de"}
    odd |= {"identifier": HUGE, "type_of_action": HUGE, "programme": "<i>", "consortium": HUGE, "audience": (HUGE,)}
    call_id = add_call(app.db, MONDAY, facts("odd", **odd))
    tagging = {"rule": "r", "field": "title", "points": 4, "spans": [[0, 5]], "words": [HUGE]}
    with app.db.write() as session:
        row = NewTagging(
            call_id=call_id, strategy="now", spearhead="food", score=8, evidence=[tagging], tagged_at=MONDAY
        )
        strategies.replace_taggings(session, [call_id], [row])
    add_call(app.db, MONDAY, facts("past", identifier="LIFE-2024-ODD", title=HUGE), status=CallStatus.CLOSED)
    for hours, text in enumerate(("Of bread.", HUGE, "Of beer." + HUGE)):
        version = facts("odd", **odd | {"text": text, "note": Note(text=text), "title": text, "audience": (text,)})
        add_version(app.db, MONDAY + timedelta(hours=hours), call_id, version)
    answer = browser.get(f"/{language}/calls/{call_id}")
    assert answer.status_code == 200
    assert BeautifulSoup(answer.text, "lxml").select(".rounds q, .diff ins")
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text
    assert "javascript:" not in answer.text
    assert BeautifulSoup(answer.text, "lxml").select("h1[lang=de], .text[lang=de]")


def test_what_was_set_by_hand_is_said_without_who_did_it(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("a"))
    set_field(app, call_id, "title", "Bridges", Signed("maija", "misspelt", MONDAY))
    answer = browser.get(f"/en/calls/{call_id}")
    assert "Set by us" in answer.text
    assert "maija" not in answer.text


@pytest.mark.parametrize("number", ["0", "4711", "abc", "9" * 30, "-1", "2147483648"])
@pytest.mark.parametrize("address", ["/fi/calls/{}", "/calls/{}.fi.ics"])
def test_a_call_that_is_not_there_is_a_page_that_says_so(browser: Browser, number: str, address: str) -> None:
    answer = browser.get(address.format(number))
    assert answer.status_code == 404
    assert "text/html" in answer.headers["content-type"]


def test_the_key_of_another_call_is_no_address_of_it(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("77"))
    assert browser.get("/en/calls/77").status_code == 404
    assert browser.get(f"/en/calls/{call_id}").status_code == 200


def test_every_link_of_a_call_leads_somewhere(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("a", title="Food"))
    retag_all(app)
    links = links_of(app, browser.get(f"/sv/calls/{call_id}"))
    assert any("spearheads/food" in link for link in links)
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_other_rounds_are_told_and_where_there_are_none_that_is_said(app: App, browser: Browser) -> None:
    old = facts(
        "old", identifier="LIFE-2024-CET-OSS", title="Shops", opens_on=date(2024, 4, 18), budget_total=9_000_000
    )
    past = add_call(app.db, MONDAY, old, status=CallStatus.CLOSED)
    new = add_call(app.db, MONDAY, facts("new", identifier="LIFE-2026-CET-OSS", title="One-stop shops"))
    told = text_of(page_of(browser, new), ".rounds li")
    assert told == (
        "2024 Earlier round LIFE-2024-CET-OSS Shops "
        "opening day 18 April 2024 · deadline 1 October 2026 · €9 million in total"
    )
    assert "2026 Newer round" in text_of(page_of(browser, past), ".rounds li")
    once = add_call(app.db, MONDAY, facts("once", identifier="HORIZON-CL6-2026-01-CIRCBIO-01"))
    assert "to compare it with" in page_of(browser, once).get_text()
    add_call(app.db, MONDAY, facts("other", identifier="HORIZON-CL6-2024-01-CIRCBIO-01", title="Algae"))
    said = page_of(browser, once).get_text()
    assert "none among 1 call of this part of the programme since 2024. Most Horizon topics open only once." in said
    tender = add_call(app.db, MONDAY, facts("t", kind=CallKind.TENDER))
    assert "Other rounds" not in page_of(browser, tender).get_text()


def test_versions_are_told_by_their_differences_in_words(app: App, browser: Browser) -> None:
    text = "We pay for bridges. The end is on 4.11. at the latest."
    call = facts("a", text=text, audience=("sme",))
    call_id = add_call(app.db, MONDAY, call)
    add_version(app.db, MONDAY + timedelta(hours=0), call_id, call)
    changed = {"text": text.replace("4.11.", "5.11."), "audience": ("sme", "municipality"), "project_max": 60_000}
    add_version(app.db, MONDAY + timedelta(hours=24), call_id, facts("a", **changed))
    add_version(
        app.db, MONDAY + timedelta(hours=48), call_id, facts("a", **changed | {"text": "Another."}), parser_version=2
    )
    page = page_of(browser, call_id)
    assert [text_of(line, "time, li > span") for line in page.select(".history > li")] == [  # type: ignore[arg-type]
        "Seen 17 June 2026 at 7.00 We read the publisher’s page in a new way.",
        "Seen 16 June 2026 at 7.00 Most per project: – → €60,000 Who can apply: SMEs → SMEs, municipalities",
        "Seen 15 June 2026 at 7.00 First seen",
    ]
    [diff] = page.select(".diff")
    assert [tag.get_text() for tag in diff.select("del, ins")] == ["4.11.", "5.11."]
    assert "The end is on 4.11. 5.11. at the latest." in text_of(page, ".diff")


def test_a_remark_has_the_day_that_its_publisher_gives_it(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("a"))
    add_version(app.db, MONDAY, call_id, facts("a"))
    noted = facts("a", note=Note(at=date(2026, 6, 14), text="The deadline is a week later."))
    add_version(app.db, MONDAY + timedelta(hours=24), call_id, noted)
    page = page_of(browser, call_id)
    assert text_of(page, ".history summary") == "What changed: The publisher’s remark of 14 June 2026"
    assert text_of(page, ".diff ins") == "The deadline is a week later."


@pytest.mark.parametrize(
    ("hours", "said"),
    [(0, "less than a minute ago"), (2, "2 hours ago"), (30, "30 hours ago"), (72, "3 days ago"), (80, "4 days ago")],
)
def test_when_its_source_was_last_read_is_said_with_how_long_ago(
    app: App, browser: Browser, hours: int, said: str
) -> None:
    call_id = add_call(app.db, MONDAY, facts("a"))
    with app.db.write() as session:
        a_run(session, MONDAY - timedelta(hours=hours))
    assert said in page_of(browser, call_id).get_text()


def test_terms_are_explained_where_they_stand_first_and_never_in_a_publishers_text(app: App, browser: Browser) -> None:
    given = {"type_of_action": "HORIZON-RIA", "consortium": "A consortium with a lump sum", "text": "RIA, lump sum"}
    page = page_of(browser, add_call(app.db, MONDAY, facts("a", identifier="HORIZON-CL4-2026-IA-01", **given)))
    assert [(tag.get_text(), tag["href"]) for tag in page.select("main .term")] == [("RIA", "/en/glossary#ria")]
    assert "Research and innovation action (RIA)" in text_of(page, ".words summary")
    assert "makes new knowledge" in text_of(page, ".words dd")


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_glossary_explains_every_term_under_an_address_of_its_own(browser: Browser, language: str) -> None:
    page = BeautifulSoup(browser.get(f"/{language}/glossary").text, "lxml")
    assert {str(tag["id"]) for tag in page.select("dl dt")} == set(glossary())
    assert len(page.select("dl dd")) == len(glossary())


def test_of_many_cutoffs_the_next_ones_stand_first_and_the_others_can_be_opened(app: App, browser: Browser) -> None:
    days = tuple(Deadline(on=date(2026, month, 20)) for month in range(1, 13))
    call = facts("a", deadlines=days, deadline_model="multiple cut-off")
    page = page_of(browser, add_call(app.db, MONDAY, call))
    shown = [tag.get_text() for tag in page.select("dd > .cutoffs b")]
    assert shown == ["Sat 20 June 2026", "Mon 20 July 2026", "Thu 20 August 2026", "Sun 20 September 2026"]
    assert len(page.select("dd details .cutoffs li")) == 8
    assert "Several cut-off dates" in text_of(page, ".facts dd")


def test_a_version_that_cannot_be_read_hides_only_what_it_says(app: App, browser: Browser) -> None:
    call_id = add_call(app.db, MONDAY, facts("a"))
    for hours in (0, 24, 48):
        add_version(app.db, MONDAY + timedelta(hours=hours), call_id, facts("a", title=f"After {hours} hours"))
    with app.db.write() as session:
        [first, second, _] = session.exec(select(CallVersion).order_by(col(CallVersion.id))).all()
        first.facts = {"title": ["of another", "shape"], "deadlines": 7, "text": 8}
        session.flush()
        session.connection().execute(sa.text("UPDATE call_versions SET facts = '7' WHERE id = :id"), {"id": second.id})
    page = page_of(browser, call_id)
    assert "First seen" in text_of(page, ".history")


def test_a_closed_call_leads_to_its_newer_round_at_once(app: App, browser: Browser) -> None:
    past = add_call(app.db, MONDAY, facts("old", identifier="LIFE-2024-CET-OSS"), status=CallStatus.CLOSED)
    with app.db.write() as session:
        session.connection().execute(sa.text("UPDATE calls SET claimed_status = 'closed'"))
    new = add_call(app.db, MONDAY, facts("new", identifier="LIFE-2026-CET-OSS"))
    said = page_of(browser, past).select_one(".said a")
    assert said
    assert (said["href"], said.get_text()) == (f"/en/calls/{new}", "Newer round 2026")
    assert not page_of(browser, new).select(".said")
