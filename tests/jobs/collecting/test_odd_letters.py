"""Letters that a database does not hold: the one call is unread and named, on both kinds of database."""

import pytest

from db.runs import Verdict
from jobs.base.app import App
from tests.jobs.world import ToldPortal, collect, reading

pytestmark = pytest.mark.both_kinds


@pytest.mark.parametrize("field", ["title", "keywords", "programmeDivision"])
def test_a_letter_that_no_database_holds_costs_its_own_call(app: App, portal: ToldPortal, field: str) -> None:
    first = portal.held[0]["reference"]
    portal.retell(first, **{field: ["food\0"]})
    run = collect(reading(app, portal.url))
    assert run.verdict is Verdict.ACCEPTED
    assert list(run.counts["unread_examples"]) == [first]
    assert "characters" in run.counts["unread_examples"][first]


@pytest.mark.parametrize("key", ["a\0b", "a" * 100_000])
def test_a_key_that_no_database_holds_costs_its_own_call(app: App, portal: ToldPortal, key: str) -> None:
    first = portal.held[0]
    portal.retell(first["reference"], REFERENCE=[key])
    run = collect(reading(app, portal.url))
    assert run.verdict is Verdict.ACCEPTED
    [(name, fault)] = run.counts["unread_examples"].items()
    assert name.startswith("item ")
    assert fault.startswith("key: ")
