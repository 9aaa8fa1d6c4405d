"""Errors that nobody foresaw: a page in the reader's language or a problem, and one line of the log without words."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from jobs.base.app import App
from jobs.base.log import log_to_stderr
from jobs.web.site import make_site
from tests.jobs.web.browsing import check_page

READER = "anna@reader.example"


def breaks() -> None:
    raise ValueError(f"no row of {READER}")


@pytest.fixture
def site(app: App) -> TestClient:
    made = make_site(app)
    made.add_api_route("/{language}/broken", breaks)
    made.state.api.add_api_route("/broken", breaks)
    return TestClient(made, base_url=app.settings.mail.base_url)


@contextmanager
def logged() -> Iterator[list[dict[str, Any]]]:
    """The lines of the log as JSON that are written meanwhile; there from the end on."""
    lines: list[dict[str, Any]] = []
    handlers, level = logging.root.handlers[:], logging.root.level
    with redirect_stderr(io.StringIO()) as written:
        log_to_stderr("info", as_json=True)
        yield lines
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()
    lines += map(json.loads, written.getvalue().splitlines())


@pytest.mark.parametrize(
    ("address", "says"), [("/fi/broken", "Yritä myöhemmin uudelleen"), ("/en/broken", "Please try again later")]
)
def test_an_unforeseen_error_is_a_page_and_one_line_of_the_log(site: TestClient, address: str, says: str) -> None:
    with logged() as log:
        answer = site.get(address)
    assert (answer.status_code, "content-security-policy" in answer.headers) == (500, True)
    check_page(answer.text)
    assert says in answer.text
    [line] = log
    assert (line["event"], line["error"], "in breaks" in line["stack"]) == ("request failed", "ValueError", True)
    assert READER not in json.dumps(line) + answer.text


def test_a_page_says_so_where_the_archive_itself_is_broken(app: App, site: TestClient) -> None:
    with app.db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE runs RENAME TO gone"))
    with capture_logs() as log:
        answer = site.get("/sv/calls")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert [one["event"] for one in log] == ["request failed"]


def test_the_api_answers_an_unforeseen_error_by_a_problem(site: TestClient) -> None:
    with capture_logs() as log:
        answer = site.get("/api/v1/broken")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["status"] == 500
    assert [one["event"] for one in log] == ["request failed"]


def test_an_error_that_a_library_logs_is_told_without_its_words() -> None:
    with pytest.raises(ValueError, match="no row") as raised:
        breaks()
    error = raised.value
    with logged() as log:
        logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {error!r}", exc_info=error)
    [line] = log
    assert (line["event"], line["error"]) == ("Task exception was never retrieved", "ValueError")
    assert "in breaks" in line["stack"]
    assert READER not in json.dumps(line)


def test_a_day_stands_in_the_log_as_in_iso_8601() -> None:
    with logged() as log:
        structlog.get_logger().info("held", until=date(2026, 5, 18))
    [line] = log
    assert line["until"] == "2026-05-18"
