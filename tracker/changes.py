"""What a new reading of a call means: the merged facts, its status by the clock, and the events worth telling.

Pure. Does not know tables, sources or readers. Only the fields compared here can make news; everything else that
differs makes a version and nothing more.
"""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.calls import Call, CallFacts, CallStatus, EventKind

BRUSSELS = ZoneInfo("Europe/Brussels")
TWO_STAGE = "two-stage"
TEXT_SHARE = 0.05  # of its words must differ before a text counts as rewritten
MONEY = ("budget_total", "project_min", "project_max")
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class News:
    """One event before it has a number; `old` and `new` are JSON values, dates as ISO words."""

    kind: EventKind
    old: dict[str, Any] | None = None
    new: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What to remember of a call after a reading. `differs` says whether the facts are a new version."""

    facts: CallFacts
    status: CallStatus
    closes_on: date | None
    differs: bool
    news: tuple[News, ...]


def today(now: datetime) -> date:
    """The calendar day in Brussels, where calls open and close."""
    return now.astimezone(BRUSSELS).date()


def closes_on(facts: CallFacts) -> date | None:
    """The last day for a first application: the first stage of a two-stage call, else the last cut-off."""
    if not facts.deadlines:
        return None
    days = [d.on for d in facts.deadlines]
    return min(days) if facts.deadline_model == TWO_STAGE else max(days)


def status_of(facts: CallFacts, on: date) -> CallStatus:
    """Dates decide; the source's word is a veto: it can hold a call back or end it, not open it early or keep it open."""
    last = closes_on(facts)
    if facts.claimed_status is CallStatus.CLOSED or (last is not None and last < on):
        return CallStatus.CLOSED
    if facts.claimed_status is CallStatus.FORTHCOMING or (facts.opens_on is not None and facts.opens_on > on):
        return CallStatus.FORTHCOMING
    return CallStatus.OPEN


def compare(known: Call | None, seen: CallFacts, now: datetime, *, quiet: bool) -> Comparison:
    """Hold a reading against what we know. `quiet` (baseline, backfill, a changed parser) makes versions but no news."""
    on = today(now)
    if known is None:
        status = status_of(seen, on)
        is_news = not quiet and status is not CallStatus.CLOSED
        news = (News(EventKind.NEW, new=_dates(seen)),) if is_news else ()
        return Comparison(seen, status, closes_on(seen), True, news)
    facts = merge(known, seen)
    status = status_of(facts, on)
    news = () if quiet else tuple(_news(known, facts, status, on))
    return Comparison(facts, status, closes_on(facts), facts != remembered(known), news)


def remembered(known: Call) -> CallFacts:
    """The facts of a remembered call, without what only we know."""
    return CallFacts.model_construct(**{name: getattr(known, name) for name in CallFacts.model_fields})


def merge(known: Call, seen: CallFacts) -> CallFacts:
    """The newest word for every field; silence (None, an empty list) never overwrites what was said before."""
    kept = {
        name: getattr(known, name)
        for name in CallFacts.model_fields
        if getattr(seen, name) in (None, ()) and getattr(known, name) not in (None, ())
    }
    return seen.model_copy(update=kept) if kept else seen


def _news(known: Call, facts: CallFacts, status: CallStatus, on: date) -> list[News]:
    deadline = _deadline_news(known, facts, on)
    found = [
        _reopened(known, status) if not deadline or known.withdrawn_at else None,
        News(EventKind.OPENED, new=_dates(facts)) if _opens(known, status) else None,
        deadline,
        _money_news(known, facts),
        _title_news(known, facts),
        _text_news(known, facts),
    ]
    return [news for news in found if news]


def _opens(known: Call, status: CallStatus) -> bool:
    return known.status is CallStatus.FORTHCOMING and status is CallStatus.OPEN and not known.withdrawn_at


def _reopened(known: Call, status: CallStatus) -> News | None:
    was_gone = known.withdrawn_at is not None or known.status is CallStatus.CLOSED
    is_back = status is not CallStatus.CLOSED
    return News(EventKind.REOPENED, new={"status": status.value}) if was_gone and is_back else None


def _dates(facts: CallFacts) -> dict[str, Any]:
    return {
        "opens_on": facts.opens_on.isoformat() if facts.opens_on else None,
        "deadlines": [d.on.isoformat() for d in facts.deadlines],
    }


def _next(days: set[date], on: date) -> date:
    """The day that binds: the first one still ahead, or the last of all."""
    return min((d for d in days if d >= on), default=max(days))


def _cutoffs(days: set[date], on: date) -> dict[str, Any]:
    return {"deadline": _next(days, on).isoformat(), "deadlines": [d.isoformat() for d in sorted(days)]}


def _deadline_news(known: CallFacts, facts: CallFacts, on: date) -> News | None:
    """Days only: clock times are re-stamped by sources without an editor's hand (CONTRACT §0.6, §8)."""
    old, new = {d.on for d in known.deadlines}, {d.on for d in facts.deadlines}
    if old == new or not new:
        return None
    if not old:
        return News(EventKind.CUTOFFS, None, _cutoffs(new, on)) if max(new) >= on else None
    kind = _deadline_kind(old, new, on)
    return News(kind, _cutoffs(old, on), _cutoffs(new, on)) if kind else None


def _deadline_kind(old: set[date], new: set[date], on: date) -> EventKind | None:
    came, gone = new - old, old - new
    if max(old | new) < on or (not came and max(gone) < on):
        return None  # history put right, or past cut-offs dropped from the list
    before, after = _next(old, on), _next(new, on)
    if not (came and gone) or before == after:
        return EventKind.CUTOFFS
    return EventKind.DEADLINE_EARLIER if after < before else EventKind.DEADLINE_LATER


def _money_news(known: CallFacts, facts: CallFacts) -> News | None:
    changed = [
        name for name in MONEY if getattr(known, name) is not None and getattr(known, name) != getattr(facts, name)
    ]
    if not changed:
        return None
    return News(
        EventKind.BUDGET,
        {name: getattr(known, name) for name in changed},
        {name: getattr(facts, name) for name in changed},
    )


def _words(text: str) -> list[str]:
    return WORD.findall(text.casefold())


def _title_news(known: CallFacts, facts: CallFacts) -> News | None:
    if _words(known.title) == _words(facts.title):
        return None
    return News(EventKind.RETITLED, {"title": known.title}, {"title": facts.title})


def _text_news(known: CallFacts, facts: CallFacts) -> News | None:
    if not known.text or not facts.text or known.text == facts.text or not is_rewritten(known.text, facts.text):
        return None
    return News(EventKind.TEXT, {"words": len(_words(known.text))}, {"words": len(_words(facts.text))})


def is_rewritten(old: str, new: str) -> bool:
    """Whether a text says something else: more than 5 % of its words differ, and neither is an excerpt of the other."""
    before, after = _words(old), _words(new)
    shorter = min(len(before), len(after))
    if before[:shorter] == after[:shorter]:
        return False
    differing = Counter(before)
    differing.subtract(after)
    return sum(map(abs, differing.values())) > TEXT_SHARE * (len(before) + len(after))
