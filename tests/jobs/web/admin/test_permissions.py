"""Who may do what at the desk: every role at every address, exactly as one table says; and what attacks meet."""

import pytest
from fastapi.routing import APIRoute

from db.admins import Role
from jobs.base.app import App
from jobs.web import addresses
from jobs.web.admin import SCREENS
from jobs.web.admin.permissions import MAY, may
from tests.jobs.rulebook.archive import FARMING, remember, save
from tests.jobs.web.admin.desks import PASSWORD, account, desk
from tests.jobs.web.browsing import Browser

NUMBERED = (
    "admin_id",
    "run_id",
    "edition_id",
    "hold_id",
    "delivery_id",
    "call_id",
    "subscriber_id",
    "report_id",
    "letter_id",
    "number",
    "proposal_id",
    "strategy_id",
    "entry_id",
    "example_id",
    "draft_id",
    "view_id",
    "duplicate_id",
)
FILLED = {"key": "farming", "form": "page", "language": "fi", "job": "collect"} | dict.fromkeys(NUMBERED, "1")


def test_the_table_names_every_address_of_the_desk_and_no_other() -> None:
    routes = [route for screens in SCREENS for route in screens.router.routes if isinstance(route, APIRoute)]
    assert {(method, route.path) for route in routes for method in route.methods} == set(MAY)


def filled(path: str) -> str:
    keys = {"spearheads": "food", "sources": "portal"}
    return path.format(**(FILLED | {"key": keys.get(f"{path}/".split("/")[2], FILLED["key"])}))


@pytest.mark.parametrize("role", Role)
def test_every_role_at_every_address(app: App, role: Role) -> None:
    remember(app, "Farm")
    save(app, FARMING)
    account(app, "aino")
    browser = desk(app, "maija", role)
    last = (addresses.ADMIN_EVERYWHERE, addresses.ADMIN_PASSWORD)  # these end the session
    for method, path in sorted(MAY, key=lambda one: one[1] in last):
        if path in last and role in MAY[method, path]:
            continue
        answer = browser.get(filled(path)) if method == "GET" else browser.post(filled(path))
        assert (answer.status_code != 403) == may(role, method, path), (method, path, answer.status_code)
        assert answer.status_code < 500


@pytest.mark.parametrize(("method", "path"), sorted(MAY))
def test_nobody_gets_in_without_signing_in(app: App, method: str, path: str) -> None:
    browser = Browser(app)
    answer = browser.get(filled(path)) if method == "GET" else browser.post(filled(path))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(addresses.ADMIN_SIGN_IN)


FOREIGN = {
    "another site": {"sec-fetch-site": "cross-site"},
    "a sister site": {"sec-fetch-site": "same-site"},
    "another origin": {"origin": "https://evil.example"},
    "an origin of null": {"origin": "null"},
    "our name within another": {"origin": "https://localhost.evil.example"},
    "no header at all": {},
    "another method's name": {"sec-fetch-site": "cross-site", "x-http-method-override": "GET"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_no_other_site_posts_with_our_cookie(app: App, headers: dict[str, str]) -> None:
    browser = desk(app)
    remember(app, "Farm")
    save(app, FARMING)
    answer = browser.post("/admin/rules/farming", headers, text="anything", weight="strong", reason="evil")
    assert answer.status_code == 403
    assert "anything" not in browser.get("/admin/rules/farming").text


def test_a_session_that_somebody_planted_is_not_taken_over(app: App) -> None:
    account(app, "maija")
    browser = Browser(app)
    planted = {"sec-fetch-site": "same-origin", "cookie": "karkivahti_desk=planted"}
    answer = browser.post("/admin/sign-in", planted, address="maija@desk.example", password=PASSWORD)
    [cookie] = answer.headers.get_list("set-cookie")
    assert "planted" not in cookie
    assert all(part in cookie for part in ("HttpOnly", "Path=/admin", "SameSite=lax"))


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil.example", "/admin//evil.example", "/fi"]
)
def test_signing_in_leads_to_the_desk_alone(app: App, to: str) -> None:
    account(app, "maija")
    answer = Browser(app).post("/admin/sign-in", None, address="maija@desk.example", password=PASSWORD, to=to)
    assert answer.headers["location"] == addresses.ADMIN
    after = Browser(app).post(
        "/admin/sign-in", None, address="maija@desk.example", password=PASSWORD, to="/admin/tester"
    )
    assert after.headers["location"] == addresses.ADMIN_TESTER


def test_signing_out_ends_the_session_for_whoever_copied_the_cookie(app: App) -> None:
    browser, other = desk(app), Browser(app)
    copied = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert other.get("/admin", cookie=copied).status_code == 200
    browser.post("/admin/sign-out")
    assert other.get("/admin", cookie=copied).status_code == 303
    assert browser.get("/admin").status_code == 303


def test_no_cache_keeps_a_screen(app: App) -> None:
    assert desk(app).get("/admin/rules").headers["cache-control"] == "no-store"
