"""Verify: proof from the ledger that every event was told once to everyone whose interest it met, or why it was not.

Holds three things against each other that are written at different times: the events, what each reader's interests were
when an edition was built (its shapes), and what its deliveries told or kept and why. Changes nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlmodel import Session

from db import calls, deliveries, editions, strategies, subscribers
from db.deliveries import Proof
from db.editions import Edition, EditionKind
from jobs import reach
from jobs.desk import Desk
from jobs.issue import MOVES_CURSORS
from tracker.wishes import Tagged, Wish, wanted

FRESH_STARTS = ("confirmed", "unbanned", "added")  # a reader begins with what comes, not with what was missed


@dataclass(frozen=True, slots=True)
class Exception_:
    """Something that must not be: what, of which reader and edition, and which event where it is about one."""

    what: str
    subscriber_id: int
    edition_id: int | None
    seq: int | None
    detail: str


@dataclass(slots=True)
class Verified:
    """What was held against each other, and what did not fit. `states` counts deliveries."""

    editions: int = 0
    deliveries: int = 0
    told: int = 0
    silent: Counter[str] = field(default_factory=Counter)  # events kept from readers, by reason
    states: Counter[str] = field(default_factory=Counter)
    waiting: int = 0  # events that are ahead of readers still
    exceptions: list[Exception_] = field(default_factory=list)
