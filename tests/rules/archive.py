"""What the tests of rules stand on: calls that are remembered and tagged, edits, and what they did.

Does not hold tests.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from db import calls, strategies
from db.calls import CallStatus, EventKind
from db.strategies import Rule, Weight
from jobs import rules
from jobs.desk import Desk
from jobs.retag import retag_all
from jobs.rules import Saved, Signed, Trial
from tests.jobs.world import add_call, facts
from tracker.tagging.documents import Document
from tracker.tagging.evaluate import Example

ME = Signed("maija", "a test")
FARMING = Rule(key="farming", spearhead="food", text='"vertical farming"', weight=Weight.STRONG)


def remember(desk: Desk, *titles: str, status: CallStatus = CallStatus.OPEN, **given: Any) -> list[int]:
    """Calls of these titles, tagged by the rules as they stand. Gives back their ids."""
    at = given.pop("first_seen_at", desk.clock())
    ids = [add_call(desk.db, at, facts(title, title=title, **given), status=status) for title in titles]
    retag_all(desk)
    return ids


def remember_many(desk: Desk, count: int) -> None:
    """So many calls about nothing in particular."""
    for number in range(count):
        add_call(desk.db, desk.clock() - timedelta(days=1), facts(f"filler-{number}", title=f"Bridge {number}"))
    retag_all(desk)


def try_rule(desk: Desk, rule: Rule, examples: Iterable[Example] = ()) -> Trial:
    with desk.db.read() as session:
        return rules.try_rule(session, desk.tagger, rule, examples)


def save(desk: Desk, rule: Rule, *examples: Example, **how: bool) -> Saved:
    return rules.save(desk, rule, ME, examples, **how)


def spearheads(desk: Desk, call_id: int) -> set[str]:
    with desk.db.read() as session:
        return {one.spearhead for one in strategies.taggings_of(session, [call_id]).get(call_id, ())}


def rule_now(desk: Desk, key: str) -> Rule | None:
    with desk.db.read() as session:
        return strategies.rule_named(session, key)


def late(desk: Desk) -> list[int]:
    """The ids of the calls that were told to be added late."""
    with desk.db.read() as session:
        return [one.call_id for one, _ in calls.events_after(session, 0) if one.kind is EventKind.LATE]


def example(text: str, must: bool, rule: str | None = None) -> Example:
    return Example("food", Document(id=text, title=text), must, rule)
