"""Take the pictures of the docs anew: the demo's pages, its mail and its desk, as a browser shows them.

    python tests/pictures.py [FOLDER]      # docs/ where none is named; needs Debian's chromium

The archive is the demo's, so that no real call or reader is in a picture.
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright

from db.admins import Role
from db.audit import Signed
from db.subscribers import Language
from jobs.admins import accounts, sign_in
from jobs.base.app import App
from jobs.publishing.monthly_letters import add_chosen, begin_letter
from jobs.running.demo import DemoReport, run_demo
from tests.jobs.web.windows import CHROMIUM, FLAGS, shown

PASSWORD = "kolme pientä hakua"
WIDE, NARROW = {"width": 1000, "height": 800}, {"width": 760, "height": 1240}
A_LIST, ONE_CALL = "/fi/calls", "/fi/calls?query=food+waste"
DESK = {"desk-overview": "/admin", "desk-source": "/admin/sources/portal", "desk-letter": "/admin/letters/1"}
RULE = "soil OR maaperä OR mark"


def take(app: App, mails: DemoReport, folder: Path) -> None:
    """Take all pictures of an app's pages into a folder."""
    signed = Signed("Maija Virtanen", "kuva ohjeisiin", app.clock())
    made = accounts.add_admin(app, "maija@demo.example.org", "Maija Virtanen", Role.ADMIN, Language.FI, signed)
    sign_in.choose_password(app, made.token, PASSWORD)
    letter = begin_letter(app, "Kesäkuun haut", signed).id or 0
    add_chosen(app, letter, [1, 2, 3], signed)
    with shown(app) as served, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport=WIDE, locale="fi-FI", base_url=served.settings.mail.base_url)  # type: ignore[arg-type]
        picture(page, A_LIST, folder / "list.png")
        page.goto(ONE_CALL)
        page.click(".listing tbody th a")
        page.screenshot(path=folder / "call.png")
        at_the_desk(page, folder)
        page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        picture(page, mails.mails[0].file.as_uri(), folder / "digest.png")
        browser.close()


def at_the_desk(page: Page, folder: Path) -> None:
    page.goto("/admin")
    page.fill("#address", "maija@demo.example.org")
    page.fill("#password", PASSWORD)
    page.click("main button")
    for name, address in DESK.items():
        picture(page, address, folder / f"{name}.png")
    page.goto("/admin/spearheads/food/new-rule")
    page.fill("#text", RULE)
    page.wait_for_selector("#effect dl")
    page.locator("#text").scroll_into_view_if_needed()
    page.screenshot(path=folder / "desk.png", full_page=True, clip={"x": 0, "y": 0, "width": 1000, "height": 1700})


def picture(page: Page, address: str, file: Path) -> None:
    page.goto(address)
    page.screenshot(path=file)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    with tempfile.TemporaryDirectory() as out, contextlib.redirect_stderr(io.StringIO()):
        run_demo(Path(out), print, lambda app, report: take(app, report, folder))


if __name__ == "__main__":
    main()
