"""How the rules of the desk's lists stand: the spearheads with their rules, and each rule with what it does."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from db import rule_usage, strategies
from db.revisions import Kind, removed_keys
from db.strategies import Level, Mask, Rule, RuleRevision, Spearhead
from jobs.rulebook.drafts import known_rule
from jobs.rulebook.reports import Precision, precision
from jobs.rulebook.saving import known_spearhead

YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class SpearheadStanding:
    """A spearhead, and how many rules it has that are on and off."""

    spearhead: Spearhead
    on: int
    off: int


@dataclass(frozen=True, slots=True)
class RuleStanding:
    """A rule: how many calls of the last 12 months match it, its readers' verdict, and its last revision."""

    rule: Rule
    at_work: int
    readers: Precision | None
    last: RuleRevision | None


@dataclass(frozen=True, slots=True)
class RulesOf:
    """A spearhead with its rules, the most useful first, and the masks that concern it."""

    spearhead: Spearhead
    rules: tuple[RuleStanding, ...]
    masks: tuple[Mask, ...]
    removed_masks: tuple[str, ...]


def spearheads_standing(session: Session) -> list[SpearheadStanding]:
    """List the spearheads: those of the region's strategy first, then EU-level tags and the own region's."""
    rules = strategies.all_rules(session)
    order = list(Level)
    listed = []
    for spearhead in sorted(strategies.all_spearheads(session), key=lambda one: order.index(one.level)):
        own = [rule for rule in rules if rule.spearhead == spearhead.key]
        on = sum(rule.enabled for rule in own)
        listed.append(SpearheadStanding(spearhead, on, len(own) - on))
    return listed


def rules_of(session: Session, key: str, now: datetime) -> RulesOf:
    """Show a spearhead's rules; NotFound if there is no such spearhead."""
    spearhead = spearhead_named(session, key)
    rules = [rule for rule in strategies.all_rules(session) if rule.spearhead == key]
    at_work = rule_usage.rules_at_work(session, now - YEAR)
    verdicts = {score.rule: score for score in precision(session) if score.spearhead == key}
    last = rule_usage.last_revisions(session, [rule.key for rule in rules])
    stands = [RuleStanding(rule, at_work[rule.key], verdicts.get(rule.key), last.get(rule.key)) for rule in rules]
    stands.sort(key=lambda stand: (not stand.rule.enabled, -stand.at_work, stand.rule.key))
    masks = tuple(mask for mask in strategies.all_masks(session) if mask.spearhead in (None, key))
    return RulesOf(spearhead, tuple(stands), masks, tuple(removed_keys(session, Kind.MASK)))


def spearhead_named(session: Session, key: str) -> Spearhead:
    """Find a spearhead; NotFound if there is none."""
    known_spearhead(session, key)
    return next(spearhead for spearhead in strategies.all_spearheads(session) if spearhead.key == key)


def free_key(session: Session, first: str, text: str) -> str:
    """A key for a new rule or mask, from a first word and the first words of its line; of the form that keys have."""
    words = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split()[:3])
    base = f"{first.replace('_', '-')}-{words or 'words'}"[:60].strip("-")
    rules, masks = strategies.all_rules(session), strategies.all_masks(session)
    taken = {rule.key for rule in rules} | {mask.key for mask in masks}
    return next(key for n in range(1, len(taken) + 2) if (key := base if n == 1 else f"{base}-{n}") not in taken)


def rule_standing(session: Session, key: str) -> tuple[Rule, Spearhead]:
    """A rule and its spearhead; NotFound if there is no such rule."""
    rule = known_rule(session, key)
    return rule, spearhead_named(session, rule.spearhead)
