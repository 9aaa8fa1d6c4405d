"""axe-core finds nothing on any kind of page, light and dark, on a phone and on a wide screen (WCAG 2.2 A and AA).

And none has to be scrolled sideways.
"""

import gzip
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Window
from playwright.sync_api import Page

from db.audit import Signed
from db.calls import CallStatus, Deadline
from db.duplicates import Duplicate, DuplicateState, Ground
from db.editions import EditionHold
from db.reports import ReportKind
from db.source_drafts import SourceDraft
from db.subscribers import Cadence
from jobs.approvals.deciding import switch_two_persons
from jobs.approvals.proposing import Person, save_edit_or_propose
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.corrections import Wrong, correct
from jobs.editions.planning import make_edition
from jobs.publishing.monthly_letters import add_chosen, begin_letter
from jobs.readers.optin import sign_up
from jobs.readers.preferences import not_for_us
from jobs.readers.reports import hand_in
from tests.jobs.rulebook.archive import FARMING, ME, example, keep, rule_edit
from tests.jobs.subscribing import joined, reader, sign_up_form, token
from tests.jobs.web.admin.desks import PASSWORD, account
from tests.jobs.web.admin.test_new_source import LIST
from tests.jobs.web.windows import shown, too_wide
from tests.jobs.world import Clock, add_call, add_news, add_version, enrol, facts
from tracker.emails import tokens

pytestmark = pytest.mark.slow
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]
# WCAG 1.4.10, a window at 200 %, text alone at 200 %, and where tables are at their narrowest.
SIZES = [(320, "100%"), (640, "100%"), (1280, "200%"), (1100, "100%")]
MOST_PAGES = 90


def of_readers(app: App) -> list[str]:
    """Addresses that no page links to: those of letters and mails."""
    anna = joined(app, "anna")
    sign_up(app, sign_up_form("ben"))
    now = app.clock()
    return [
        f"/confirm/{token(app, 'ben')}",
        f"/u/{tokens.sign(app.secret, tokens.UNSUBSCRIBE, anna)}",
        f"/undo/{tokens.sign_at(app.secret, tokens.UNDO, anna, now)}",
        f"/manage/{tokens.sign_at(app.secret, tokens.MANAGE, anna, now)}",
        f"/preferences/{tokens.sign(app.secret, tokens.PREFERENCES, reader(app).id or 0)}",
        f"/not-for-us/{tokens.sign(app.secret, tokens.FEEDBACK, anna)}/1",
        "/fi/sign-up",
        "/nowhere",
    ]


def kind_of(address: str) -> str:
    """Two pages of one kind differ in a number or a token alone."""
    return re.sub(r"/(?:\d+|[A-Za-z0-9_=-]{30,})(?=/|$)", "/…", urlsplit(address).path)


def page_kinds(page: Page, base: str, first: list[str]) -> dict[str, str]:
    """Walk the site from these addresses: one address of each kind of page."""
    found: dict[str, str] = {}
    waiting = [base + address for address in first]
    while waiting and len(found) < MOST_PAGES:
        address = waiting.pop(0)
        if (
            kind_of(address) in found
            or not address.startswith(base)
            or re.search(r"\.\w{2,6}$", urlsplit(address).path)
        ):
            continue
        answer = page.goto(address)
        if answer and "text/html" in (answer.headers.get("content-type") or ""):
            found[kind_of(address)] = address
            waiting += page.eval_on_selector_all("a[href]", "links => links.map(link => link.href.split('#')[0])")
    return found


def is_looked_at_closely(address: str) -> bool:
    """Whether a page gets every look: Swedish and English ones differ from the Finnish ones in their words alone."""
    return not urlsplit(address).path.startswith(("/sv/", "/en/"))


def tell_and_correct(app: App, call_id: int) -> None:
    """Send an edition that tells of a call, and a correction of it."""
    enrol(app.db, app.clock(), "cecilia")
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    today = app.clock().date()
    correct(app, Wrong(call_id, "deadlines", "1.10.2026", "15.9.2026", today, today), Signed("olli", "", app.clock()))
    deliver(app)


def remember_calls(app: App, clock: Clock) -> int:
    """Two calls; the first, whose id it returns, has other rounds, and a text and a fact that were changed."""
    day = clock.now.date()
    rich: dict[str, Any] = {
        "title": "Foods of the north",
        "identifier": "LIFE-2026-SAP-FOOD",
        "type_of_action": "HORIZON-RIA",
        "deadlines": tuple(Deadline(on=day + timedelta(days=days)) for days in (9, 99, 199, 299, 399)),
        "text": "Food. " * 300,
    }
    first = add_news(app.db, clock.now, "a", "food", **rich)
    far = (Deadline(on=day + timedelta(days=464)),)  # the longest day in words: Wed 22 September 2027
    add_news(app.db, clock.now, "b", "circular", title="Waste", language="fi", text="Jätteet kiertoon.", deadlines=far)
    for year in (2024, 2025):
        opens_on = (day + timedelta(days=60)).replace(year=year)
        past = facts(f"{year}", identifier=f"LIFE-{year}-SAP-DRINK", title=f"Drinks of {year}", opens_on=opens_on)
        add_call(app.db, clock.now, past, "food", status=CallStatus.CLOSED)
        add_call(app.db, clock.now, facts(f"f{year}", identifier=f"LIFE-{year}-SAP-FOOD"), status=CallStatus.CLOSED)
    for hours, text in enumerate((rich["text"], f"Bread. {rich['text']}")):
        version = facts("a", **rich | {"text": text, "project_max": 60_000 + hours})
        add_version(app.db, clock.now + timedelta(hours=hours), first, version)
    return first


def faults_of(page: Page, kinds: Mapping[str, str]) -> dict[str, list[str]]:
    """What axe-core and a narrow window find on these pages, by how they were looked at."""
    found: dict[str, list[str]] = {}
    for kind, address in kinds.items():
        is_close = is_looked_at_closely(address)
        for width, scheme in LOOKS if is_close else LOOKS[:1]:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
            violations = Axe().run(page, options=RULES).response["violations"]
            named = [f"{v['id']}: {node['html'][:120]}" for v in violations for node in v["nodes"]]
            found |= {f"{kind} {width} {scheme}": [*named, *too_wide(page)]}
        for width, size in SIZES if is_close else SIZES[-1:]:
            page.set_viewport_size({"width": width, "height": 800})
            page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
            found |= {f"{kind} {width} {size}": too_wide(page)}
    return {look: faults for look, faults in found.items() if faults}


def test_axe_finds_nothing_on_any_kind_of_page(app: App, clock: Clock, window: Window) -> None:
    told = remember_calls(app, clock)
    theirs = of_readers(app)
    tell_and_correct(app, told)
    with shown(app) as served:
        base = served.settings.mail.base_url
        page = window.new_context(bypass_csp=True).new_page()
        kinds = page_kinds(page, base, ["/fi/calls", "/sv/calls", "/en/calls", *theirs])
        found = faults_of(page, kinds)
    pages = {"calls", "calls/…", "calls/…/report", "editions", "editions/…", "corrections", "coverage", "privacy"}
    assert {f"/{language}/{one}" for language in ("fi", "sv", "en") for one in pages} <= set(kinds)
    assert {"/fi/glossary", "/fi/api", "/fi/spearheads/food", "/confirm/…", "/u/…"} <= set(kinds)
    assert len(kinds) < MOST_PAGES
    assert found == {}


def propose_a_rule(app: App) -> None:
    """A new rule that waits for somebody else."""
    account(app, "aino")
    keep(app, example("Farms of the north", must=True))
    switch_two_persons(app, True, Person(ME))
    save_edit_or_propose(app, rule_edit(app, FARMING), Person(ME))


def begin_source_and_pair(app: App) -> None:
    """A draft of a source, and a call of another source that may be the first one."""
    other = add_call(app.db, app.clock(), facts("b", source="eura", title="Foods of the North"))
    app.files.write("drafts/x.gz", gzip.compress(LIST.encode()))
    entry = {"kind": "listing", "url": "https://publisher.example/", "home": "https://publisher.example/"}
    entry |= {"name": "X", "publisher": "X", "language": "en", "zone": "Europe/Helsinki", "card": "div.call"}
    draft = {"key": "x", "page": "drafts/x.gz", "page_url": entry["url"], "author": "Maija"}
    pair = {"first_id": 1, "second_id": other, "ground": Ground.TITLE_DEADLINE, "state": DuplicateState.PROPOSED}
    with app.db.write() as session:
        session.add(SourceDraft(entry=entry, fetched_at=app.clock(), **draft))
        session.add(Duplicate(found_at=app.clock(), **pair))


def test_axe_finds_nothing_at_the_desk(app: App, clock: Clock, window: Window) -> None:
    add_news(app.db, clock.now, "a", "food", title="Foods of the north", text="Food. " * 300)
    anna = joined(app, "anna")
    make_edition(app, Cadence.WEEKLY)
    account(app, "maija")
    propose_a_rule(app)
    hand_in(app, ReportKind.ERROR, "The deadline is wrong.", "ben@reader.example", "fi", 1)
    begin_source_and_pair(app)
    with app.db.write() as session:
        session.add(EditionHold(edition_id=1, subject="source:eura", events=[1], usual=0.5))
    not_for_us(app, anna, 1, ME)
    letter = begin_letter(app, "Kesän haut", ME).id or 0
    add_chosen(app, letter, [1], ME)
    first = ["", "/spearheads/food", "/spearheads/food/new-rule", "/calls?q=foods", "/calls/1", f"/readers/{anna}"]
    others = [
        "/calls?ticked=yes",
        "/duplicates",
        "/sources",
        "/new-source",
        "/new-source/1",
        "/duplicates/1",
        "/sources/portal",
        "/sources/portal/reparse",
        "/runs/1",
        "/near-misses",
        "/proposals",
        "/proposals/1",
        "/spearheads/food/examples",
        "/examples/1",
        "/audit",
        "/strategies",
        "/region",
        "/spearheads/food/judge",
        "/spearheads/food/disagreements",
        "/audit/1",
        "/new-mask",
        "/spearheads/food/scoring",
        "/reports",
        "/rules/food",
        "/tester?call=1",
        "/editions/expected?kind=weekly",
        "/editions/preview?spearhead=food",
        "/editions/1",
        "/held-parts",
        "/deliveries/1",
        f"/readers/{anna}/preview",
        f"/why?reader={anna}&call=1",
        "/calls/1/correction",
        "/readers",
        "/readers/counts",
        "/readers/invite",
        "/feedback",
        "/letters",
        f"/letters/{letter}",
        f"/letters/{letter}/choose?spearhead=food",
        f"/letters/{letter}/send?to=all",
        f"/letters/{letter}/page.fi",
        "/account",
        "/sign-in",
    ]
    screens = [f"/admin{screen}" for screen in (*first, *others)]
    with shown(app) as served:
        base = served.settings.mail.base_url
        page = window.new_context(bypass_csp=True).new_page()
        page.goto(f"{base}/admin/sign-in")
        page.fill("#address", "maija@desk.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        found = faults_of(page, {address: base + address for address in screens})
    assert found == {}
