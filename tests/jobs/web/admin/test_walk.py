"""A new admin's walk in a real browser: from the link of the invitation to a rule that readers are told of."""

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import expect

from db.admins import Role
from db.audit import list_audit
from db.subscribers import Language
from jobs.admins import accounts
from jobs.base.app import App
from tests.jobs.rulebook.archive import ME, late, remember, spearheads
from tests.jobs.web.admin.desks import PASSWORD
from tests.jobs.web.windows import shown

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_new_admin_adds_a_rule_and_sees_what_it_does_before_it_is_saved(
    app: App, window: Window, scripts: bool
) -> None:
    [farm] = remember(app, "Vertical farming of herbs")
    made = accounts.add_admin(app, "maija@desk.example", "Maija", Role.EDITOR, Language.EN, ME)
    with shown(app) as served:
        browser = window.new_context(java_script_enabled=scripts)
        page = browser.new_page()
        page.goto(f"{served.settings.mail.base_url}/admin/welcome/{made.token}")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Keep it and sign in").click()
        page.get_by_role("link", name="Ruoka").click()  # its name in no other language is known
        page.get_by_role("link", name="Add a rule").click()
        page.get_by_label("Weak:").check()
        page.get_by_label("The line").press_sequentially('"vertical farming"')
        if not scripts:
            page.get_by_role("button", name="See what it does").click()
        effect = page.locator("#effect")
        expect(effect).to_contain_text("+0 −0 of 1 calls")
        page.get_by_label("Medium:").check()
        if not scripts:
            page.get_by_role("button", name="See what it does").click()
        expect(effect).to_contain_text("+1 −0 of 1 calls")
        expect(effect.locator("mark")).to_have_text("Vertical farming")
        assert spearheads(app, farm) == set()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("A reason is missing")
        page.get_by_label("Why", exact=True).first.fill("a trade of the region")
        page.get_by_label("Tell readers").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved")
        page.get_by_role("link", name="Log").click()
        expect(page.locator("tbody tr").first).to_contain_text("a trade of the region")
        browser.close()
    assert (spearheads(app, farm), late(app)) == ({"food"}, [farm])
    with app.db.read() as session:
        assert list_audit(session, 1)[0].who == "Maija"
