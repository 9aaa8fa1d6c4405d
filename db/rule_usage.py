"""How rules fare in the archive: which calls each gave a spearhead to, and who saved it last."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from db.calls import Call
from db.regions import is_ours
from db.strategies import RuleRevision, Tagging


def rules_at_work(session: Session, spearhead: str, since: datetime) -> Counter[str]:
    """Count, for each rule of a spearhead, the calls first seen since then that it helped to tag: rule key → calls."""
    evidence = sa.select(col(Tagging.evidence)).join(Call, col(Call.id) == col(Tagging.call_id))
    evidence = evidence.where(is_ours(session, Tagging), col(Tagging.spearhead) == spearhead)
    counts: Counter[str] = Counter()
    for (rows,) in session.connection().execute(evidence.where(col(Call.first_seen_at) >= since)):
        counts.update({str(row["rule"]) for row in rows})
    return counts


def last_revisions(session: Session, rules: Collection[str]) -> dict[str, RuleRevision]:
    """The last saved state of each of these rules, by key."""
    newest: Any = sa.select(col(RuleRevision.rule), sa.func.max(col(RuleRevision.revision)))
    newest = newest.where(is_ours(session, RuleRevision), col(RuleRevision.rule).in_(rules)).group_by(RuleRevision.rule)
    pairs = sa.tuple_(col(RuleRevision.rule), col(RuleRevision.revision))
    found = session.exec(select(RuleRevision).where(is_ours(session, RuleRevision), pairs.in_(newest)))
    return {revision.rule: revision for revision in found}
