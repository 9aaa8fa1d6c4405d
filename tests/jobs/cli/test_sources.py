"""What the desk does with sources and calls, as it is typed: the same use cases."""

import tomllib
from pathlib import Path

import pytest
from sqlmodel import select

from db.asked_jobs import AskedJob
from db.runs import Run, Verdict
from jobs.base.app import App
from tests.jobs.cli.terminal import Terminal
from tests.jobs.rulebook.archive import remember, spearheads
from tests.jobs.web.admin.test_new_source import PAGES
from tests.jobs.world import ToldPortal
from tests.tracker.sources.own_site import site

WHY = ("--reason", "asked")


@pytest.fixture
def reading(terminal: Terminal, portal: ToldPortal) -> Terminal:
    """A terminal whose configuration reads the portal of the tests."""
    lines = f'[sources.portal]\napi_url = "{portal.url}"\nleast = 5\ndetails_per_run = 0\n[fetch]\ngap_seconds = 0\n'
    terminal.config.write_text(terminal.config.read_text() + lines)
    return terminal


def test_what_accepting_a_reading_would_do_is_shown_by_a_command(
    app: App, reading: Terminal, portal: ToldPortal
) -> None:
    reading.run("collect", "portal")
    portal.retell("51176802TOPICSen", title=["Another title"])
    portal.tell(sorted(portal.held, key=lambda row: row["reference"] != "51176802TOPICSen")[:30])
    with pytest.raises(AssertionError, match="not believed: portal"):
        reading.run("collect", "portal")
    [row] = reading.rows("runs", "foresee", "2")
    assert (row["change"], row["title"], row["fields"]) == ("changed", "Another title", ["title"])
    with app.db.read() as session:
        run = session.get(Run, 2)
        assert run
        assert run.verdict is Verdict.QUARANTINED


def test_kept_pages_are_looked_at_again_before_they_are_stored(reading: Terminal) -> None:
    reading.run("collect", "portal")
    assert reading.rows("reparse", "portal", "--preview") == []
    assert reading.rows("reparse", "portal", "--apply", *WHY)[0]["versions"] == 0


def test_a_source_is_asked_for_read_at_other_times_and_watched(app: App, terminal: Terminal) -> None:
    assert "start tracker serve" in terminal.run("sources", "read", "portal")
    with app.db.read() as session:
        assert [one.subject for one in session.exec(select(AskedJob))] == ["portal"]
    [row] = terminal.rows("sources", "cadence", "portal", "30 5 * * *", *WHY)
    assert (row["line"], row["next_run_at"]) == ("30 5 * * *", "2026-06-16T05:30:00+03:00")
    assert terminal.rows("sources", "cadence", "portal", *WHY)[0]["line"] == app.settings.schedule.collect
    [watched] = terminal.rows("sources", "canaries", "portal", "EX-1", *WHY)
    assert (watched["name"], watched["call"]) == ("EX-1", None)
    assert terminal.rows("sources", "canaries", "portal", "--lift", *WHY) == []


def test_several_calls_are_pinned_and_lists_get_names(app: App, terminal: Terminal) -> None:
    milk, bread = remember(app, "Milk", "Bread")
    chosen = ("pins", "several", str(milk), str(bread))
    assert terminal.rows(*chosen, "--spearhead", "food", "--include", *WHY) == [{"calls": 2, "pins": 2}]
    assert spearheads(app, milk) == {"food"}
    assert terminal.rows(*chosen, "--exclude", *WHY) == [{"calls": 2, "pins": 2}]
    assert spearheads(app, bread) == set()
    [view] = terminal.rows("views", "save", "Food", "spearheads=food&odd=1")
    assert view["query"] == "spearheads=food&status=forthcoming&status=open"
    assert [one["name"] for one in terminal.rows("views", "list")] == ["Food"]
    terminal.run("views", "remove", "1")
    assert terminal.rows("views", "list") == []


def test_a_draft_of_a_source_is_made_changed_and_thrown_away(terminal: Terminal, tmp_path: Path) -> None:
    terminal.config.write_text(terminal.config.read_text() + '[fetch]\nallowed_hosts = ["127.0.0.1"]\n')
    named = ("--name", "The foundation", "--publisher", "The foundation", "--language", "en")
    with site(lambda request: PAGES.get(request.path, 404)) as publisher:
        text = terminal.run("sources", "draft", f"{publisher.url}/list", *named)
    assert "draft 1 gives 2 calls" in text
    assert tomllib.loads(text.partition("draft 1 gives")[0])["sources"]["the_foundation"]["closes"] == "p.until"
    assert "draft 1 gives 3 calls" in terminal.run("sources", "choose", "1", "closes=", "opens=p.from")
    assert [row["key"] for row in terminal.rows("sources", "drafts")] == ["the_foundation"]
    terminal.run("sources", "remove-draft", "1")
    assert terminal.rows("sources", "drafts") == []
