"""tracker calls: one call in full."""

from datetime import date

from db.calls import CallStatus
from jobs.base.app import App
from tests.jobs.cli.terminal import Terminal
from tests.jobs.world import MONDAY, add_call, facts


def test_a_call_is_shown_with_its_other_rounds(app: App, terminal: Terminal) -> None:
    old = facts("old", identifier="LIFE-2024-CET-OSS", title="Shops", opens_on=date(2024, 4, 18))
    past = add_call(app.db, MONDAY, old, status=CallStatus.CLOSED)
    new = add_call(app.db, MONDAY, facts("new", identifier="LIFE-2026-CET-OSS", title="Shops"))
    [row] = terminal.rows("calls", "show", str(new))
    assert [(one["call_id"], one["year"], one["likeness"]) for one in row["rounds"]] == [(past, 2024, "round")]
    line = f"{past} · 2024 · another round · 2024-04-18 – 2026-10-01 · Shops"
    assert line in terminal.run("calls", "show", str(new))
