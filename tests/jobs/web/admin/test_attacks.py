"""What attacks meet at the desk: another region's things, floods of bytes, and words that would be a page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel
from starlette.types import Message

from db.admins import Role
from db.engine import Database
from db.reports import ReportKind
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.publishing.banner import set_banner
from jobs.readers.reports import hand_in
from jobs.rulebook.region_import import import_region
from jobs.web import addresses
from jobs.web.admin.permissions import MAY
from jobs.web.site import make_site
from tests.jobs.rulebook.archive import FARMING, ME, remember, save
from tests.jobs.subscribing import joined
from tests.jobs.web.admin.desks import PASSWORD, account, desk
from tests.jobs.web.admin.test_permissions import filled
from tests.jobs.web.browsing import Browser
from tests.jobs.world import MONDAY, add_news
from tests.support.statements import own
from tracker.regions import load_region, region_file

EVIL = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">\"'>{{ 7*7 }}"
OURS = "Only in our region"
MOST_TAKEN = 70_000  # bytes of a form before it is refused
PIECE, PIECES = b"x" * 10_000, 5_000  # 50 MB
UPLOADS = (addresses.ADMIN_REGION_EFFECT,)
FILE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.toml"\r\n\r\n'
POSTS = sorted({path for method, path in MAY if method == "POST"})


def fill(app: App, words: str, published: str) -> None:
    """One of everything that the desk shows, with these words wherever somebody of ours can write, or a publisher."""
    signed = ME._replace(author=words, reason=words)
    call_id = add_news(app.db, MONDAY, "a", "food", title=f"Foods {published}", text=f"Bread {published}")
    remember(app, f"Farm {published}", text=published)
    save(app, FARMING)
    joined(app, "anna", actor=words)
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    hand_in(app, ReportKind.ERROR, words, "ben@reader.example", "fi", call_id)
    set_banner(app, {"fi": words, "sv": words, "en": words}, app.today(), app.today(), signed)


def looks() -> list[str]:
    return [filled(path) for method, path in sorted(MAY) if method == "GET"]


def test_what_anybody_writes_runs_nothing_on_any_screen(app: App) -> None:
    """The browser of tests refuses a page with a script, a style or a handler of its own."""
    fill(app, EVIL, EVIL)
    browser = desk(app)
    seen = [answer for path in looks() if (answer := browser.get(path)).headers["content-type"].startswith("text/html")]
    assert [page.url.path for page in seen if "<img src=x" in page.text] == []
    assert sum("&lt;script&gt;" in page.text for page in seen) > 5


# --- another region ---------------------------------------------------------------------------------------------------


@pytest.fixture
def next_door(app: App) -> App:
    """Another region's app on the same database, in which nothing was ever done."""
    region = load_region(region_file("kainuu"))
    other = replace(app, db=Database(app.db.url.render_as_string(hide_password=False), "kainuu"), region=region)
    with other.db.write() as session:
        import_region(session, region, ME)
    return other


def rows_of(app: App, region: str) -> dict[str, list[Any]]:
    """Everything that belongs to a region, but who has come in and when."""
    with app.db.read() as session:
        tables = [SQLModel.metadata.tables[name] for name in sorted(own()) if name not in ("sessions", "audit")]
        return {
            table.name: list(session.connection().execute(sa.select(table).where(table.c.region == region)))
            for table in tables
        }


def test_an_admin_of_another_region_sees_and_changes_nothing_of_ours(app: App, next_door: App) -> None:
    fill(app, OURS, "a publisher's words")
    browser, region = desk(next_door, "olli"), app.region.key
    before = rows_of(app, region)
    assert sum(OURS in str(rows) for rows in before.values()) >= 3
    for path in looks():
        assert OURS not in browser.get(path).text, path
    sent = {"reason": "evil", "text": "evil", "weight": "strong", "role": "admin", "state": "sent", "spearhead": "food"}
    for path in POSTS:
        if path not in (addresses.ADMIN_EVERYWHERE, addresses.ADMIN_PASSWORD):
            assert browser.post(filled(path), **sent).status_code < 500, path
    assert rows_of(app, region) == before


# --- floods of bytes --------------------------------------------------------------------------------------------------


def taken_of_a_flood(site: Callable[..., Awaitable[None]], path: str, cookie: str) -> tuple[int, int]:
    """The status that 50 MB of a form are answered by, and how many bytes of them were taken."""
    bodies = [FILE if path in UPLOADS else PIECE, *[PIECE] * PIECES]
    pieces: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": True} for body in bodies])
    taken, statuses = [0], [0]

    async def receive() -> Message:
        taken[0] += len(PIECE)
        return next(pieces)

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses[0] = message["status"]

    kind = b"multipart/form-data; boundary=x" if path in UPLOADS else b"application/x-www-form-urlencoded"
    headers = [(b"host", b"localhost"), (b"sec-fetch-site", b"same-origin"), (b"content-type", kind)]
    headers.append((b"cookie", cookie.encode()))
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope |= {"headers": headers, "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1)}
    asyncio.run(site(scope | {"http_version": "1.1", "root_path": ""}, receive, send))
    return statuses[0], taken[0]


def test_fifty_megabytes_are_refused_before_they_are_read(app: App) -> None:
    account(app, "maija", Role.ADMIN)
    browser = Browser(app)
    browser.post("/admin/sign-in", None, address="maija@desk.example", password=PASSWORD)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    remember(app, "Farm")
    save(app, FARMING)
    site = make_site(app)
    acts = [path for path in (addresses.ADMIN_SIGN_IN, *POSTS) if path not in (addresses.ADMIN_EVERYWHERE,)]
    for path in acts:
        status, taken = taken_of_a_flood(site, filled(path), cookie)
        assert status == 413 or taken < MOST_TAKEN, (path, status, taken)
        assert taken < len(PIECE) * PIECES / 10, (path, taken)
