"""Histories: every saved state of a rule, a mask, a spearhead's points or an example, beside the state before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from db import strategies
from db.revisions import Kind, revisions_of


@dataclass(frozen=True, slots=True)
class SavedStep:
    """One saved state: who saved it, when and why; `after` is None where it was removed, `before` where it was new."""

    revision: int
    author: str
    at: datetime
    reason: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def rule_steps(session: Session, key: str) -> list[SavedStep]:
    """The history of a rule, newest first; empty if there never was one."""
    rows = strategies.rule_revisions(session, key)
    signature = {"id", "rule", "revision", "author", "at", "reason"}
    return _steps((one, one.model_dump(mode="json", exclude=signature)) for one in rows)


def steps_of(session: Session, kind: Kind, key: str) -> list[SavedStep]:
    """The history of a mask, a spearhead or an example, newest first; empty if there never was one."""
    return _steps((one, one.state) for one in revisions_of(session, kind, key))


def _steps(saved: Iterable[tuple[Any, Mapping[str, Any] | None]]) -> list[SavedStep]:
    steps: list[SavedStep] = []
    before: Mapping[str, Any] | None = None
    for one, state in saved:
        steps.append(SavedStep(one.revision, one.author, one.at, one.reason, before, state))
        before = state
    return steps[::-1]
