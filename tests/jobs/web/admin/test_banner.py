"""The banner: set at the desk or by a command, on top of every public page from its first day to its last."""

from pathlib import Path

import pytest

from db.admins import Role
from db.audit import list_audit
from jobs.base.app import App
from tests.jobs.cli.terminal import Terminal
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.browsing import Browser
from tests.jobs.world import clock_of

WORDS = {"fi": "Huoltokatko tiistaina <b>.", "sv": "Avbrott på tisdag <b>.", "en": "Out of order on Tuesday <b>."}
SENT = WORDS | {"since": "2026-06-16", "until": "2026-06-17", "reason": "new disks"}
PAGES = ("/en/calls", "/fi/spearheads", "/sv/about")  # the first two are kept answers


def seen(app: App) -> list[bool]:
    return [" &lt;b&gt;." in Browser(app).get(page).text for page in PAGES]


def test_a_banner_is_on_every_page_from_its_first_day_to_its_last(app: App) -> None:
    site = Browser(app)
    desk(app).post("/admin/banner", **SENT)
    days = []
    for _ in range(4):
        days.append([" &lt;b&gt;." in site.get(page).text for page in PAGES])
        clock_of(app).forward(days=1)
    assert days == [[False] * 3, [True] * 3, [True] * 3, [False] * 3]


def test_a_banner_says_in_each_language_what_was_written_for_it(app: App) -> None:
    desk(app).post("/admin/banner", **SENT | {"since": "2026-06-15"})
    for language, page in zip(("en", "fi", "sv"), PAGES, strict=True):
        assert WORDS[language].removesuffix(" <b>.") in Browser(app).get(page).text


def test_a_banner_is_taken_down_before_its_last_day_and_only_once(app: App) -> None:
    browser = desk(app)
    browser.post("/admin/banner", **SENT | {"since": "2026-06-15"})
    assert seen(app) == [True] * 3
    assert browser.post("/admin/banner/1/end", reason="").status_code == 422
    browser.post("/admin/banner/1/end", reason="ready early")
    assert seen(app) == [False] * 3
    again = browser.post("/admin/banner/1/end", reason="again")
    assert (again.status_code, "anner 1 is over" in again.text) == (422, True)
    with app.db.read() as session:
        told = [(entry.action, entry.detail["reason"]) for entry in list_audit(session, 3, subject="banner")]
    assert told == [("banner taken down", "ready early"), ("banner set", "new disks")]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"sv": "  "}, "Svenska: This is missing"),
        ({"en": "x" * 301}, "English: Use at most 300"),
        ({"until": "2026-06-14"}, "Last day: The last day cannot be before 2026-06-16"),
        ({"until": ""}, "Last day: This is missing"),
        ({"since": "Tuesday"}, "First day: &#39;Tuesday&#39; is not a day"),
        ({"reason": ""}, "Why: "),
    ],
)
def test_what_is_wrong_with_a_banner_is_said_beside_its_field(app: App, changed: dict[str, str], said: str) -> None:
    page = desk(app).post("/admin/banner", **SENT | changed)
    assert (page.status_code, said in page.text) == (422, True)
    assert 'value="new disks"' in page.text or "reason" in changed  # what was typed in stays
    assert seen(app) == [False] * 3


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER, Role.AUDITOR])
def test_a_banner_is_set_by_admins_alone(app: App, role: Role) -> None:
    browser = desk(app, role=role)
    assert browser.post("/admin/banner", **SENT).status_code == 403
    assert "A new banner" not in browser.get("/admin/banner").text


def test_a_banner_is_set_and_taken_down_by_commands_too(app: App, tmp_path: Path) -> None:
    terminal = Terminal(app, tmp_path)
    words = [part for language, text in WORDS.items() for part in ("--words", f"{language}={text}")]
    assert "2026-06-17" in terminal.run("banner", "set", *words, "--until", "2026-06-17", "--reason", "new disks")
    assert seen(app) == [True] * 3
    terminal.run("banner", "end", "1", "--reason", "ready early")
    [row] = terminal.rows("banner", "list")
    assert (row["words"], row["ended_at"]) == (WORDS, "2026-06-15T04:00:00+00:00")
    assert seen(app) == [False] * 3
