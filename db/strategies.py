"""Strategies, their spearheads, the rules and masks that tag calls; the taggings, and the pins that overrule them.

Does not match rules (`tracker.tagging`) or read region files (`tracker.regions`).
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, Session, SQLModel, col, select
from sqlmodel._compat import SQLModelConfig

from db import revisions
from db.audit import Signed
from db.calls import Call
from db.regions import is_ours, region_field, region_of
from db.revisions import Kind
from db.types import json_field, points_field, values_field, word_field

Texts = tuple[tuple[str, str], ...]  # (language, text)


class Weight(IntEnum):
    """Points for a hit near the beginning of a text; a hit in the title counts double, one further down half."""

    WEAK = 1  # never tags alone
    MEDIUM = 2
    REPEATED = 3  # 2 points, and 4 where the rule holds at two places of the text: what is said again is meant
    STRONG = 4

    @property
    def points(self) -> int:
        """What one hit counts."""
        return Weight.MEDIUM if self is Weight.REPEATED else int(self)


class Level(StrEnum):
    """What a tag stands for; only spearheads are asked for by readers as a matter of course."""

    SPEARHEAD = "spearhead"
    EU = "eu"  # an EU-side partnership or mission, shown separately
    OWN = "own"  # the region's own calls, told to every reader who does not switch it off


class Hides(StrEnum):
    """How much a mask hides: the words that match, the rest of their sentence from there on, or all of the sentence."""

    WORDS = "words"
    REST = "rest"
    SENTENCE = "sentence"


class Strategy(SQLModel):
    """The strategy of a period (both days included); `switched_on` keeps its spearheads tagged after the period."""

    model_config = SQLModelConfig(frozen=True)

    key: str = Field(primary_key=True, max_length=60)
    starts_on: date
    ends_on: date | None = None
    spearheads: tuple[str, ...] = values_field(tuple[str, ...])
    names: Texts = values_field(Texts)
    links: tuple[str, ...] = values_field(tuple[str, ...])
    provisional: bool = False
    switched_on: bool = True
    level: Level = word_field(Level, default=Level.SPEARHEAD)


class Spearhead(SQLModel):
    """A priority of a strategy; a call with at least `threshold` points is tagged with it.

    A hit in a text counts in full up to the character `full_until`, and half further down; None: in full everywhere.
    """

    model_config = SQLModelConfig(frozen=True)

    key: str = Field(primary_key=True, max_length=60)
    threshold: int = 4
    full_until: int | None = None
    level: Level = word_field(Level, default=Level.SPEARHEAD)
    names: Texts = values_field(Texts)
    descriptions: Texts = values_field(Texts)
    links: tuple[str, ...] = values_field(tuple[str, ...])

    def name_in(self, language: str) -> str:
        """Its name in a language; its key where it has none."""
        return dict(self.names).get(language, self.key)


class Rule(SQLModel):
    """One rule: a line written by an admin. Without a language it applies to texts in every language."""

    model_config = SQLModelConfig(frozen=True)

    key: str = Field(primary_key=True, max_length=80)
    spearhead: str = Field(max_length=60)
    text: str
    weight: Weight = points_field(Weight)
    language: str | None = Field(default=None, max_length=8)
    enabled: bool = True


class Mask(SQLModel):
    """Words that are hidden before rules read a text, for all spearheads or for one; or what stands around them."""

    model_config = SQLModelConfig(frozen=True)

    key: str = Field(primary_key=True, max_length=80)
    text: str
    spearhead: str | None = Field(default=None, max_length=60)
    language: str | None = Field(default=None, max_length=8)
    hides: Hides = word_field(Hides, default=Hides.WORDS)


class StrategyRow(Strategy, table=True):
    __tablename__ = "strategies"
    __table_args__ = (sa.PrimaryKeyConstraint("region", "key"),)
    model_config = SQLModelConfig(frozen=False)

    region: str | None = region_field(primary_key=True)


class SpearheadRow(Spearhead, table=True):
    __tablename__ = "spearheads"
    __table_args__ = (sa.PrimaryKeyConstraint("region", "key"),)
    model_config = SQLModelConfig(frozen=False)

    region: str | None = region_field(primary_key=True)


class RuleRow(Rule, table=True):
    """The current state of a rule; its history is in RuleRevision."""

    __tablename__ = "rules"
    __table_args__ = (sa.PrimaryKeyConstraint("region", "key"),)
    model_config = SQLModelConfig(frozen=False)

    region: str | None = region_field(primary_key=True)
    revision: int = 1


class MaskRow(Mask, table=True):
    __tablename__ = "masks"
    __table_args__ = (sa.PrimaryKeyConstraint("region", "key"),)
    model_config = SQLModelConfig(frozen=False)

    region: str | None = region_field(primary_key=True)


class RuleRevision(SQLModel, table=True):
    """One saved state of a rule: by whom, when and why. Append-only; a removed rule is one that is not enabled."""

    __tablename__ = "rule_revisions"
    __table_args__ = (sa.UniqueConstraint("region", "rule", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    rule: str = Field(max_length=80)
    revision: int
    spearhead: str = Field(max_length=60)
    text: str
    weight: Weight = points_field(Weight)
    language: str | None = Field(default=None, max_length=8)
    enabled: bool
    author: str
    at: datetime
    reason: str


class NewTagging(SQLModel):
    """A spearhead on a call, with the evidence: which rules matched, and where in the text."""

    model_config = SQLModelConfig(frozen=True)

    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE")
    strategy: str = Field(max_length=60)
    spearhead: str = Field(max_length=60)
    score: int
    evidence: list[dict[str, Any]] = json_field()
    tagged_at: datetime


class Tagging(NewTagging, table=True):
    """A stored tagging."""

    __tablename__ = "taggings"
    model_config = SQLModelConfig(frozen=False)
    __table_args__ = (
        sa.UniqueConstraint("call_id", "region", "strategy", "spearhead"),
        sa.Index("ix_taggings_spearhead", "spearhead", "region"),
    )

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()


class TaggedCall(SQLModel, table=True):
    """Which rules tagged a call last, whether or not they gave it a spearhead."""

    __tablename__ = "tagged_calls"
    __table_args__ = (sa.PrimaryKeyConstraint("call_id", "region"),)

    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE", primary_key=True)
    region: str | None = region_field(primary_key=True)
    rules: str = Field(max_length=64)  # their fingerprint


class Pin(SQLModel, table=True):
    """A person's decision that overrules the rules: the call belongs to a spearhead, or does not."""

    __tablename__ = "pins"
    __table_args__ = (sa.UniqueConstraint("call_id", "region", "spearhead"),)

    id: int | None = Field(default=None, primary_key=True)
    region: str | None = region_field()
    call_id: int = Field(foreign_key="calls.id", ondelete="CASCADE")
    spearhead: str = Field(max_length=60)
    is_included: bool
    author: str
    at: datetime
    reason: str


def replace_taggings(session: Session, call_ids: Collection[int], taggings: Sequence[NewTagging]) -> None:
    """Replace the taggings of these calls.

    A tagging that stays keeps its `tagged_at`: since when a call has a spearhead decides who should have been told.
    """
    connection, table = session.connection(), Tagging.__table__  # type: ignore[attr-defined]
    columns = (table.c.call_id, table.c.strategy, table.c.spearhead, table.c.tagged_at)
    is_replaced = (is_ours(session, Tagging), table.c.call_id.in_(call_ids))
    known = connection.execute(sa.select(*columns).where(*is_replaced))
    since = {(call_id, strategy, spearhead): at for call_id, strategy, spearhead, at in known}
    connection.execute(sa.delete(table).where(*is_replaced))
    if taggings:
        keyed = [((tagging.call_id, tagging.strategy, tagging.spearhead), tagging) for tagging in taggings]
        connection.execute(
            sa.insert(table), [vars(row) | {"tagged_at": since.get(key, row.tagged_at)} for key, row in keyed]
        )


def note_tagged(session: Session, call_ids: Collection[int], rules: str) -> None:
    """Record which rules (their fingerprint) tagged these calls."""
    connection, table = session.connection(), TaggedCall.__table__  # type: ignore[attr-defined]
    connection.execute(sa.delete(table).where(is_ours(session, TaggedCall), table.c.call_id.in_(call_ids)))
    connection.execute(sa.insert(table), [{"call_id": call_id, "rules": rules} for call_id in call_ids])


def note_retagged(session: Session, before: str, after: str) -> None:
    """Record that all calls tagged with the rules `before` an edit are tagged with those `after` it (fingerprints).

    Calls that the edit may affect must have been tagged anew first; for the others both give the same tags.
    """
    tagged_before = (is_ours(session, TaggedCall), col(TaggedCall.rules) == before)
    session.connection().execute(sa.update(TaggedCall).where(*tagged_before).values(rules=after))


def not_tagged_with(session: Session, rules: str, most: int) -> Sequence[Call]:
    """The first `most` calls, by id, that were not last tagged with these rules (their fingerprint)."""
    is_of = sa.and_(is_ours(session, TaggedCall), col(TaggedCall.call_id) == col(Call.id))
    query = select(Call).outerjoin(TaggedCall, is_of).where(col(TaggedCall.rules).is_distinct_from(rules))
    return session.exec(query.order_by(col(Call.id)).limit(most)).all()


def pins_of(session: Session, call_ids: Collection[int]) -> dict[int, list[Pin]]:
    """The pins of these calls, by call id."""
    by_call: dict[int, list[Pin]] = {}
    for pin in session.exec(select(Pin).where(is_ours(session, Pin), col(Pin.call_id).in_(call_ids))):
        by_call.setdefault(pin.call_id, []).append(pin)
    return by_call


def taggings_of(session: Session, call_ids: Collection[int]) -> dict[int, list[Tagging]]:
    """The taggings of these calls, by call id, strongest first."""
    by_call: dict[int, list[Tagging]] = {}
    query = select(Tagging).where(is_ours(session, Tagging), col(Tagging.call_id).in_(call_ids))
    query = query.order_by(col(Tagging.score).desc())
    for tagging in session.exec(query):
        by_call.setdefault(tagging.call_id, []).append(tagging)
    return by_call


def spearheads_of(session: Session, call_ids: Collection[int]) -> dict[int, set[str]]:
    """The spearheads of these calls, by call id; calls without any are left out.

    Bypasses the session's identity map: SQLite reuses the id of a replaced tagging.
    """
    pairs = sa.select(col(Tagging.call_id), col(Tagging.spearhead))
    pairs = pairs.where(is_ours(session, Tagging), col(Tagging.call_id).in_(call_ids))
    by_call: dict[int, set[str]] = {}
    for call_id, spearhead in session.connection().execute(pairs):
        by_call.setdefault(call_id, set()).add(spearhead)
    return by_call


def tagged_with(session: Session, *spearheads: str) -> sa.Select[Any]:
    """A query for the ids of the calls with any of these spearheads."""
    return sa.select(col(Tagging.call_id)).where(is_ours(session, Tagging), col(Tagging.spearhead).in_(spearheads))


def all_strategies(session: Session) -> tuple[Strategy, ...]:
    """Every strategy, in order of their periods."""
    query = select(StrategyRow).where(is_ours(session, StrategyRow))
    rows = session.exec(query.order_by(col(StrategyRow.starts_on), col(StrategyRow.key)))
    return tuple(Strategy.model_validate(row.model_dump()) for row in rows)


def all_spearheads(session: Session) -> tuple[Spearhead, ...]:
    """Every spearhead, by key."""
    rows = session.exec(select(SpearheadRow).where(is_ours(session, SpearheadRow)).order_by(col(SpearheadRow.key)))
    return tuple(Spearhead.model_validate(row.model_dump()) for row in rows)


def own_tags(session: Session) -> tuple[str, ...]:
    """The keys of the tags that stand for the region's own calls, sorted; most regions have one."""
    is_own = (is_ours(session, SpearheadRow), col(SpearheadRow.level) == Level.OWN)
    return tuple(session.exec(select(SpearheadRow.key).where(*is_own).order_by(col(SpearheadRow.key))))


def all_rules(session: Session) -> tuple[Rule, ...]:
    """Every rule, by key, including those that are switched off."""
    rows = session.exec(select(RuleRow).where(is_ours(session, RuleRow)).order_by(col(RuleRow.key)))
    return tuple(map(_as_rule, rows))


def all_masks(session: Session) -> tuple[Mask, ...]:
    """Every mask, by key."""
    rows = session.exec(select(MaskRow).where(is_ours(session, MaskRow)).order_by(col(MaskRow.key)))
    return tuple(Mask.model_validate(row.model_dump()) for row in rows)


def store_rule(session: Session, rule: Rule, signed: Signed) -> bool:
    """Save a rule as a new revision; False if it is unchanged."""
    return _store(session, _rule_row(session, rule.key), rule, signed)


def _store(session: Session, row: RuleRow | None, rule: Rule, signed: Signed) -> bool:
    """Save a rule whose row is at hand (None: a new rule)."""
    values = rule.model_dump()
    if row is not None and row.model_dump(exclude={"revision"}) == values:
        return False
    revision = row.revision + 1 if row else 1
    if row is None:
        session.add(RuleRow(**values, revision=revision))
    else:
        row.sqlmodel_update(values | {"revision": revision})
    revision_fields = {"rule": values.pop("key"), "revision": revision} | signed._asdict()
    session.add(RuleRevision(**values, **revision_fields))
    return True


def replace_rulebook(
    session: Session,
    strategies: Sequence[Strategy],
    spearheads: Sequence[Spearhead],
    rules: Sequence[Rule],
    masks: Sequence[Mask],
    signed: Signed,
) -> dict[str, int]:
    """Replace the rulebook, saving what differs as new revisions; return counts of what changed.

    The counts are `saved` and `switched_off` rules, and `others`. Rules that are not given are switched off, never
    deleted.
    """
    known = {row.key: row for row in session.exec(select(RuleRow).where(is_ours(session, RuleRow)))}
    gone = known.keys() - {rule.key for rule in rules}
    off = [_as_rule(known[key]).model_copy(update={"enabled": False}) for key in sorted(gone) if known[key].enabled]
    saved = sum(_store(session, known.get(rule.key), rule, signed) for rule in rules)
    others = [
        _replace(session, StrategyRow, Kind.STRATEGY, strategies, signed),
        _replace(session, SpearheadRow, Kind.SPEARHEAD, spearheads, signed),
        _replace(session, MaskRow, Kind.MASK, masks, signed),
    ]
    switched_off = sum(_store(session, known[rule.key], rule, signed) for rule in off)
    session.flush()
    return {"saved": saved, "switched_off": switched_off, "others": sum(others)}


def _replace(
    session: Session,
    table: type[StrategyRow | SpearheadRow | MaskRow],
    kind: Kind,
    values: Sequence[Strategy | Spearhead | Mask],
    signed: Signed,
) -> int:
    """Make a table hold exactly these values; return how many were added, changed or deleted."""
    rows: Iterable[Any] = session.exec(select(table).where(is_ours(session, table)))
    known = {row.key: row for row in rows}
    states = {value.key: value.model_dump() for value in values}
    saved: dict[str, dict[str, Any] | None] = {}
    for key in sorted(known.keys() - states):
        session.delete(known[key])
        saved[key] = None
    changed = [key for key, state in states.items() if key not in known or known[key].model_dump() != state]
    for key in changed:
        row = known[key].sqlmodel_update(states[key]) if key in known else table(**states[key])
        session.add(row)
        saved[key] = row.model_dump(mode="json")
    revisions.append_revisions(session, kind, saved, signed)
    return len(saved)


def has_rules(session: Session) -> bool:
    """Whether a rulebook has ever been imported."""
    return session.exec(select(RuleRow.key).where(is_ours(session, RuleRow)).limit(1)).first() is not None


def rule_named(session: Session, key: str) -> Rule | None:
    """The current state of a rule; None if there never was one with this key."""
    row = _rule_row(session, key)
    return _as_rule(row) if row else None


def _as_rule(row: RuleRow) -> Rule:
    return Rule.model_validate(row.model_dump(exclude={"revision"}))


def _rule_row(session: Session, key: str) -> RuleRow | None:
    return session.get(RuleRow, {"region": region_of(session), "key": key})


def rule_revisions(session: Session, rule: str) -> Sequence[RuleRevision]:
    """Every saved state of a rule, oldest first."""
    query = select(RuleRevision).where(is_ours(session, RuleRevision), RuleRevision.rule == rule)
    return session.exec(query.order_by(col(RuleRevision.revision))).all()


def pin(session: Session, decision: Pin) -> None:
    """Store a pin, replacing an earlier one for the same call and spearhead."""
    unpin(session, decision.call_id, decision.spearhead)
    session.add(decision)
    session.flush()


def unpin(session: Session, call_id: int, spearhead: str) -> bool:
    """Delete a pin; False if there is none."""
    is_meant = (is_ours(session, Pin), col(Pin.call_id) == call_id, col(Pin.spearhead) == spearhead)
    return bool(session.connection().execute(sa.delete(Pin).where(*is_meant)).rowcount)


def all_pins(session: Session) -> Sequence[Pin]:
    """Every pin, newest first."""
    return session.exec(select(Pin).where(is_ours(session, Pin)).order_by(col(Pin.at).desc(), col(Pin.id).desc())).all()


def tagged_calls(session: Session, spearhead: str) -> set[int]:
    """The ids of the calls with this spearhead."""
    return {row[0] for row in session.connection().execute(tagged_with(session, spearhead))}
