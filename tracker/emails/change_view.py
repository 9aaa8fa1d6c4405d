"""Change view: what has changed about a call, in words. `tracker.digests.selection` finds the changes."""

from dataclasses import dataclass
from datetime import date

from tracker import l10n
from tracker.digests.content import Change, ChangeKind, DigestCall
from tracker.emails.sanitise import clean

TITLE_LENGTH = 240
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


def change_line(change: Change, language: str) -> ChangeLine:
    """Word a change: Määräaika siirtyi 12.11.2026 → 26.11.2026, 14 päivää lisää."""
    return ChangeLine(CHANGES[change.kind](change, language), _is_earlier(change))


def _deadline_change(change: Change, language: str) -> str:
    t = l10n.catalogue(language)
    match change.old, change.new:
        case date() as old, date() as new:
            return _moved(old, new, language)
        case None, date() as new:
            return t.gettext("Deadline set: %(new)s") % {"new": l10n.bare_day(new, language)}
        case date() as old, None:
            return t.gettext("Deadline removed (it was %(old)s)") % {"old": l10n.bare_day(old, language)}
    raise ValueError(f"a deadline's change holds dates, not {change!r}")


def _moved(old: date, new: date, language: str) -> str:
    t = l10n.catalogue(language)
    n = abs((new - old).days)
    more = t.ngettext(
        "Deadline moved %(old)s → %(new)s, %(n)d day more", "Deadline moved %(old)s → %(new)s, %(n)d days more", n
    )
    less = t.ngettext(
        "Deadline moved EARLIER %(old)s → %(new)s, %(n)d day less",
        "Deadline moved EARLIER %(old)s → %(new)s, %(n)d days less",
        n,
    )
    text = less if new < old else more
    return text % {"old": l10n.bare_day(old, language), "new": l10n.bare_day(new, language), "n": n}


def _cutoffs_change(change: Change, language: str) -> str:
    t = l10n.catalogue(language)
    match change.old, change.new:
        case (tuple() as old, tuple() as new):
            added = l10n.days(_without(new, old), language, DATES_MOST)
            gone = l10n.days(_without(old, new), language, DATES_MOST)
            parts = [t.gettext("added %(dates)s") % {"dates": added}] if added else []
            parts += [t.gettext("removed %(dates)s") % {"dates": gone}] if gone else []
            return t.gettext("Cut-off dates changed: %(parts)s") % {"parts": "; ".join(parts)}
    raise ValueError(f"a change of cut-offs holds tuples of dates, not {change!r}")


def _without(these: tuple[date, ...], those: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(day for day in these if day not in those)


def _budget_change(change: Change, language: str) -> str:
    t = l10n.catalogue(language)
    match change.old, change.new:
        case int() as old, int() as new:
            sums = {"old": l10n.money(old, language), "new": l10n.money(new, language)}
            return t.gettext("Budget %(old)s → %(new)s") % sums
        case None, int() as new:
            return t.gettext("Budget set: %(new)s") % {"new": l10n.money(new, language)}
        case int() as old, None:
            return t.gettext("Budget removed (it was %(old)s)") % {"old": l10n.money(old, language)}
    raise ValueError(f"a change of budget holds whole euro, not {change!r}")


def _title_change(change: Change, language: str) -> str:
    t = l10n.catalogue(language)
    old = l10n.quoted(clean(str(change.old or ""), TITLE_LENGTH), language)
    return t.gettext("Renamed; it was %(old)s") % {"old": old}


def _text_change(change: Change, language: str) -> str:
    return l10n.catalogue(language).gettext("The call's text was changed")


def _reopened(change: Change, language: str) -> str:
    return l10n.catalogue(language).gettext("Opened again")


def _late(change: Change, language: str) -> str:
    return l10n.catalogue(language).gettext("Added late: the call is older, and only now found to be yours")


CHANGES = {
    ChangeKind.DEADLINE: _deadline_change,
    ChangeKind.CUTOFFS: _cutoffs_change,
    ChangeKind.BUDGET: _budget_change,
    ChangeKind.TITLE: _title_change,
    ChangeKind.TEXT: _text_change,
    ChangeKind.REOPENED: _reopened,
    ChangeKind.LATE: _late,
}
