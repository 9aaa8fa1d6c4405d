"""The letter: a digest in its reader's words, line by line, before any markup.

Does not lay out (`tracker.emails.render` and its templates) and does not choose what is told (`tracker.digests`).
All scraped text passes `clean` here, all scraped links `safe_url`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from tracker import words
from tracker.digests import Change, ChangeKind, Digest, DigestCall, Section, SectionKind
from tracker.words import N_

NAME = "Kärkivahti"
SUBJECT_LENGTH = 65  # longer ones are cut by telephones
GLANCE_ABOVE = 4  # calls; fewer are seen at a glance as they stand
GLANCE_MOST = 8
URGENT_DAYS = 7
TITLE_LENGTH, NOTE_LENGTH, CONSORTIUM_LENGTH, WORD_LENGTH = 240, 280, 240, 60
URL_LENGTH = 2000
DATES_MOST, WORDS_MOST = 4, 6

HEADINGS = {
    SectionKind.CLOSING_SOON: N_("Closing soon"),
    SectionKind.DEADLINE_MOVED: N_("Deadline moved"),
    SectionKind.NEW: N_("New calls"),
    SectionKind.OPENED: N_("Now open"),
    SectionKind.CHANGED: N_("Changed calls"),
    SectionKind.WITHDRAWN: N_("Withdrawn calls"),
}
MARKS = {
    SectionKind.CLOSING_SOON: N_("closing soon"),
    SectionKind.DEADLINE_MOVED: N_("deadline moved"),
    SectionKind.NEW: N_("new"),
    SectionKind.OPENED: N_("now open"),
    SectionKind.CHANGED: N_("changed"),
    SectionKind.WITHDRAWN: N_("withdrawn"),
}
CADENCES = {"daily": N_("daily"), "weekly": N_("weekly"), "monthly": N_("monthly")}


@dataclass(frozen=True, slots=True)
class Links:
    """Where the reader's own links lead; in a mail for many, each holds a mark (`tracker.emails.mime.marked_links`)."""

    manage: str
    unsubscribe: str
    web_copy: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A change in words; `strong` where the reader has less time than before."""

    text: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class CallLines:
    """One call as it is read. `url` is empty where the source gave no usable link."""

    title: str
    url: str
    what: str
    when: str
    left: str
    urgent: bool
    later: str
    changes: tuple[ChangeLine, ...]
    note: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class SectionLines:
    heading: str
    calls: tuple[CallLines, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """One row of the list at the top: the day first, then what must be done by it."""

    day: str
    left: str
    urgent: bool
    title: str
    url: str
    mark: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole digest in words; `left_out` counts the calls that only the web copy holds."""

    language: str
    subject: str
    preview: str
    heading: str
    period: str
    notices: tuple[str, ...]
    glances: tuple[Glance, ...]
    more_dates: str
    sections: tuple[SectionLines, ...]
    left_out: str
    hint: str
    coverage: tuple[str, ...]
    why: tuple[str, ...]
    contact: str
    links: Links


def write(digest: Digest, links: Links, zone: ZoneInfo, contact: str, most: int | None = None) -> Letter:
    """The letter of a digest; `most` calls at the most (in the sections' order), the others counted in one line.

    `zone` is the region's, for times of day; `contact` the line from the configuration that says who sends this.
    """
    language = digest.language
    shown = _first(digest.sections, most)
    glances, more_dates = _glances(digest)
    sections = tuple(_section(section, digest, zone) for section in shown)
    return Letter(
        language=language,
        subject=subject(digest),
        preview=_preview(digest, glances),
        heading=f"{NAME} {_issue(digest)}",
        period=_period(digest),
        notices=tuple(_notices(digest, zone)),
        glances=glances,
        more_dates=more_dates,
        sections=sections,
        left_out=_left_out(digest, shown),
        hint=_hint(shown, language),
        coverage=tuple(_coverage(digest, zone)),
        why=tuple(_why(digest)),
        contact=contact,
        links=links,
    )


def clean(text: str, most: int) -> str:
    """Scraped text on one line: no control, bidi, private or other invisible characters, cut at a word to `most`."""
    line = " ".join(text.split())
    if not line.isprintable():
        line = " ".join("".join(c for c in line if unicodedata.category(c)[0] != "C").split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip(" ,.;:–-") + "…"


def safe_url(url: str) -> str:
    """An http or https address, percent-encoded; empty for anything else (other schemes, user names, odd hosts)."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if len(url) > URL_LENGTH or parts.scheme not in ("http", "https"):
        return ""
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d+)?", parts.netloc):
        return ""
    return quote(parts.geturl(), safe="%/:?#[]@!$&()*+,;=~-._")


def subject(digest: Digest) -> str:
    """What matters, in about 65 characters: Kärkivahti 48/2026: 3 uutta, 1 määräaika aikaistui, 2 sulkeutuu."""
    text = f"{NAME} {_issue(digest)}: "
    counts = list(_counts(digest))
    if not counts:
        return text + words.catalogue(digest.language).gettext("nothing new")
    text += counts[0]
    for count in counts[1:]:
        if len(text) + len(count) + 2 > SUBJECT_LENGTH:
            break
        text += f", {count}"
    calls = [call for section in digest.sections for call in section.calls]
    return _named(text, calls[0].title) if len(calls) == 1 else text


def _named(text: str, title: str) -> str:
    room = SUBJECT_LENGTH - len(text) - 3
    return f"{text} – {clean(title, room)}" if room >= 20 else text


def _counts(digest: Digest) -> Iterator[str]:
    """What there is of each kind, in the order in which a reader wants to hear it."""
    t = words.catalogue(digest.language)
    n = {section.kind: len(section.calls) for section in digest.sections}
    earlier = sum(_has_less_time(call) for section in digest.sections for call in section.calls)
    of_moved = [section.calls for section in digest.sections if section.kind is SectionKind.DEADLINE_MOVED]
    n[SectionKind.DEADLINE_MOVED] = sum(not _has_less_time(call) for calls in of_moved for call in calls)
    if n.get(SectionKind.NEW):
        yield _counted(SectionKind.NEW, n.pop(SectionKind.NEW), digest.language)
    if earlier:
        yield t.ngettext("%(n)d deadline earlier", "%(n)d deadlines earlier", earlier) % {"n": earlier}
    for kind in SectionKind:
        if n.get(kind):
            yield _counted(kind, n[kind], digest.language)


def _counted(kind: SectionKind, n: int, language: str) -> str:
    t = words.catalogue(language)
    texts = {
        SectionKind.CLOSING_SOON: t.ngettext("%(n)d closing", "%(n)d closing", n),
        SectionKind.DEADLINE_MOVED: t.ngettext("%(n)d deadline moved", "%(n)d deadlines moved", n),
        SectionKind.NEW: t.ngettext("%(n)d new", "%(n)d new", n),
        SectionKind.OPENED: t.ngettext("%(n)d opened", "%(n)d opened", n),
        SectionKind.CHANGED: t.ngettext("%(n)d changed", "%(n)d changed", n),
        SectionKind.WITHDRAWN: t.ngettext("%(n)d withdrawn", "%(n)d withdrawn", n),
    }
    return texts[kind] % {"n": n}


def _has_less_time(call: DigestCall) -> bool:
    return any(_is_earlier(change) for change in call.changes)


def _is_earlier(change: Change) -> bool:
    match change:
        case Change(ChangeKind.DEADLINE, date() as old, date() as new):
            return new < old
    return False


def _issue(digest: Digest) -> str:
    if digest.catch_up:
        return words.span(digest.from_on, digest.to_on, digest.language)
    return words.issue(digest.cadence, digest.period, digest.language)


def _period(digest: Digest) -> str:
    return f"{digest.region} · {words.span(digest.from_on, digest.to_on, digest.language)}"


def _preview(digest: Digest, glances: tuple[Glance, ...]) -> str:
    """What mail programs show after the subject: the first thing to do."""
    calls = [call for section in digest.sections for call in section.calls]
    if glances:
        return f"{glances[0].day}: {glances[0].title}"
    return clean(calls[0].title, TITLE_LENGTH) if calls else _quiet(digest.language)


def _quiet(language: str) -> str:
    return words.catalogue(language).gettext("No new calls or changes for you. The service is running and reading.")


def _notices(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    t = words.catalogue(digest.language)
    if not any(section.calls for section in digest.sections):
        yield _quiet(digest.language)
    if digest.catch_up:
        covered = words.span(digest.from_on, digest.to_on, digest.language)
        yield t.gettext("Earlier issues did not leave. This one covers all days of %(days)s.") % {"days": covered}
    for source in digest.coverage:
        if source.blind_since is not None:
            yield _blind(source.name, source.blind_since, digest.language, zone)


def _blind(name: str, since: datetime, language: str, zone: ZoneInfo) -> str:
    t = words.catalogue(language)
    text = t.gettext("%(source)s has not been readable since %(since)s. Its calls and changes may be missing here.")
    return text % {"source": name, "since": words.instant(since, language, zone)}


def _coverage(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    """One line a source, the sound ones first gathered under what their silence means."""
    t = words.catalogue(digest.language)
    for source in digest.coverage:
        if source.blind_since is not None:
            yield _blind(source.name, source.blind_since, digest.language, zone)
        elif source.read_at is None:
            yield t.gettext("%(source)s: not read yet") % {"source": source.name}
        else:
            at = words.instant(source.read_at, digest.language, zone)
            yield t.gettext("%(source)s: read %(at)s") % {"source": source.name, "at": at}


def _why(digest: Digest) -> Iterator[str]:
    t = words.catalogue(digest.language)
    cadence = t.gettext(CADENCES[digest.cadence])
    if digest.interests:
        followed = words.listed(digest.interests, digest.language)
        text = t.gettext("You ordered %(name)s %(cadence)s and follow: %(interests)s.")
        yield text % {"name": NAME, "cadence": cadence, "interests": followed}
    else:
        yield t.gettext("You ordered %(name)s %(cadence)s.") % {"name": NAME, "cadence": cadence}
    about = {"edition": digest.edition, "days": words.span(digest.from_on, digest.to_on, digest.language)}
    yield t.gettext("Edition no. %(edition)d, for %(days)s.") % about


def _first(sections: tuple[Section, ...], most: int | None) -> tuple[Section, ...]:
    if most is None:
        return tuple(section for section in sections if section.calls)
    kept = []
    for section in sections:
        calls = section.calls[: max(most, 0)]
        most -= len(calls)
        if calls:
            kept.append(Section(section.kind, calls))
    return tuple(kept)


def _left_out(digest: Digest, shown: tuple[Section, ...]) -> str:
    t = words.catalogue(digest.language)
    kept = {section.kind: len(section.calls) for section in shown}
    rest = {section.kind: len(section.calls) - kept.get(section.kind, 0) for section in digest.sections}
    n = sum(rest.values())
    parts = ", ".join(_counted(kind, count, digest.language) for kind, count in rest.items() if count)
    text = t.ngettext("and %(n)d more (%(parts)s)", "and %(n)d more (%(parts)s)", n)
    return text % {"n": n, "parts": parts} if n else ""


def _hint(shown: tuple[Section, ...], language: str) -> str:
    """Most of the Portal's dates come without a time, and its usual 17.00 would be an invention here."""
    t = words.catalogue(language)
    if any(d.at is None for section in shown for call in section.calls for d in call.deadlines):
        return t.gettext("Where no time is given, check it on the call's own page: calls often close in the afternoon.")
    return ""


def _glances(digest: Digest) -> tuple[tuple[Glance, ...], str]:
    dated = [
        (call.deadlines[0].on, section.kind, call)
        for section in digest.sections
        if section.kind is not SectionKind.WITHDRAWN
        for call in section.calls
        if call.deadlines
    ]
    if sum(len(section.calls) for section in digest.sections) <= GLANCE_ABOVE:
        return (), ""
    dated.sort(key=lambda row: row[0])
    t = words.catalogue(digest.language)
    rest = len(dated) - GLANCE_MOST
    more = t.ngettext("and %(n)d later date below", "and %(n)d later dates below", rest) % {"n": rest}
    rows = tuple(_glance(kind, call, digest) for _, kind, call in dated[:GLANCE_MOST])
    return rows, more if rest > 0 else ""


def _glance(kind: SectionKind, call: DigestCall, digest: Digest) -> Glance:
    t = words.catalogue(digest.language)
    return Glance(
        day=words.day(call.deadlines[0].on, digest.language),
        left=_left(call, digest.language),
        urgent=_is_urgent(kind, call),
        title=clean(call.title, TITLE_LENGTH),
        url=safe_url(call.url),
        mark=t.gettext("deadline earlier") if _has_less_time(call) else t.gettext(MARKS[kind]),
    )


def _section(section: Section, digest: Digest, zone: ZoneInfo) -> SectionLines:
    heading = words.catalogue(digest.language).gettext(HEADINGS[section.kind])
    return SectionLines(heading, tuple(_call(section.kind, call, digest, zone) for call in section.calls))


def _call(kind: SectionKind, call: DigestCall, digest: Digest, zone: ZoneInfo) -> CallLines:
    language = digest.language
    gone = kind is SectionKind.WITHDRAWN
    return CallLines(
        title=clean(call.title, TITLE_LENGTH),
        url=safe_url(call.url),
        what=_what(call, language),
        when=_gone(call, language) if gone else _when(call, digest.on, language, zone),
        left="" if gone else _left(call, language),
        urgent=_is_urgent(kind, call),
        later="" if gone else _later(call, language, zone),
        changes=tuple(_change(change, language) for change in call.changes),
        note=_quoted(clean(call.note, NOTE_LENGTH), language) if call.note else "",
        facts=tuple(_facts(call, language)),
    )


def _is_urgent(kind: SectionKind, call: DigestCall) -> bool:
    is_near = call.days_left is not None and call.days_left <= URGENT_DAYS
    return kind is not SectionKind.WITHDRAWN and (is_near or _has_less_time(call))


def _left(call: DigestCall, language: str) -> str:
    return "" if call.days_left is None else words.days_left(call.days_left, language)


def _what(call: DigestCall, language: str) -> str:
    parts = [
        words.programme(call.programme, language) if call.programme else "",
        words.type_of_action(clean(call.type_of_action, WORD_LENGTH), language) if call.type_of_action else "",
        clean(call.identifier or "", WORD_LENGTH),
        call.source_name,
    ]
    return " · ".join(part for part in parts if part)


def _when(call: DigestCall, on: date, language: str, zone: ZoneInfo) -> str:
    t = words.catalogue(language)
    opens = ""
    if call.opens_on and call.opens_on > on:
        opens = t.gettext("Opens %(day)s.") % {"day": words.day(call.opens_on, language)} + " "
    if not call.deadlines:
        return opens + (
            t.gettext("Continuous: apply at any time") if call.continuous else t.gettext("No deadline known")
        )
    text = t.gettext("Continuous, next cut-off %(deadline)s") if call.continuous else t.gettext("Apply by %(deadline)s")
    if call.two_stage:
        text = t.gettext("Stage %(stage)d by %(deadline)s")
    first = call.deadlines[0]
    return opens + text % {"deadline": words.deadline(first, language, zone), "stage": first.stage or 1}


def _later(call: DigestCall, language: str, zone: ZoneInfo) -> str:
    t = words.catalogue(language)
    rest = call.deadlines[1:]
    if not rest:
        return ""
    if call.two_stage:
        stages = [
            t.gettext("stage %(stage)d by %(deadline)s")
            % {"stage": d.stage or number, "deadline": words.deadline(d, language, zone)}
            for number, d in enumerate(rest, 2)
        ]
        return t.gettext("Then %(dates)s") % {"dates": words.listed(stages[:DATES_MOST], language)}
    return t.gettext("Then %(dates)s") % {"dates": _days(tuple(d.on for d in rest), language)}


def _days(on: tuple[date, ...], language: str) -> str:
    shown = [words.bare_day(day, language) for day in on[:DATES_MOST]]
    rest = len(on) - DATES_MOST
    if rest > 0:
        shown.append(words.catalogue(language).ngettext("%(n)d more", "%(n)d more", rest) % {"n": rest})
    return words.listed(shown, language)


def _gone(call: DigestCall, language: str) -> str:
    t = words.catalogue(language)
    text = t.gettext("The call is no longer on its publisher's pages.")
    if not call.deadlines:
        return text
    last = {"day": words.day(call.deadlines[0].on, language)}
    return text + " " + t.gettext("Its deadline was to be %(day)s.") % last


def _facts(call: DigestCall, language: str) -> Iterator[Fact]:
    t = words.catalogue(language)
    if money := _money(call, language):
        yield Fact(t.gettext("Funding"), money)
    if call.audience:
        who = words.audience([clean(word, WORD_LENGTH) for word in call.audience], language)
        yield Fact(t.gettext("Who can apply"), who)
    if call.consortium:
        yield Fact(t.gettext("Consortium"), clean(call.consortium, CONSORTIUM_LENGTH))
    if call.reasons:
        yield Fact(t.gettext("Why this is yours"), _reasons(call, language))


def _money(call: DigestCall, language: str) -> str:
    t = words.catalogue(language)
    parts = [_per_project(call, language)]
    if call.budget_total:
        parts.append(t.gettext("%(sum)s in all") % {"sum": words.money(call.budget_total, language)})
    if call.expected_grants:
        n = call.expected_grants
        parts.append(t.ngettext("about %(n)d project", "about %(n)d projects", n) % {"n": n})
    return " · ".join(part for part in parts if part)


def _per_project(call: DigestCall, language: str) -> str:
    t = words.catalogue(language)
    least, most = call.project_min, call.project_max
    if least and most:
        return t.gettext("%(sum)s per project") % {"sum": words.money_range(least, most, language)}
    if most:
        return t.gettext("at most %(sum)s per project") % {"sum": words.money(most, language)}
    if least:
        return t.gettext("at least %(sum)s per project") % {"sum": words.money(least, language)}
    return ""


def _reasons(call: DigestCall, language: str) -> str:
    return "; ".join(_reason(dict(r.names).get(language, r.spearhead), r.words, language) for r in call.reasons)


def _reason(name: str, found: tuple[str, ...], language: str) -> str:
    unlike = {word.casefold(): word for word in (clean(w, WORD_LENGTH) for w in reversed(found))}
    shown = [_quoted(word, language) for word in reversed(unlike.values())][:WORDS_MOST]
    return f"{name} ({', '.join(shown)})" if shown else name


def _quoted(text: str, language: str) -> str:
    return words.catalogue(language).gettext("“%(text)s”") % {"text": text}


def _change(change: Change, language: str) -> ChangeLine:
    return ChangeLine(CHANGES[change.kind](change, language), _is_earlier(change))


def _deadline_change(change: Change, language: str) -> str:
    t = words.catalogue(language)
    match change.old, change.new:
        case date() as old, date() as new:
            return _moved(old, new, language)
        case None, date() as new:
            return t.gettext("Deadline set: %(new)s") % {"new": words.bare_day(new, language)}
        case date() as old, None:
            return t.gettext("Deadline removed (it was %(old)s)") % {"old": words.bare_day(old, language)}
    raise ValueError(f"a deadline's change holds dates, not {change!r}")


def _moved(old: date, new: date, language: str) -> str:
    t = words.catalogue(language)
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
    return text % {"old": words.bare_day(old, language), "new": words.bare_day(new, language), "n": n}


def _cutoffs_change(change: Change, language: str) -> str:
    t = words.catalogue(language)
    match change.old, change.new:
        case (tuple() as old, tuple() as new):
            added, gone = _days(_without(new, old), language), _days(_without(old, new), language)
            parts = [t.gettext("added %(dates)s") % {"dates": added}] if added else []
            parts += [t.gettext("removed %(dates)s") % {"dates": gone}] if gone else []
            return t.gettext("Cut-off dates changed: %(parts)s") % {"parts": "; ".join(parts)}
    raise ValueError(f"a change of cut-offs holds tuples of dates, not {change!r}")


def _without(these: tuple[date, ...], those: tuple[date, ...]) -> tuple[date, ...]:
    return tuple(day for day in these if day not in those)


def _budget_change(change: Change, language: str) -> str:
    t = words.catalogue(language)
    match change.old, change.new:
        case int() as old, int() as new:
            sums = {"old": words.money(old, language), "new": words.money(new, language)}
            return t.gettext("Budget %(old)s → %(new)s") % sums
        case None, int() as new:
            return t.gettext("Budget set: %(new)s") % {"new": words.money(new, language)}
        case int() as old, None:
            return t.gettext("Budget removed (it was %(old)s)") % {"old": words.money(old, language)}
    raise ValueError(f"a change of budget holds whole euro, not {change!r}")


def _title_change(change: Change, language: str) -> str:
    t = words.catalogue(language)
    old = _quoted(clean(str(change.old or ""), TITLE_LENGTH), language)
    return t.gettext("Renamed; it was %(old)s") % {"old": old}


def _text_change(change: Change, language: str) -> str:
    return words.catalogue(language).gettext("The call's text was changed")


def _reopened(change: Change, language: str) -> str:
    return words.catalogue(language).gettext("Opened again")


def _late(change: Change, language: str) -> str:
    return words.catalogue(language).gettext("Added late: the call is older, and only now found to be yours")


CHANGES = {
    ChangeKind.DEADLINE: _deadline_change,
    ChangeKind.CUTOFFS: _cutoffs_change,
    ChangeKind.BUDGET: _budget_change,
    ChangeKind.TITLE: _title_change,
    ChangeKind.TEXT: _text_change,
    ChangeKind.REOPENED: _reopened,
    ChangeKind.LATE: _late,
}
