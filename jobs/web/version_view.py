"""What has become of a call, in words: each reading that found it changed, with what was cut and added in its texts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from db.calls import Call, CallFacts, CallVersion
from db.event_log import CallEvent, EventKind
from tracker import l10n
from tracker.calls.word_diff import DiffPiece, word_diff
from tracker.digests.content import DigestCall
from tracker.digests.selection import net_changes
from tracker.emails.call_view import FACTS
from tracker.emails.change_view import change_line
from tracker.emails.sanitise import clean
from tracker.instants import in_zone
from tracker.l10n import N_

MOST_VERSIONS = 20
VALUE_LENGTH, PIECE_LENGTH, LONGEST_TEXT = 120, 4000, 200_000
HAPPENED = {
    EventKind.NEW: N_("First seen"),
    EventKind.OPENED: N_("Opened"),
    EventKind.REOPENED: N_("Opened again"),
    EventKind.WITHDRAWN: N_("Withdrawn by its publisher"),
    EventKind.LATE: N_("Recognised as one of a spearhead"),
}
SAID_BY = {  # the facts whose change an event puts into words already
    "deadlines": ("deadlines", "deadline_model"),
    "budget_total": ("budget_total", "project_min", "project_max"),
    "project_min": ("budget_total", "project_min", "project_max"),
    "project_max": ("budget_total", "project_min", "project_max"),
    "title": ("title",),
}
NAMES = FACTS | {
    "expected_grants": N_("Number of projects"),
    "text": N_("The call’s text"),
    "conditions": N_("Conditions"),
    "note": N_("The publisher’s remark"),
}
LONG = ("text", "conditions", "consortium", "note")  # told by their words


@dataclass(frozen=True, slots=True)
class TextDiff:
    """A text of a call that was changed: its name, and what was cut and added."""

    name: str
    pieces: tuple[DiffPiece, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a call: when we saw it, and in words what."""

    at: datetime
    seen: str
    texts: tuple[str, ...]
    is_strong: bool
    diffs: tuple[TextDiff, ...] = ()


def what_happened(
    call: Call,
    events: Sequence[CallEvent],
    versions: Sequence[CallVersion],
    told: DigestCall,
    language: str,
    zone: ZoneInfo,
) -> Iterator[Happening]:
    """What happened to a call, newest first; at the end when it was first seen, also if that was no news."""
    changed = {after.seen_at: (before, after) for before, after in pairwise(versions)}
    by_instant: dict[datetime, list[CallEvent]] = {at: [] for at in changed}
    for event in sorted(events, key=lambda one: one.seq or 0):
        by_instant.setdefault(event.at, []).append(event)
    if not call.backfilled and EventKind.NEW not in {event.kind for event in events}:
        first = CallEvent(call_id=call.id or 0, run_id=0, kind=EventKind.NEW, at=call.first_seen_at)
        by_instant.setdefault(call.first_seen_at, []).insert(0, first)
    for at in sorted(by_instant, reverse=True):
        happened = _happening(at, by_instant[at], changed.get(at), told, language, zone)
        if happened.texts or happened.diffs:
            yield happened


def _happening(
    at: datetime,
    events: Sequence[CallEvent],
    pair: tuple[CallVersion, CallVersion] | None,
    told: DigestCall,
    language: str,
    zone: ZoneInfo,
) -> Happening:
    t = l10n.catalogue(language)
    lines = [change_line(change, told, language) for event in events for change in net_changes([event])]
    texts = [t.gettext(HAPPENED[event.kind]) for event in reversed(events) if event.kind in HAPPENED]
    texts += [line.text for line in lines]
    diffs: tuple[TextDiff, ...] = ()
    if pair and pair[0].parser_version != pair[1].parser_version:
        texts.append(t.gettext("We read the publisher’s page in a new way."))
    elif pair:
        said = {name for event in events for key in event.new or {} for name in SAID_BY.get(key, ())}
        texts += _other_changes(pair[0].facts, pair[1].facts, said, language)
        diffs = tuple(_diffs(pair[0].facts, pair[1].facts, language))
    return Happening(at, l10n.moment(at, language, zone), tuple(texts), any(line.strong for line in lines), diffs)


def _other_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], said: Iterable[str], language: str
) -> Iterator[str]:
    """The facts that changed and are no news: what each was and is."""
    t = l10n.catalogue(language)
    try:
        old, new = _facts(before), _facts(after)
    except ValidationError:  # stored by a program that read it otherwise
        return
    for name, label in NAMES.items():
        if name in said or name in LONG or (was := getattr(old, name)) == (now := getattr(new, name)):
            continue
        values = [fact_value(name, value, language) for value in (was, now)]
        yield f"{t.gettext(label)}: {' → '.join(values)}"


def _facts(stored: Mapping[str, Any]) -> CallFacts:
    """The facts of a version; what an older program stored lacks some of them."""
    return CallFacts.model_validate({name: stored[name] for name in CallFacts.model_fields if name in stored})


def fact_value(name: str, value: Any, language: str) -> str:
    """A fact of a call in words; a dash where it says nothing."""
    if value in (None, (), ""):
        return "–"
    if name in ("budget_total", "project_min", "project_max"):
        return l10n.money(value, language)
    if name == "opens_on":
        return l10n.bare_day(value, language)
    if name == "deadlines":
        return l10n.days(tuple(deadline.on for deadline in value), language, 3)
    if name == "audience":
        return clean(l10n.audience(value, language), VALUE_LENGTH)
    return clean(str(value), VALUE_LENGTH)


def _diffs(before: Mapping[str, Any], after: Mapping[str, Any], language: str) -> Iterator[TextDiff]:
    for name in LONG:
        old, new = (_text(side.get(name)) for side in (before, after))
        if old != new and (pieces := word_diff(old, new)):
            cleaned = tuple(DiffPiece(piece.kind, clean(piece.text, PIECE_LENGTH)) for piece in pieces)
            yield TextDiff(_name_of(name, after.get(name), language), cleaned)


def _name_of(name: str, stored: Any, language: str) -> str:
    """The name of a text; a remark has the day that its publisher gives it."""
    t = l10n.catalogue(language)
    try:
        said_on = date.fromisoformat(stored["at"]) if isinstance(stored, Mapping) else None
    except (KeyError, TypeError, ValueError):
        said_on = None
    if said_on is None:
        return t.gettext(NAMES[name])
    return t.gettext("The publisher’s remark of %(day)s") % {"day": l10n.bare_day(said_on, language)}


def _text(stored: Any) -> str:
    """A text of a version; a remark is stored with its day."""
    text = stored.get("text") if isinstance(stored, Mapping) else stored
    return str(text or "")[:LONGEST_TEXT]


def last_read(source: str, read_at: datetime | None, now: datetime, language: str, zone: ZoneInfo) -> str:
    """When a source was last read, and how long ago that is; empty if it never was."""
    if read_at is None:
        return ""
    t = l10n.catalogue(language)
    minutes = max(int((now - read_at).total_seconds() // 60), 0)
    hours, days = minutes // 60, (in_zone(now, zone).date() - in_zone(read_at, zone).date()).days
    if hours >= 48:
        ago = t.ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    elif hours:
        ago = t.ngettext("%(n)d hour ago", "%(n)d hours ago", hours) % {"n": hours}
    elif minutes:
        ago = t.ngettext("%(n)d minute ago", "%(n)d minutes ago", minutes) % {"n": minutes}
    else:
        ago = t.gettext("less than a minute ago")
    text = t.gettext("%(source)s: last read %(at)s (%(zone)s), %(ago)s")
    at, zoned = l10n.instant(read_at, language, zone), l10n.zone_name(zone, language)
    return text % {"source": source, "at": at, "zone": zoned, "ago": ago}
