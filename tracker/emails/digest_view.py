"""Digest view: a digest in its reader's language, line by line, before any markup.

Does not render it (`tracker.emails.render` and its templates) or choose what is told (`tracker.digests.selection`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker import l10n
from tracker.digests.content import Digest, DigestCall, Section, SectionKind
from tracker.digests.periods import how_often
from tracker.emails.call_view import FACTS, TITLE_LENGTH, CallView, call_view, is_urgent, left
from tracker.emails.change_view import has_less_time
from tracker.emails.sanitise import clean, safe_url
from tracker.emails.subject import NAME, counted_calls, edition_title, subject
from tracker.l10n import N_

GLANCE_ABOVE = 4  # calls; so few or fewer need no list at the top
GLANCE_MOST = 8

HEADINGS = {
    SectionKind.CORRECTED: N_("Corrected"),
    SectionKind.CLOSING_SOON: N_("Closing soon"),
    SectionKind.DEADLINE_MOVED: N_("Deadline moved"),
    SectionKind.NEW: N_("New calls"),
    SectionKind.OPENED: N_("Now open"),
    SectionKind.OPEN_NOW: N_("Open or coming"),
    SectionKind.CHANGED: N_("Changed calls"),
    SectionKind.WITHDRAWN: N_("Withdrawn calls"),
}
MARKS = {
    SectionKind.CORRECTED: N_("corrected"),
    SectionKind.CLOSING_SOON: N_("closing soon"),
    SectionKind.DEADLINE_MOVED: N_("deadline moved"),
    SectionKind.NEW: N_("new"),
    SectionKind.OPENED: N_("now open"),
    SectionKind.OPEN_NOW: N_("open"),
    SectionKind.CHANGED: N_("changed"),
    SectionKind.WITHDRAWN: N_("withdrawn"),
}
SAID_FIRST = {
    "urgent": N_("This cannot wait for your next regular issue. The rest comes there."),
    "welcome": N_("Welcome! These calls are open or coming now. From here on you get what is new or changes."),
    "switch": N_("You changed how often you get this. Here is what was due until now."),
    "release": N_("These calls were held back from an earlier issue to be checked."),
}
WELCOME_TO_NOTHING = N_("Welcome! Nothing is open for you at the moment. From here on you get what is new or changes.")


@dataclass(frozen=True, slots=True)
class Links:
    """The reader's own links; in a mail for many, each holds a mark (`tracker.emails.mime.marked_links`)."""

    manage: str
    unsubscribe: str
    web_copy: str
    feedback: str  # with a call's id appended: to say that the call is not for us
    calls: str  # what the addresses of our pages and calendars of calls begin with; the same for every reader


@dataclass(frozen=True, slots=True)
class SectionLines:
    heading: str
    calls: tuple[CallView, ...]


@dataclass(frozen=True, slots=True)
class AtAGlance:
    """One row of the list at the top: the day, then what must be done by it."""

    day: str
    left: str
    urgent: bool
    title: str
    url: str
    mark: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole digest in words; `left_out` counts the calls that only the web copy holds."""

    language: str
    subject: str
    preview: str
    heading: str
    period: str
    notices: tuple[str, ...]
    glances: tuple[AtAGlance, ...]
    more_dates: str
    sections: tuple[SectionLines, ...]
    left_out: str
    hint: str
    coverage: tuple[str, ...]
    why: tuple[str, ...]
    contact: str
    links: Links


def view_of(digest: Digest, links: Links, zone: ZoneInfo, contact: str, most: int | None = None) -> DigestView:
    """Word a digest, with at most `most` calls (in the sections' order) and the others counted in one line.

    `zone` is the region's, for times of day; `contact` is the configured line that says who sends this.
    """
    language = digest.language
    shown = _first(digest.sections, most)
    glances, more_dates = _glances(digest)
    sections = tuple(_section(section, digest, zone, links.calls) for section in shown)
    return DigestView(
        language=language,
        subject=subject(digest),
        preview=_preview(digest, glances),
        heading=f"{NAME} {edition_title(digest)}",
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


def _period(digest: Digest) -> str:
    return f"{digest.region} · {l10n.span(digest.from_on, digest.to_on, digest.language)}"


def _preview(digest: Digest, glances: tuple[AtAGlance, ...]) -> str:
    """The line that mail programs show after the subject: the first thing to do."""
    calls = [call for section in digest.sections for call in section.calls]
    if glances:
        return f"{glances[0].day}: {glances[0].title}"
    return clean(calls[0].title, TITLE_LENGTH) if calls else _quiet(digest)


def _quiet(digest: Digest) -> str:
    t = l10n.catalogue(digest.language)
    if digest.kind == "welcome":
        return t.gettext(WELCOME_TO_NOTHING)
    return t.gettext("No new calls or changes for you. The service is running and reading.")


def _notices(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    t = l10n.catalogue(digest.language)
    is_quiet = not any(section.calls for section in digest.sections)
    if is_quiet:
        yield _quiet(digest)
    if digest.correction:
        yield _correction(digest)
    if digest.kind in SAID_FIRST and not is_quiet:
        yield t.gettext(SAID_FIRST[digest.kind])
    if digest.since_pause:
        covered = l10n.span(digest.from_on, digest.to_on, digest.language)
        yield t.gettext("Your pause is over. This issue covers all days of %(days)s.") % {"days": covered}
    if digest.catch_up:
        covered = l10n.span(digest.from_on, digest.to_on, digest.language)
        yield t.gettext("Earlier issues did not leave. This one covers all days of %(days)s.") % {"days": covered}
    for source in digest.coverage:
        if source.blind_since is not None:
            yield _blind(source.name, source.blind_since, digest.language, zone)


def _correction(digest: Digest) -> str:
    """What was told wrong, and the right value: the reader may have acted on it."""
    t, correction = l10n.catalogue(digest.language), digest.correction
    if correction is None:
        return ""
    text = t.gettext("We told you something wrong. %(fact)s: not %(wrong)s but %(right)s.")
    sentence = text % {"fact": t.gettext(FACTS[correction.fact]), "wrong": correction.wrong, "right": correction.right}
    return f"{sentence} {correction.note}".strip()


def _blind(name: str, since: datetime, language: str, zone: ZoneInfo) -> str:
    t = l10n.catalogue(language)
    text = t.gettext("%(source)s has not been readable since %(since)s. Its calls and changes may be missing here.")
    return text % {"source": name, "since": l10n.instant(since, language, zone)}


def _coverage(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    """One line for each source: when it was read, or since when it cannot be read."""
    t = l10n.catalogue(digest.language)
    for source in digest.coverage:
        if source.blind_since is not None:
            yield _blind(source.name, source.blind_since, digest.language, zone)
        elif source.read_at is None:
            yield t.gettext("%(source)s: not read yet") % {"source": source.name}
        else:
            at = l10n.instant(source.read_at, digest.language, zone)
            yield t.gettext("%(source)s: read %(at)s") % {"source": source.name, "at": at}


def _why(digest: Digest) -> Iterator[str]:
    t = l10n.catalogue(digest.language)
    cadence = how_often(digest.cadence, digest.language)
    if digest.interests:
        followed = l10n.listed(digest.interests, digest.language)
        text = t.gettext("You ordered %(name)s %(cadence)s and follow: %(interests)s.")
        yield text % {"name": NAME, "cadence": cadence, "interests": followed}
    else:
        yield t.gettext("You ordered %(name)s %(cadence)s.") % {"name": NAME, "cadence": cadence}
    about = {"edition": digest.edition, "days": l10n.span(digest.from_on, digest.to_on, digest.language)}
    yield t.gettext("Edition no. %(edition)d, for %(days)s.") % about


def _first(sections: tuple[Section, ...], most: int | None) -> tuple[Section, ...]:
    if most is None:
        return tuple(section for section in sections if section.calls)
    shown = []
    for section in sections:
        calls = section.calls[: max(most, 0)]
        most -= len(calls)
        if calls:
            shown.append(Section(section.kind, calls))
    return tuple(shown)


def _left_out(digest: Digest, shown: tuple[Section, ...]) -> str:
    t = l10n.catalogue(digest.language)
    shown_counts = {section.kind: len(section.calls) for section in shown}
    rest = {section.kind: len(section.calls) - shown_counts.get(section.kind, 0) for section in digest.sections}
    n = sum(rest.values())
    parts = ", ".join(counted_calls(kind, count, digest.language) for kind, count in rest.items() if count)
    text = t.ngettext("and %(n)d more (%(parts)s)", "and %(n)d more (%(parts)s)", n)
    return text % {"n": n, "parts": parts} if n else ""


def _hint(shown: tuple[Section, ...], language: str) -> str:
    """The advice to check the time of day: most dates of the portal have none, and its usual 17.00 would be a guess."""
    t = l10n.catalogue(language)
    if any(d.at is None for section in shown for call in section.calls for d in call.deadlines):
        return t.gettext("Where no time is given, check it on the call's own page: calls often close in the afternoon.")
    return ""


def _glances(digest: Digest) -> tuple[tuple[AtAGlance, ...], str]:
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
    t = l10n.catalogue(digest.language)
    rest = len(dated) - GLANCE_MOST
    more = t.ngettext("and %(n)d later date below", "and %(n)d later dates below", rest) % {"n": rest}
    rows = tuple(_glance(kind, call, digest) for _, kind, call in dated[:GLANCE_MOST])
    return rows, more if rest > 0 else ""


def _glance(kind: SectionKind, call: DigestCall, digest: Digest) -> AtAGlance:
    t = l10n.catalogue(digest.language)
    return AtAGlance(
        day=l10n.day(call.deadlines[0].on, digest.language),
        left=left(call, digest.language),
        urgent=is_urgent(kind, call),
        title=clean(call.title, TITLE_LENGTH),
        url=safe_url(call.url),
        mark=t.gettext("deadline earlier") if has_less_time(call) else t.gettext(MARKS[kind]),
    )


def _section(section: Section, digest: Digest, zone: ZoneInfo, base: str) -> SectionLines:
    heading = l10n.catalogue(digest.language).gettext(HEADINGS[section.kind])
    lines = (call_view(section.kind, call, digest.on, digest.language, zone, base) for call in section.calls)
    return SectionLines(heading, tuple(lines))
