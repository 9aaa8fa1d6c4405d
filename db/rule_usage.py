"""How rules fare in the archive: how many calls match each, and who saved it last."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.calls import Call
from db.regions import is_ours
from db.rule_points import RulePoints
from db.strategies import RuleRevision


def rules_at_work(session: Session, since: datetime) -> Counter[str]:
    """Count, for each rule, the calls first seen since then that match it, as of when they were tagged last."""
    counts: Any = sa.select(col(RulePoints.rule), sa.func.count().label("calls")).join(
        Call, col(Call.id) == col(RulePoints.call_id)
    )
    counts = counts.where(is_ours(session, RulePoints), col(Call.first_seen_at) >= since).group_by(col(RulePoints.rule))
    return Counter({row.rule: row.calls for row in session.connection().execute(counts)})


def last_revisions(session: Session, rules: Collection[str]) -> dict[str, RuleRevision]:
    """The last saved state of each of these rules, by key."""
    newest: Any = sa.select(col(RuleRevision.rule), sa.func.max(col(RuleRevision.revision)))
    newest = newest.where(is_ours(session, RuleRevision), col(RuleRevision.rule).in_(rules)).group_by(RuleRevision.rule)
    pairs = sa.tuple_(col(RuleRevision.rule), col(RuleRevision.revision))
    found = session.exec(select(RuleRevision).where(is_ours(session, RuleRevision), pairs.in_(newest)))
    return {revision.rule: revision for revision in found}
