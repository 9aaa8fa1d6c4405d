"""Acts declare what the log tells of them; what is not declared is refused."""

from typing import Any

import pytest

from db.acts import TELLS, Act, Tells
from db.audit import AuditEntry, Signed, Undeclared, append_audit, list_audit
from db.engine import Database
from tests.jobs.world import MONDAY

ME = Signed("maija", "a test", MONDAY)
WRONG: dict[str, dict[str, Any]] = {
    "a field that is not declared": {"after": {"state": "built", "price": 3}},
    "a fact that is not declared": {"detail": {"who": "anna"}, "after": {"state": "built"}},
    "nothing of how it was and is": {},
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_an_act_tells_what_it_declares_and_nothing_else(db: Database, told: dict[str, Any]) -> None:
    with pytest.raises(Undeclared), db.write() as session:
        append_audit(session, ME, Act.EDITION_HELD, "edition 1", **told)
    with db.read() as session:
        assert list_audit(session, None) == []


def test_the_log_keeps_how_it_was_and_how_it_is(db: Database) -> None:
    with db.write() as session:
        append_audit(session, ME, Act.ADMIN_ADDED, "admin 1", after={"role": "editor"})
    with db.read() as session:
        [entry] = list_audit(session, None)
    assert entry.detail == {"reason": "a test", "before": {}, "after": {"role": "editor"}}


def test_every_act_is_declared_and_fits_its_column() -> None:
    longest = AuditEntry.__table__.c.action.type.length  # type: ignore[attr-defined]
    assert all(isinstance(TELLS[act], Tells) and len(act.value) <= longest for act in Act)
