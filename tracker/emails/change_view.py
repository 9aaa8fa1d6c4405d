"""Change view: what has changed about a call, in words. `tracker.digests.selection` finds the changes."""

from dataclasses import dataclass
from datetime import date

from tracker import l10n
from tracker.digests.content import Change, ChangeKind, DigestCall
from tracker.emails.sanitise import clean

TITLE_LENGTH = 240
PASSAGE_LENGTH = 300
DATES_MOST = 4


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in words; `strong` if the reader has less time than before."""

    text: str
    strong: bool


def has_less_time(call: DigestCall) -> bool:
    """Whether a deadline of this call was moved to an earlier day."""
    return any(_is_earlier(change) for change in call.changes)


def _is_earlier(change: Change) -> bool:
    match change:
        case Change(ChangeKind.DEADLINE, date() as old, date() as new):
            return new < old
    return False


def change_line(change: Change, call: DigestCall, language: str) -> ChangeLine:
    """Word a change of this call: Määräaika siirtyi 12.11.2026 → 26.11.2026, 14 päivää lisää."""
    return ChangeLine(CHANGES[change.kind](change, call, language), _is_earlier(change))


def _deadline_change(change: Change, call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    match change.old, change.new:
        case date() as old, date() as new:
            return _moved(old, new, language, _stage(new, call))
        case None, date() as new:
            return t.gettext("Deadline set: %(new)s") % {"new": l10n.bare_day(new, language)}
        case date() as old, None:
            return t.gettext("Deadline removed (it was %(old)s)") % {"old": l10n.bare_day(old, language)}
    raise ValueError(f"a deadline's change holds dates, not {change!r}")


def _stage(on: date, call: DigestCall) -> int | None:
    """Which stage of a two-stage call a day ends; None for calls without stages."""
    if not call.two_stage:
        return None
    days = [d.on for d in call.deadlines]
    given = next((d.stage for d in call.deadlines if d.on == on), None)
    return given or (1 if on in days and on < max(days) else 2 if on in days else None)


def _stage_moved(old: date, new: date, language: str, stage: int) -> str:
    t = l10n.catalogue(language)
    more = t.gettext("Deadline of stage %(stage)d moved %(old)s → %(new)s")
    less = t.gettext("Deadline of stage %(stage)d moved EARLIER %(old)s → %(new)s")
    days = {"old": l10n.bare_day(old, language), "new": l10n.bare_day(new, language)}
    return (less if new < old else more) % {"stage": stage, **days}


def _moved(old: date, new: date, language: str, stage: int | None = None) -> str:
    if stage:
        return _stage_moved(old, new, language, stage)
    t = l10n.catalogue(language)
    n = abs((new - old).days)
    more = t.ngettext(
        "Deadline moved %(old)s → %(new)s, %(n)d day later", "Deadline moved %(old)s → %(new)s, %(n)d days later", n
    )
    less = t.ngettext(
        "Deadline moved EARLIER %(old)s → %(new)s, %(n)d day earlier",
        "Deadline moved EARLIER %(old)s → %(new)s, %(n)d days earlier",
        n,
    )
    text = less if new < old else more
    return text % {"old": l10n.bare_day(old, language), "new": l10n.bare_day(new, language), "n": n}


def _cutoffs_change(change: Change, call: DigestCall, language: str) -> str:
    match change.old, change.new:
        case (tuple() as old, tuple() as new):
            came, gone = _without(new, old), _without(old, new)
            return (_stages_changed if call.two_stage else _dates_changed)(came, gone, call, language)
    raise ValueError(f"a change of cut-offs holds tuples of dates, not {change!r}")


def _dates_changed(came: tuple[date, ...], gone: tuple[date, ...], call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    if not gone and not call.continuous:
        return t.ngettext("Deadline set: %(new)s", "Deadlines set: %(new)s", len(came)) % {
            "new": l10n.days(came, language, DATES_MOST)
        }
    added = t.ngettext("new %(dates)s", "new %(dates)s", len(came)) % {"dates": l10n.days(came, language, DATES_MOST)}
    removed = t.ngettext("removed %(dates)s", "removed %(dates)s", len(gone)) % {
        "dates": l10n.days(gone, language, DATES_MOST)
    }
    parts = ", ".join(part for part, days in ((added, came), (removed, gone)) if days)
    return t.gettext("Cut-off dates changed: %(parts)s") % {"parts": parts}


def _stages_changed(came: tuple[date, ...], gone: tuple[date, ...], call: DigestCall, language: str) -> str:
    """What became of the stages of a two-stage call; the first has its own news, so what is left is mostly the second.

    A day that came takes the place of one that went, in their order.
    """
    t = l10n.catalogue(language)
    parts = [_moved(old, new, language, _stage(new, call) or 2) for old, new in zip(gone, came, strict=False)]
    for day in came[len(gone) :]:
        said = {"stage": _stage(day, call) or 2, "new": l10n.bare_day(day, language)}
        parts.append(t.gettext("Deadline of stage %(stage)d set: %(new)s") % said)
    for day in gone[len(came) :]:
        said = {"stage": 2, "old": l10n.bare_day(day, language)}
        parts.append(t.gettext("Deadline of stage %(stage)d removed (it was %(old)s)") % said)
    return "; ".join(parts)


def _without(these: tuple[date, ...], those: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(day for day in these if day not in those)


def _budget_change(change: Change, call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    match change.old, change.new:
        case int() as old, int() as new:
            return t.gettext("Total budget: %(sums)s") % {"sums": l10n.money_change(old, new, language)}
        case None, int() as new:
            return t.gettext("Total budget given: %(new)s") % {"new": l10n.money(new, language)}
        case int() as old, None:
            return t.gettext("Total budget removed (it was %(old)s)") % {"old": l10n.money(old, language)}
    raise ValueError(f"a change of budget holds whole euro, not {change!r}")


def _per_project_change(change: Change, call: DigestCall, language: str) -> str:
    match change.old, change.new:
        case (int() | None as least, int() | None as most), (int() | None as new_least, int() | None as new_most):
            old, new = l10n.per_project(least, most, language), l10n.per_project(new_least, new_most, language)
            text = l10n.catalogue(language).gettext("Funding changed: %(old)s → %(new)s")
            return text % {"old": old, "new": new}
    raise ValueError(f"a change of money per project holds pairs of whole euro, not {change!r}")


def _title_change(change: Change, call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    old = l10n.quoted(clean(str(change.old or ""), TITLE_LENGTH), language)
    return t.gettext("Renamed; it was %(old)s") % {"old": old}


def _text_change(change: Change, call: DigestCall, language: str) -> str:
    """What was added to the conditions and what was taken out, in a few words; older events do not say."""
    t = l10n.catalogue(language)
    added, removed = (
        l10n.quoted(clean(str(passage), PASSAGE_LENGTH), language) if passage else ""
        for passage in (change.new, change.old)
    )
    if added and removed:
        return t.gettext("Text added: %(added)s; removed: %(removed)s") % {"added": added, "removed": removed}
    if added:
        return t.gettext("Text added: %(added)s") % {"added": added}
    if removed:
        return t.gettext("Text removed: %(removed)s") % {"removed": removed}
    return t.gettext("The call's text was changed")


def _reopened(change: Change, call: DigestCall, language: str) -> str:
    return l10n.catalogue(language).gettext("Opened again")


def _late(change: Change, call: DigestCall, language: str) -> str:
    return l10n.catalogue(language).gettext("Added late: an older call, only now recognised as one that you follow")


CHANGES = {
    ChangeKind.DEADLINE: _deadline_change,
    ChangeKind.CUTOFFS: _cutoffs_change,
    ChangeKind.BUDGET: _budget_change,
    ChangeKind.PER_PROJECT: _per_project_change,
    ChangeKind.TITLE: _title_change,
    ChangeKind.TEXT: _text_change,
    ChangeKind.REOPENED: _reopened,
    ChangeKind.LATE: _late,
}
