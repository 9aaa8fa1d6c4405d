"""Kept answers: never older than the archive, never a reader's own, and said to be unchanged to whom knows them."""

import gzip

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient

from db.engine import Database
from jobs.base.app import App
from jobs.web import kept
from jobs.web.site import make_site
from tests.jobs.subscribing import joined, reader
from tests.jobs.world import MONDAY, add_call, add_news, clock_of, facts
from tracker.emails import tokens

SHARED = ["/en/calls", "/fi/calls?status=open", "/en/calls/1", "/sv/spearheads", "/en/spearheads/food", "/api/v1/calls"]
FEEDS = ["/feeds/calls.en.atom", "/feeds/spearheads/food.fi.ics", "/feeds/calls.en.csv", "/api/v1/openapi.json"]


@pytest.fixture
def site(app: App) -> TestClient:
    add_news(app.db, MONDAY, "bread", "food")
    return TestClient(make_site(app), base_url=app.settings.mail.base_url, follow_redirects=False)


def statements(app: App) -> list[str]:
    """What is asked of the database from now on."""
    asked: list[str] = []
    sa.event.listen(app.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    return asked


@pytest.mark.parametrize("address", [*SHARED, *FEEDS])
def test_what_everybody_sees_is_made_once(app: App, site: TestClient, address: str) -> None:
    first = site.get(address)
    asked = statements(app)
    again = site.get(address)
    assert (first.status_code, again.content, dict(again.headers)) == (200, first.content, dict(first.headers))
    assert asked == []
    assert first.headers["cache-control"] == "public, no-cache"
    unchanged = site.get(address, headers={"if-none-match": f'"x", {first.headers["etag"]}'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert "content-security-policy" in unchanged.headers


@pytest.mark.both_kinds
def test_what_anybody_changes_is_seen_at_once(app: App, site: TestClient) -> None:
    seen = site.get("/en/calls")
    other = Database(app.db.url.render_as_string(hide_password=False), app.region.key)  # of another process
    add_call(other, MONDAY, facts("new"))
    other.dispose()
    there = site.get("/en/calls", headers={"if-none-match": seen.headers["etag"]})
    assert (there.status_code, "2 calls" in there.text) == (200, True)
    add_call(app.db, MONDAY, facts("third"))
    assert "3 calls" in site.get("/en/calls").text


def test_how_long_ago_a_source_was_read_is_true_although_nothing_is_stored_meanwhile(
    app: App, site: TestClient
) -> None:
    for hours in (3, 6):
        clock_of(app).forward(hours=3)
        assert f"{hours} hours ago" in site.get("/en/calls/1").text


@pytest.mark.both_kinds
def test_a_database_has_the_same_version_until_something_is_stored(app: App) -> None:
    first = app.db.version()
    with app.db.read() as session:
        session.connection().execute(sa.text("SELECT 1"))
    assert app.db.version() == first
    add_call(app.db, MONDAY, facts("bread"))
    assert app.db.version() != first


def test_what_is_a_day_old_is_made_anew(app: App, site: TestClient) -> None:
    add_call(app.db, MONDAY, facts("last", deadlines=[{"on": MONDAY.date()}]))
    assert "2 calls" in site.get("/en/calls").text
    clock_of(app).forward(days=1)
    assert "1 call<" in site.get("/en/calls").text


def test_htmx_and_a_reader_are_not_given_each_others_part(site: TestClient) -> None:
    whole, part = site.get("/en/calls").text, site.get("/en/calls", headers={"hx-request": "true"}).text
    assert whole.startswith("<!doctype html>")
    assert not part.startswith("<!doctype html>")
    assert site.get("/en/calls").text == whole


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_page_is_packed_for_whom_it_helps(site: TestClient, encoding: str) -> None:
    with site.stream("GET", "/en/calls", headers={"accept-encoding": encoding}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert "accept-encoding" in answer.headers["vary"]
    text = gzip.decompress(raw) if encoding == "gzip" else raw
    assert text.endswith(b"</html>")


def test_a_readers_page_is_neither_kept_nor_packed(app: App, site: TestClient) -> None:
    joined(app, "anna")
    number = reader(app, "anna").id or 0
    own = f"/manage/{tokens.sign_at(app.secret, tokens.MANAGE, number, app.clock())}"
    asked = statements(app)
    for address in (own, f"/u/{tokens.sign(app.secret, tokens.UNSUBSCRIBE, number)}", "/en/sign-up"):
        for _ in range(2):
            asked.clear()
            answer = site.get(address, headers={"accept-encoding": "gzip"})
            assert (answer.status_code, asked != []) == (200, True)
            assert {"etag", "content-encoding"} & set(answer.headers) == set()


def test_what_went_wrong_is_not_kept(app: App, site: TestClient) -> None:
    assert site.get("/en/calls/2").status_code == 404
    add_call(app.db, MONDAY, facts("second"))
    assert site.get("/en/calls/2").status_code == 200


def test_a_file_of_very_many_calls_is_sent_as_it_is(site: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LONGEST", 1000)
    answer = site.get("/en/calls", headers={"accept-encoding": "gzip"})
    assert {"etag", "content-encoding"} & set(answer.headers) == set()
    assert answer.text.endswith("</html>")


def test_memory_has_an_end(app: App, site: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_KEPT", 2)
    lists = [f"/en/calls?status=open&closing={n}" for n in range(3)]
    for address in (*lists, lists[1]):
        assert site.get(address).status_code == 200
    asked = statements(app)
    site.get(lists[1])
    assert asked == []
    site.get(lists[0])
    assert asked
