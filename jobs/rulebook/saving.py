"""Save edits of the rulebook: refuse or warn, keep revisions, retag the calls concerned, tell readers if requested.

Every save previews its edit first (`jobs.rulebook.preview`). The edits themselves are built here from the stored
rulebook, and from a person's request in `jobs.rulebook.drafts`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlmodel import Session

from db import audit, calls, event_log, examples, revisions, strategies
from db.acts import TELLS, Act
from db.audit import Signed
from db.event_log import EventKind, NewEvent
from db.revisions import Kind
from db.strategies import Mask, Rule, Spearhead, Weight
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules, stored_rulebook
from jobs.base.runs import recorded
from jobs.base.two_persons import Approval, let_happen
from jobs.rulebook.examples import as_row
from jobs.rulebook.preview import batches, preview_edit
from jobs.rulebook.tagging import tag_calls
from tracker.calls.changes import brussels_day, remembered
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal
from tracker.refusals import worded
from tracker.tagging.evaluate import Example
from tracker.tagging.preview import COMMON, TOO_COMMON, Preview, Use, is_open
from tracker.tagging.rulebook_edits import Edit, with_mask, with_rule, with_scoring
from tracker.tagging.rulebook_lines import ChangedLine, changed_lines

LEAST_ARCHIVE = 100  # a share of fewer calls means nothing


class NoChange(Refusal):
    """The edit would change nothing."""


@dataclass(frozen=True, slots=True)
class Saved:
    """The result of a save; `told` are the ids of the calls that became news as "added late"."""

    preview: Preview
    counts: dict[str, int]  # changed rules, masks, … and examples
    warnings: tuple[Fault, ...]
    told: tuple[int, ...]


def rule_edit(session: Session, rule: Rule, given: Iterable[Example] = ()) -> Edit:
    """Build the edit that adds or replaces a rule; the given examples are saved with it."""
    book = stored_rulebook(session)
    return Edit(rule.key, book, with_rule(book, rule), tuple(given))


def mask_edit(session: Session, key: str, mask: Mask | None) -> Edit:
    """Build the edit that adds or replaces a mask, or removes it where `mask` is None."""
    book = stored_rulebook(session)
    return Edit(f"mask {key}", book, with_mask(book, key, mask))


def scoring_edit(session: Session, spearhead: str | None, **scoring: int | None) -> Edit:
    """Build the edit that sets the `threshold` or the `full_until` of a spearhead; None: of all."""
    book = stored_rulebook(session)
    keys = {spearhead} if spearhead else {known.key for known in book.spearheads}
    return Edit(f"threshold {spearhead or 'any'}", book, with_scoring(book, keys, **scoring))


def known_spearhead(session: Session, key: str) -> str:
    """Return the key if it is a spearhead's; otherwise NotFound, which lists the known ones."""
    known = sorted(spearhead.key for spearhead in strategies.all_spearheads(session))
    if key not in known:
        raise NotFound(Noun.SPEARHEAD, key, known)
    return key


def save(
    app: App,
    edit: Edit,
    signed: Signed,
    *,
    force: bool = False,
    announce: bool = False,
    approval: Approval | None = None,
) -> Saved:
    """Save an edit as revisions and retag the calls it can reach; readers are told only with `announce`.

    InputFaults without a reason; Refusal if it may not be saved (`checked`) or the rulebook was changed since the edit
    was made; NoChange if there is nothing to save. Where two persons are needed, only with an `approval`.
    """
    must_have_reason(signed)
    with app.db.read() as session:
        preview = preview_edit(session, app.compiled, edit)
    warnings = checked(preview, force)
    with recorded(app.db, "retag", edit.subject, app.clock) as run, app.db.write() as session:
        if stored_rulebook(session) != edit.before:
            raise Refusal(Code.RULES_CHANGED)
        _, before = app.compiled.index(session)
        counts = write_revisions(session, edit, signed)
        announced: tuple[int, ...] = ()
        if any(counts.values()):
            let_happen(session, approval)
            gained = retag_calls(session, app.compiled, preview.reached, preview.touched, app.clock())
            strategies.note_retagged(session, before, app.compiled.index(session)[1])
            announced = _announce(session, gained, run.id or 0, app.clock()) if announce else ()
            run.counts = {"calls": len(preview.reached), "gained": len(gained), "told": len(announced)}
            _told_to_admins(session, edit, signed, run.counts)
    if not any(counts.values()):  # the run is done all the same: nothing failed
        raise NoChange(Code.NOTHING_TO_SAVE, what=edit.subject)
    return Saved(preview, counts, warnings, announced)


def _told_to_admins(session: Session, edit: Edit, signed: Signed, counts: dict[str, int]) -> None:
    """Name what was saved in the audit and in the log."""
    is_rule = strategies.rule_named(session, edit.subject) is not None
    subject = f"rule {edit.subject}" if is_rule else edit.subject
    newest = newest_revision(session, subject)
    lines = changed_lines(edit.before, edit.book)
    before, after = _fields(lines[0]) if len(lines) == 1 else ({}, {})
    audit.append_audit(
        session,
        signed,
        Act.RULES_SAVED,
        subject,
        {**counts, "lines": len(lines), "revision": newest},
        before=before,
        after=after,
    )
    structlog.get_logger().info("rule saved", key=edit.subject, revision=newest, by=signed.author, **counts)


def newest_revision(session: Session, subject: str) -> int | None:
    """The number of the last save of what the log names so: a rule, a mask, a spearhead's points or an example."""
    kind, _, key = subject.partition(" ")
    if kind == "rule":
        return max((one.revision for one in strategies.rule_revisions(session, key)), default=None)
    kinds = {"mask": Kind.MASK, "threshold": Kind.SPEARHEAD, "example": Kind.EXAMPLE}
    saved = revisions.revisions_of(session, kinds[kind], key) if kind in kinds else ()
    return max((one.revision for one in saved), default=None)


def _fields(changed: ChangedLine) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a line that differ, as they were and as they are; all of them where the line is new or gone."""
    old, new = (state or {} for state in (changed.before, changed.after))
    names = [name for name in TELLS[Act.RULES_SAVED].changes if old.get(name) != new.get(name)]
    return {name: old[name] for name in names if name in old}, {name: new[name] for name in names if name in new}


def must_have_reason(signed: Signed) -> None:
    """Raise InputFaults if a change is signed without a reason."""
    if not signed.reason.strip():
        raise InputFaults(Fault(Code.NO_REASON, "reason"))


def write_revisions(session: Session, edit: Edit, signed: Signed) -> dict[str, int]:
    """Write what an edit changes, each line as a revision; returns how many rules, other lines and examples changed."""
    book, changed = edit.book, 0
    counts = strategies.replace_rulebook(session, book.strategies, book.spearheads, book.rules, book.masks, signed)
    if edit.of_file is not None:
        changed += examples.replace_of_file(
            session, [as_row(example, from_file=True) for example in edit.of_file], signed
        )
    for example in edit.examples:
        examples.insert_example(session, as_row(example), signed)
    return counts | {"examples": changed + len(edit.examples)}


def checked(preview: Preview, force: bool) -> tuple[Fault, ...]:
    """Check whether an edit may be saved: Refusal if not, otherwise the warnings for the admin.

    An edit that breaks an example is refused, and so is a rule that matches more than a quarter of the archive. `force`
    lets such a rule pass if it is weak, because a weak rule never tags on its own.
    """
    if preview.broken:
        examples = tuple(example_fault(example) for example in preview.broken)
        raise Refusal(Code.BREAKS_EXAMPLES, what=preview.edit.subject, count=len(examples), examples=examples)
    common = [use for use in preview.uses if use.archive >= LEAST_ARCHIVE and use.share > COMMON]
    return tuple(_warning(use, force) for use in common)


def _warning(use: Use, force: bool) -> Fault:
    is_weak = use.rule.weight == Weight.WEAK
    hits = Fault(use.measure, "", {"hits": use.hits}) if use.measure else use.hits
    values = {"rule": use.rule.key, "hits": hits, "archive": use.archive, "percent": f"{use.share * 100:.0f}"}
    if use.share > TOO_COMMON and not (force and is_weak):
        raise Refusal(Code.TOO_COMMON_WEAK if is_weak else Code.TOO_COMMON, **values)
    return Fault(Code.COMMON, "", values)


def told_example(example: Example, language: str) -> str:
    """Word an example in one line: its spearhead or rule, and its text."""
    return worded(example_fault(example), language)


def example_fault(example: Example) -> Fault:
    """Build the fault that a broken example is: what must, or must not, match which words."""
    of_rule = Fault(Code.OF_RULE, "", {"spearhead": example.spearhead, "rule": example.rule})
    subject = of_rule if example.rule else example.spearhead
    code = Code.MUST_MATCH if example.must else Code.MUST_NOT_MATCH
    return Fault(code, "", {"whose": subject, "words": example.document.title or example.document.text})


def retag_calls(
    session: Session, compiled: CompiledRules, ids: Sequence[int], spearheads: Collection[str], now: datetime
) -> dict[int, list[str]]:
    """Retag these calls; returns those that gained any of these spearheads: call id → spearheads gained."""
    gained: dict[int, list[str]] = {}
    for batch in batches(ids):
        had = strategies.spearheads_of(session, batch)
        tag_calls(session, compiled, {i: remembered(c) for i, c in calls.calls_by_id(session, batch).items()}, now)
        for call_id, has in strategies.spearheads_of(session, batch).items():
            if new := (has - had.get(call_id, set())).intersection(spearheads):
                gained[call_id] = sorted(new)
    return gained


def _announce(session: Session, gained: dict[int, list[str]], run_id: int, now: datetime) -> tuple[int, ...]:
    """Make news of the open calls among these, for readers whom nothing else told of them; returns their ids."""
    still_open = [call for call in calls.calls_to_try(session, gained) if is_open(call, brussels_day(now))]
    ids = tuple(call.id or 0 for call in still_open)
    late = [NewEvent(call_id=i, run_id=run_id, kind=EventKind.LATE, at=now, new={"spearheads": gained[i]}) for i in ids]
    event_log.add_events(session, late)
    return ids


def rolled_back(session: Session, key: str, revision: int | None = None) -> Rule:
    """Return a rule as it was at a revision, by default the last but one; a rule with only one is switched off.

    NotFound if there is no such revision.
    """
    by_number = {revised.revision: revised for revised in strategies.rule_revisions(session, key)}
    number, is_undone = _number_of(key, by_number, revision)
    rule = Rule(key=key, **{name: getattr(by_number[number], name) for name in Rule.model_fields if name != "key"})
    return rule.model_copy(update={"enabled": rule.enabled and not is_undone})


def rolled_back_mask(session: Session, key: str, revision: int | None = None) -> Mask | None:
    """Return a mask as it was at a revision, by default the last but one; None if it did not exist then."""
    states = {revised.revision: revised.state for revised in revisions.revisions_of(session, Kind.MASK, key)}
    number, is_undone = _number_of(key, states, revision)
    state = states[number]
    return None if is_undone or state is None else Mask.model_validate(state)


def rolled_back_scoring(session: Session, spearhead: str, revision: int | None = None) -> dict[str, int | None]:
    """Return a spearhead's `threshold` and `full_until` as they were at a revision, by default the last but one."""
    history = revisions.revisions_of(session, Kind.SPEARHEAD, spearhead)
    states = {revised.revision: revised.state for revised in history}
    number, _ = _number_of(spearhead, states, revision)
    then = Spearhead.model_validate(states[number] or {"key": spearhead})
    return {"threshold": then.threshold, "full_until": then.full_until}


def _number_of(key: str, numbers: Collection[int], revision: int | None) -> tuple[int, bool]:
    """Find the revision to go back to, and whether that means before the first; NotFound if it does not exist."""
    newest = max(numbers, default=0)
    number = max(newest - 1, 1) if revision is None else revision
    if number not in numbers:
        raise NotFound(Noun.REVISION, f"{key}/{number}", map(str, numbers))
    return number, revision is None and newest == 1
