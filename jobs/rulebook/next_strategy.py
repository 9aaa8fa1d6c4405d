"""The strategy of a next period: copied from today's rules, edited beside them, and switched on its day.

What was edited of it is laid over today's rules then; a line that was edited in both is named and stops the switch.
"""

from dataclasses import replace
from datetime import date, timedelta

import structlog
from sqlmodel import Session

from db import audit, examples, next_strategies
from db.acts import Act
from db.audit import Signed
from db.next_strategies import NextState, NextStrategy, rows_of_copy
from db.regions import find_ours, region_of
from db.strategies import Level, Strategy
from jobs.base.app import App
from jobs.base.compiled_rules import stored_rulebook
from jobs.base.two_persons import Approval, let_happen
from jobs.rulebook.examples import as_row, kept_examples
from jobs.rulebook.saving import must_have_reason, save, write_revisions
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, TrackerError, WrongState
from tracker.tagging.index import rulebook_fingerprint
from tracker.tagging.rulebook import Rulebook, in_force
from tracker.tagging.rulebook_edits import Edit
from tracker.tagging.rulebook_lines import ChangedLine, changed_lines, changed_since, stored_line, with_lines

NOTHING = Rulebook((), (), ())
OPEN_STATES = (NextState.PREPARED, NextState.SCHEDULED)
LONGEST_NAME = 100


def prepare_strategy(app: App, name: str, signed: Signed) -> NextStrategy:
    """Copy today's rules into the strategy of a next period; InputFaults without a name or a reason."""
    must_have_reason(signed)
    whole = " ".join(name.split())
    if not whole or len(whole) > LONGEST_NAME:
        raise InputFaults(Fault(Code.TOO_LONG if whole else Code.MISSING, "name", {"most": LONGEST_NAME}))
    with app.db.write() as session:
        today, kept = stored_rulebook(session), kept_examples(session)
        base = [line.as_json() for line in changed_lines(NOTHING, today)]
        made = NextStrategy(
            key="", name=whole, base=base, author=signed.author, reason=signed.reason, made_at=signed.at
        )
        session.add(made)
        session.flush()
        made.key = f"next-{made.id}"
        audit.append_audit(session, signed, Act.NEXT_PREPARED, f"strategy {made.id}", after={"name": whole})
        source = region_of(session)
    beside = beside_today(app, made)
    with beside.db.write() as session:
        copy = Edit("copy", NOTHING, replace(today, strategies=(*today.strategies, _period(app, today, made))))
        write_revisions(session, copy, signed)
        for example in kept:
            examples.insert_example(session, as_row(example), signed)
        next_strategies.copy_taggings(session, source)
    return made


def _period(app: App, today: Rulebook, made: NextStrategy) -> Strategy:
    """The period of a next strategy, with the spearheads of today's newest one."""
    own = [one for one in in_force(today.strategies, app.today()) if one.level is Level.SPEARHEAD]
    heads = own[0].spearheads if own else tuple(one.key for one in today.spearheads if one.level is Level.SPEARHEAD)
    names = tuple((str(language), made.name) for language in app.region.languages)
    return Strategy(key=made.key, starts_on=app.today() + timedelta(days=1), spearheads=heads, names=names)


def beside_today(app: App, strategy: NextStrategy) -> App:
    """An app that works on the copy: every edit, preview and history is there as in any region."""
    return replace(app, db=app.db.of_region(rows_of_copy(strategy)), compiled=app.compiled.beside())


def next_named(session: Session, number: int, *states: NextState) -> NextStrategy:
    """The strategy of a next period; NotFound, or WrongState if it is in none of the states."""
    found = find_ours(session, NextStrategy, number, held=bool(states))
    if found is None:
        raise NotFound(Noun.STRATEGY, number)
    if states and found.state not in states:
        raise WrongState(Noun.STRATEGY, number, found.state, states)
    return found


def edited_lines(app: App, strategy: NextStrategy) -> tuple[ChangedLine, ...]:
    """The lines that were edited of a copy."""
    with beside_today(app, strategy).db.read() as session:
        book = stored_rulebook(session)
    return changed_lines(_base(strategy), book)


def _base(strategy: NextStrategy) -> Rulebook:
    return with_lines(NOTHING, map(stored_line, strategy.base))


def switching_edit(app: App, strategy: NextStrategy, on: date) -> Edit:
    """The edit by which a next strategy takes over on a day; Refusal if a line was edited both there and today."""
    lines = edited_lines(app, strategy)
    with app.db.read() as session:
        today, known = stored_rulebook(session), set(map(_said, kept_examples(session)))
    if changed := changed_since(today, lines):
        raise Refusal(Code.CHANGED_SINCE, lines=tuple(one.key for one in changed))
    with beside_today(app, strategy).db.read() as session:
        fresh = tuple(one for one in kept_examples(session) if _said(one) not in known)
    book = with_lines(today, lines)
    periods = tuple(_dated(one, strategy.key, on) for one in book.strategies)
    return Edit(f"strategy {strategy.key}", today, replace(book, strategies=periods), fresh)


def _said(example: object) -> str:
    return repr(example)


def _dated(one: Strategy, key: str, on: date) -> Strategy:
    """The next strategy begins on its day; the open one before it ends on the day before."""
    if one.key == key:
        return one.model_copy(update={"starts_on": on})
    is_before = one.level is Level.SPEARHEAD and one.starts_on < on and (one.ends_on is None or one.ends_on >= on)
    return one.model_copy(update={"ends_on": on - timedelta(days=1)}) if is_before else one


def schedule_strategy(
    app: App,
    number: int,
    on: date,
    announce: bool,
    signed: Signed,
    approval: Approval | None = None,
    proposed: str = "",
) -> NextStrategy:
    """Choose the day on which a next strategy takes over. InputFaults for a day that is past, or without a reason.

    Where two persons are needed, only with an `approval`, and of just the rules that were `proposed` (their
    fingerprint). What is edited afterwards stops the switch.
    """
    must_have_reason(signed)
    must_come(app, on)
    with app.db.read() as session:
        strategy = next_named(session, number, *OPEN_STATES)
    mark = mark_of_rules(app, strategy)
    if proposed and proposed != mark:
        raise Refusal(Code.EDITED_SINCE)
    with app.db.write() as session:
        strategy = next_named(session, number, *OPEN_STATES)
        let_happen(session, approval)
        before, strategy.starts_on, strategy.announce = strategy.starts_on, on, announce
        strategy.fingerprint, strategy.state, strategy.trouble = mark, NextState.SCHEDULED, None
        session.add(strategy)
        was, then = {"starts_on": before.isoformat()} if before else {}, {"starts_on": on.isoformat()}
        audit.append_audit(session, signed, Act.NEXT_SCHEDULED, f"strategy {number}", before=was, after=then)
    return strategy


def must_come(app: App, on: date) -> None:
    """Raise InputFaults for a day that is past."""
    if on < app.today():
        raise InputFaults(Fault(Code.DAY_PAST, "starts_on"))


def mark_of_rules(app: App, strategy: NextStrategy) -> str:
    """The fingerprint of a next strategy's rules as they are."""
    beside = beside_today(app, strategy)
    with beside.db.read() as session:
        return rulebook_fingerprint(stored_rulebook(session), beside.compiled.lemmas)


def drop_strategy(app: App, number: int, signed: Signed) -> NextStrategy:
    """Give up a next strategy; its rules stay to be looked at. InputFaults without a reason."""
    must_have_reason(signed)
    with app.db.write() as session:
        strategy = next_named(session, number, *OPEN_STATES)
        before, strategy.state = strategy.state, NextState.DROPPED
        session.add(strategy)
        changed = {"before": {"state": before}, "after": {"state": strategy.state}}
        audit.append_audit(session, signed, Act.NEXT_DROPPED, f"strategy {number}", **changed)
    return strategy


def switch_due(app: App) -> list[NextStrategy]:
    """Let the strategies take over whose day has come; one that cannot says why and waits for a person."""
    with app.db.read() as session:
        due = [one for one in next_strategies.list_next(session, [NextState.SCHEDULED]) if one.starts_on]
    return [_switch_or_say(app, one) for one in due if one.starts_on and one.starts_on <= app.today()]


def _switch_or_say(app: App, strategy: NextStrategy) -> NextStrategy:
    by = Signed(strategy.author, strategy.reason, app.clock())
    trouble = None
    try:
        if mark_of_rules(app, strategy) != strategy.fingerprint:
            raise Refusal(Code.EDITED_SINCE)
        edit = switching_edit(app, strategy, strategy.starts_on or app.today())
        save(app, edit, by, force=True, announce=strategy.announce, approval=Approval(0, by))
    except TrackerError as error:
        trouble = error.code.value if isinstance(error, Refusal) else "refused"
        structlog.get_logger().warning("strategy did not take over", strategy=strategy.id, why=trouble)
    with app.db.write() as session:
        stored = next_named(session, strategy.id or 0, NextState.SCHEDULED)
        stored.trouble, stored.state = trouble, NextState.PREPARED if trouble else NextState.TAKEN_OVER
        session.add(stored)
        changed = {"before": {"state": NextState.SCHEDULED}, "after": {"state": stored.state}}
        audit.append_audit(session, by, Act.NEXT_SWITCHED, f"strategy {stored.id}", **changed)
    return stored
