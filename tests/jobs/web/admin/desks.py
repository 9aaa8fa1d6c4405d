"""An admin at the desk, in tests: an account with a password, and a browser that is signed in."""

from db.admins import Role
from db.subscribers import Language
from jobs.admins import accounts, sign_in
from jobs.base.app import App
from tests.jobs.rulebook.archive import ME
from tests.jobs.web.browsing import Browser

PASSWORD = "kolme pientä hakua"


def account(app: App, name: str, role: Role = Role.ADMIN) -> int:
    """Make an account with the password above; returns its number."""
    made = accounts.add_admin(app, f"{name}@desk.example", name.title(), role, Language.EN, ME)
    sign_in.choose_password(app, made.token, PASSWORD)
    return made.admin.id or 0


def desk(app: App, name: str = "maija", role: Role = Role.ADMIN) -> Browser:
    """A browser in which a new admin is signed in."""
    account(app, name, role)
    browser = Browser(app)
    answer = browser.post("/admin/sign-in", None, address=f"{name}@desk.example", password=PASSWORD)
    assert answer.status_code == 303
    return browser
