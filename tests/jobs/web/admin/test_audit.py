"""The log on the screen: found, read with how it was and is, taken away as a file, and undone."""

import csv
import io
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup

from db.acts import Act
from db.admins import Role
from db.audit import Signed, append_audit, list_audit
from jobs.base.app import App
from jobs.collecting.overrides import set_field
from jobs.rulebook.example_edits import AskedExample, keep_example, listed_examples
from tests.jobs.rulebook.archive import FARMING, ME, pin, remember, rule_now, save, spearheads
from tests.jobs.web.admin.desks import desk
from tests.jobs.web.admin.test_rules import shown
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY


@pytest.fixture
def browser(app: App) -> Browser:
    return desk(app)


def newest(app: App) -> int:
    with app.db.read() as session:
        return list_audit(session, 1)[0].id or 0


def test_an_act_is_shown_with_how_it_was_and_how_it_is(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    save(app, FARMING.model_copy(update={"text": '"vertical farming" OR herbs'}))
    page = browser.get(f"/admin/audit/{newest(app)}").text
    assert (shown(page, "h1"), shown(page, ".diff ins")) == ("Rules saved", "OR herbs")
    assert shown(page, ".facts a") == "Rule farming"
    assert browser.get("/admin/audit/999").status_code == 404


def test_the_log_is_searched_by_who_act_subject_and_days(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    pin(app, 1, False)
    for query, rows in (
        ("who=maija&act=rules+saved", 1),
        ("who=maija&subject=call", 1),
        ("who=maija&first=2026-06-15&last=2026-06-15", 3),
        ("who=maija&last=2026-06-14", 0),
        ("first=nonsense&before=x&act=nonsense", 0),
    ):
        answer = browser.get(f"/admin/audit?{query}")
        if "before=x" in query:
            assert answer.status_code == 422
        else:
            assert answer.text.count('<td class="day">') == rows, query


def test_a_long_log_is_paged(app: App, browser: Browser) -> None:
    with app.db.write() as session:
        for number in range(205):
            append_audit(session, Signed("eeva", f"no {number}.", MONDAY), Act.CORRECTION, f"call {number}")
    first = browser.get("/admin/audit?who=eeva").text
    assert ("no 204." in first, "no 105." in first, "no 104." in first) == (True, True, False)
    older = BeautifulSoup(first, "lxml").find("a", string="Older ones")
    second = browser.get(str(older["href"])).text  # type: ignore[index]
    assert ("no 104." in second, "no 5." in second, "no 105." in second) == (True, True, False)


def test_the_log_is_a_file_for_a_spreadsheet_in_which_nothing_is_a_formula(app: App, browser: Browser) -> None:
    with app.db.write() as session:
        append_audit(session, Signed("eeva", "=1+1", MONDAY), Act.ADMIN_ROLE, "admin 1", after={"role": "editor"})
    answer = browser.get("/admin/audit.csv?who=eeva")
    assert answer.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert (row["reason"], row["action"], row["after"]) == ("'=1+1", "admin's role changed", '{"role": "editor"}')


def rule_saved(app: App) -> Callable[[], bool]:
    save(app, FARMING)
    save(app, FARMING.model_copy(update={"text": "herbs"}))
    return lambda: rule_now(app, "farming") == FARMING


def rule_added(app: App) -> Callable[[], bool]:
    save(app, FARMING)
    return lambda: spearheads(app, 1) == set()


def pinned_away(app: App) -> Callable[[], bool]:
    save(app, FARMING)
    pin(app, 1, False)
    return lambda: spearheads(app, 1) == {"food"}


def pinned_otherwise(app: App) -> Callable[[], bool]:
    pin(app, 1, True)
    pin(app, 1, False)
    return lambda: spearheads(app, 1) == {"food"}


def field_set(app: App) -> Callable[[], bool]:
    save(app, FARMING)
    set_field(app, 1, "title", "Something else", ME)
    return lambda: spearheads(app, 1) == {"food"}


def example_kept(app: App) -> Callable[[], bool]:
    keep_example(app, AskedExample("food", must=True, title="Farms"), ME)

    def is_gone() -> bool:
        with app.db.read() as session:
            return listed_examples(session, app.compiled) == []

    return is_gone


DONE = [rule_saved, rule_added, pinned_away, pinned_otherwise, field_set, example_kept]


@pytest.mark.parametrize("do", DONE)
def test_an_act_is_undone_once_and_not_by_who_may_only_look(
    app: App, browser: Browser, do: Callable[[App], Callable[[], bool]]
) -> None:
    remember(app, "Vertical farming")
    is_undone = do(app)
    assert not is_undone()
    address = f"/admin/audit/{newest(app)}"
    assert "Undo it" in browser.get(address).text
    assert browser.post(f"{address}/undo", reason=" ").status_code == 422
    assert desk(app, "aune", Role.AUDITOR).post(f"{address}/undo", reason="x").status_code == 403
    assert browser.post(f"{address}/undo", reason="it was wrong").status_code == 303
    assert is_undone()
    assert "Undo it" not in browser.get(address).text
    again = browser.post(f"{address}/undo", reason="it was wrong")
    assert (again.status_code, "cannot be undone" in again.text) == (422, True)


def test_no_word_of_the_program_is_on_a_finnish_log(app: App, browser: Browser) -> None:
    remember(app, "Vertical farming")
    save(app, FARMING)
    pin(app, 1, False)
    page = browser.get("/admin/audit?lang=fi").text
    assert "rules saved" not in shown(page, "table")
    assert "pinned" not in shown(page, "table")
