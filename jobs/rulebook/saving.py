"""Edits of the rulebook saved: refused or warned of, kept as revisions, their calls tagged anew, and told if asked for.

The functions behind `tracker rules`. Does not try an edit on the archive (`jobs.rulebook.preview`), match or print.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlmodel import Session

from db import calls, event_log, examples, revisions, strategies
from db.audit import Signed
from db.event_log import EventKind, NewEvent
from db.revisions import Kind
from db.strategies import Mask, Rule, Spearhead, Weight
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules, stored_rulebook
from jobs.base.runs import recorded
from jobs.rulebook.examples import as_row
from jobs.rulebook.preview import batches, preview_edit
from jobs.rulebook.tagging import tag_calls
from tracker.calls.changes import brussels_day, remembered
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.refusals import worded
from tracker.tagging.evaluate import Example
from tracker.tagging.preview import COMMON, Preview, Use, is_open
from tracker.tagging.rulebook_edits import Edit, with_mask, with_rule, with_threshold

LEAST_ARCHIVE = 100  # of fewer calls a share says nothing
REFUSED_SHARE = 0.25
MEASURES = {"about ": Code.ABOUT, "at most ": Code.AT_MOST}


class NoChange(Refusal):
    """An edit that would change nothing."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: how many lines it changed, and the ids of the calls that became news as "added late"."""

    trial: Preview
    counts: dict[str, int]
    warnings: tuple[str, ...]
    told: tuple[int, ...]


def rule_edit(session: Session, rule: Rule, given: Iterable[Example] = ()) -> Edit:
    """The edit that makes a rule stand so; the examples come with it."""
    book = stored_rulebook(session)
    return Edit(rule.key, book, with_rule(book, rule), tuple(given))


def mask_edit(session: Session, key: str, mask: Mask | None) -> Edit:
    """The edit that makes a mask stand so, or takes it out."""
    book = stored_rulebook(session)
    return Edit(f"mask {key}", book, with_mask(book, key, mask))


def threshold_edit(session: Session, spearhead: str, points: int) -> Edit:
    """The edit that makes so many points enough for a spearhead."""
    book = stored_rulebook(session)
    return Edit(f"threshold {spearhead}", book, with_threshold(book, spearhead, points))


def known_spearhead(session: Session, key: str) -> str:
    """The key, where it is a spearhead's. NotFound, with those that there are, where it is not."""
    known = sorted(one.key for one in strategies.all_spearheads(session))
    if key not in known:
        raise NotFound(Noun.SPEARHEAD, key, known)
    return key


def save(app: App, edit: Edit, signed: Signed, *, force: bool = False, announce: bool = False) -> Saved:
    """Save an edit as revisions, and retag the calls it can reach; silently, unless it is announced.

    InputFaults without a reason; Refusal where it may not be saved (`checked`), stands so already, or something was
    changed since it was made.
    """
    must_have_reason(signed)
    with app.db.read() as session:
        trial = preview_edit(session, app.compiled, edit)
    warnings = checked(trial, force)
    with recorded(app.db, "retag", edit.subject, app.clock) as run, app.db.write() as session:
        if stored_rulebook(session) != edit.before:
            raise Refusal(Code.RULES_CHANGED)
        _, before = app.compiled.index(session)
        counts = write_revisions(session, edit, signed)
        if not any(counts.values()):
            raise NoChange(Code.NOTHING_TO_SAVE, what=edit.subject)
        gained = retag_calls(session, app.compiled, trial.reached, trial.touched, app.clock())
        strategies.note_retagged(session, before, app.compiled.index(session)[1])
        told = _announce(session, gained, run.id or 0, app.clock()) if announce else ()
        run.counts = {"calls": len(trial.reached), "gained": len(gained), "told": len(told)}
        revision = max((one.revision for one in strategies.rule_revisions(session, edit.subject)), default=None)
    structlog.get_logger().info("rule saved", key=edit.subject, revision=revision, by=signed.author, **run.counts)
    return Saved(trial, counts, warnings, told)


def must_have_reason(signed: Signed) -> None:
    """InputFaults for what is signed without a why."""
    if not signed.reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))


def write_revisions(session: Session, edit: Edit, signed: Signed) -> dict[str, int]:
    """Write what an edit changes, each as a revision; how many rules, other lines and examples."""
    book, changed = edit.book, 0
    counts = strategies.replace_rulebook(session, book.strategies, book.spearheads, book.rules, book.masks, signed)
    if edit.of_file is not None:
        changed += examples.replace_of_file(session, [as_row(one, from_file=True) for one in edit.of_file], signed)
    for example in edit.examples:
        examples.insert_example(session, as_row(example), signed)
    return counts | {"examples": changed + len(edit.examples)}


def checked(trial: Preview, force: bool) -> tuple[str, ...]:
    """What the admin should know of an edit that may be saved; Refusal where it may not.

    Refused: an edit that breaks an example, and a rule that holds for more than a quarter of the archive; the
    latter passes by force if it is weak, for it never tags alone.
    """
    if trial.broken:
        examples = tuple(example_fault(one) for one in trial.broken)
        raise Refusal(Code.BREAKS_EXAMPLES, what=trial.edit.subject, count=len(examples), examples=examples)
    common = [use for use in trial.uses if use.archive >= LEAST_ARCHIVE and use.share > COMMON]
    return tuple(_warning(use, force) for use in common)


def _warning(use: Use, force: bool) -> str:
    is_weak = use.rule.weight == Weight.WEAK
    if use.share > REFUSED_SHARE and not (force and is_weak):
        hits = Fault(MEASURES[use.measure], "", {"hits": use.hits}) if use.measure else use.hits
        share = {"hits": hits, "archive": use.archive, "percent": f"{use.share * 100:.0f}"}
        raise Refusal(Code.TOO_COMMON_WEAK if is_weak else Code.TOO_COMMON, rule=use.rule.key, **share)
    return f"{use.rule.key} is common: it holds for {use.measure}{use.hits} of {use.archive} calls ({use.share:.0%})"


def told_example(example: Example) -> str:
    """An example in a line: whose it is, and its words."""
    return worded(example_fault(example), "en")


def example_fault(example: Example) -> Fault:
    """What an example asks for, as the fault that it is where it is broken."""
    of_rule = Fault(Code.OF_RULE, "", {"spearhead": example.spearhead, "rule": example.rule})
    whose = of_rule if example.rule else example.spearhead
    code = Code.MUST_MATCH if example.must else Code.MUST_NOT_MATCH
    return Fault(code, "", {"whose": whose, "words": example.document.title or example.document.text})


def retag_calls(
    session: Session, compiled: CompiledRules, ids: Sequence[int], spearheads: Collection[str], now: datetime
) -> dict[int, list[str]]:
    """Tag these calls anew; gives back those that have any of these spearheads now and had it not, with which."""
    gained: dict[int, list[str]] = {}
    for some in batches(ids):
        had = strategies.spearheads_of(session, some)
        tag_calls(session, compiled, {i: remembered(c) for i, c in calls.calls_by_id(session, some).items()}, now)
        for call_id, has in strategies.spearheads_of(session, some).items():
            if new := (has - had.get(call_id, set())).intersection(spearheads):
                gained[call_id] = sorted(new)
    return gained


def _announce(session: Session, gained: dict[int, list[str]], run_id: int, now: datetime) -> tuple[int, ...]:
    """Make the open ones of these calls news, to those who had no reason to be told of them before."""
    told = [call for call in calls.calls_to_try(session, gained) if is_open(call, brussels_day(now))]
    ids = tuple(call.id or 0 for call in told)
    late = [NewEvent(call_id=i, run_id=run_id, kind=EventKind.LATE, at=now, new={"spearheads": gained[i]}) for i in ids]
    event_log.add_events(session, late)
    return ids


def rolled_back(session: Session, key: str, revision: int | None = None) -> Rule:
    """A rule as it was at a revision, by default at the last but one; one that has no earlier is switched off.

    NotFound where there is no such revision.
    """
    kept = {one.revision: one for one in strategies.rule_revisions(session, key)}
    wanted, is_undone = _wanted(key, kept, revision)
    rule = Rule(key=key, **{name: getattr(kept[wanted], name) for name in Rule.model_fields if name != "key"})
    return rule.model_copy(update={"enabled": rule.enabled and not is_undone})


def rolled_back_mask(session: Session, key: str, revision: int | None = None) -> Mask | None:
    """A mask as it was at a revision, by default at the last but one; None where it was not there."""
    kept = {one.revision: one.state for one in revisions.revisions_of(session, Kind.MASK, key)}
    wanted, is_undone = _wanted(key, kept, revision)
    state = kept[wanted]
    return None if is_undone or state is None else Mask.model_validate(state)


def rolled_back_threshold(session: Session, spearhead: str, revision: int | None = None) -> int:
    """A spearhead's threshold as it was at a revision, by default at the last but one."""
    kept = {one.revision: one.state for one in revisions.revisions_of(session, Kind.SPEARHEAD, spearhead)}
    wanted, _ = _wanted(spearhead, kept, revision)
    return Spearhead.model_validate(kept[wanted] or {"key": spearhead}).threshold


def _wanted(key: str, kept: Collection[int], revision: int | None) -> tuple[int, bool]:
    """The revision to go back to, and whether that is to before the first; NotFound where it is not there."""
    newest = max(kept, default=0)
    wanted = max(newest - 1, 1) if revision is None else revision
    if wanted not in kept:
        raise NotFound(Noun.REVISION, f"{key}/{wanted}", map(str, kept))
    return wanted, revision is None and newest == 1
