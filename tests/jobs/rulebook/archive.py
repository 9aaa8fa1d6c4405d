"""What the tests of rules stand on: calls that are remembered and tagged, edits, and what they did.

Does not hold tests.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from db import calls, event_log, examples, strategies
from db.audit import Signed
from db.calls import CallStatus
from db.event_log import EventKind
from db.strategies import Rule, Weight
from jobs.base.app import App
from jobs.rulebook import pins, preview, saving
from jobs.rulebook.examples import as_row
from jobs.rulebook.saving import Saved
from jobs.rulebook.tagging import retag_all
from tests.jobs.world import MONDAY, add_call, add_calls, facts
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example
from tracker.tagging.preview import Preview
from tracker.tagging.rulebook_edits import Edit

ME = Signed("maija", "a test", MONDAY)
FARMING = Rule(key="farming", spearhead="food", text='"vertical farming"', weight=Weight.STRONG)


def remember(app: App, *titles: str, status: CallStatus = CallStatus.OPEN, **given: Any) -> list[int]:
    """Calls of these titles, tagged by the rules as they stand. Gives back their ids."""
    at = given.pop("first_seen_at", app.clock())
    ids = [add_call(app.db, at, facts(title, title=title, **given), status=status) for title in titles]
    retag_all(app)
    return ids


def remember_many(app: App, count: int) -> None:
    """So many calls about nothing in particular."""
    fillers = [facts(f"filler-{number}", title=f"Bridge {number}") for number in range(count)]
    add_calls(app.db, app.clock() - timedelta(days=1), [(call, CallStatus.OPEN) for call in fillers])
    retag_all(app)


def keep(app: App, *kept: Example) -> None:
    """Examples that stand already."""
    with app.db.write() as session:
        for one in kept:
            examples.insert_example(session, as_row(one), ME)


def rule_edit(app: App, rule: Rule, given: Iterable[Example] = ()) -> Edit:
    with app.db.read() as session:
        return saving.rule_edit(session, rule, given)


def try_rule(app: App, rule: Rule, given: Iterable[Example] = ()) -> Preview:
    return try_edit(app, rule_edit(app, rule, given))


def try_edit(app: App, edit: Edit) -> Preview:
    with app.db.read() as session:
        return preview.preview_edit(session, app.compiled, edit)


def save(app: App, rule: Rule, *given: Example, signed: Signed = ME, **how: bool) -> Saved:
    return saving.save(app, rule_edit(app, rule, given), signed, **how)


def pin(app: App, call_id: int, is_included: bool, spearhead: str = "food", as_example: bool = False) -> None:
    with app.db.read() as session:
        call = calls.calls_by_id(session, [call_id])[call_id]
    pins.pin_call(app, call, spearhead, is_included, ME, as_example)


def spearheads(app: App, call_id: int) -> set[str]:
    with app.db.read() as session:
        return {one.spearhead for one in strategies.taggings_of(session, [call_id]).get(call_id, ())}


def rule_now(app: App, key: str) -> Rule | None:
    with app.db.read() as session:
        return strategies.rule_named(session, key)


def late(app: App) -> list[int]:
    """The ids of the calls that were told to be added late."""
    with app.db.read() as session:
        return [one.call_id for one, _ in event_log.events_after(session, 0) if one.kind is EventKind.LATE]


def example(text: str, must: bool, rule: str | None = None) -> Example:
    return Example("food", Document(id=text, title=text), must, rule)
