"""Digest view: a digest in its reader's language, line by line, before any markup.

Does not render it (`tracker.emails.render` and its templates) or choose what is told (`tracker.digests.selection`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from db.editions import EditionKind
from tracker import l10n
from tracker.digests.content import Digest, DigestCall, Section, SectionKind
from tracker.digests.periods import how_often
from tracker.emails.call_view import FACTS, TITLE_LENGTH, CallView, call_view, is_urgent, left
from tracker.emails.change_view import has_less_time
from tracker.emails.sanitise import clean, paragraphs, safe_url
from tracker.emails.subject import NAME, counted_calls, edition_title, subject
from tracker.l10n import N_

GLANCE_ABOVE = 4  # calls; so few or fewer need no list at the top
GLANCE_MOST = 8
INTEREST_LENGTH = 400

HEADINGS = {
    SectionKind.CORRECTED: N_("Corrected"),
    SectionKind.CLOSING_SOON: N_("Closing soon"),
    SectionKind.DEADLINE_MOVED: N_("Deadline moved"),
    SectionKind.NEW: N_("New calls"),
    SectionKind.OPENED: N_("Now open"),
    SectionKind.OPEN_NOW: N_("Open calls"),
    SectionKind.COMING: N_("Coming calls"),
    SectionKind.CHANGED: N_("Changed calls"),
    SectionKind.WITHDRAWN: N_("Withdrawn calls"),
    SectionKind.CHOSEN: N_("Chosen calls"),
}
MARKS = {
    SectionKind.CORRECTED: N_("corrected"),
    SectionKind.CLOSING_SOON: N_("closing soon"),
    SectionKind.DEADLINE_MOVED: N_("deadline moved"),
    SectionKind.NEW: N_("new"),
    SectionKind.OPENED: N_("now open"),
    SectionKind.OPEN_NOW: N_("open"),
    SectionKind.COMING: N_("coming"),
    SectionKind.CHANGED: N_("changed"),
    SectionKind.WITHDRAWN: N_("withdrawn"),
    SectionKind.CHOSEN: N_("chosen"),
}
SAID_FIRST = {
    "urgent": N_("This cannot wait for your next regular issue. Other news will come in that one."),
    "welcome": N_("Welcome! These calls are open or coming. From now on you will hear about new calls and changes."),
    "switch": N_("You changed how often you get this digest. Here is what has come up so far."),
    "release": N_("These calls were held back from an earlier issue to be checked."),
}
WELCOME_TO_NOTHING = N_(
    "Welcome! Nothing is open for you at the moment. From now on you will hear about new calls and changes."
)


@dataclass(frozen=True, slots=True)
class Links:
    """The reader's own links; in a mail for many, each holds a mark (`tracker.emails.mime.marked_links`)."""

    manage: str
    unsubscribe: str
    web_copy: str
    feedback: str  # with a call's id appended: to say that the call is not for us
    calls: str  # what the addresses of our pages and calendars of calls begin with; the same for every reader
    site: str  # what the addresses of our pages begin with


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
class IssueLink:
    """The page of an issue as anybody may read it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class DigestView:
    """A whole digest in words; `left_out` counts the calls that only the web copy holds."""

    language: str
    subject: str
    preview: str
    heading: str
    period: str
    foreword: tuple[str, ...]
    notices: tuple[str, ...]
    glances: tuple[AtAGlance, ...]
    more_dates: str
    sections: tuple[SectionLines, ...]
    left_out: str
    hint: str
    coverage: tuple[str, ...]
    why: tuple[str, ...]
    issue: IssueLink | None
    contact: str
    links: Links
    colours: tuple[str, str]


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
        heading=edition_title(digest),
        period=_period(digest),
        foreword=paragraphs(digest.foreword),
        notices=tuple(_notices(digest, zone)),
        glances=glances,
        more_dates=more_dates,
        sections=sections,
        left_out=_left_out(digest, shown),
        hint=_hint(shown, language),
        coverage=tuple(_coverage(digest, zone)),
        why=tuple(_why(digest)),
        issue=_issue_link(digest, links.site),
        contact=contact,
        links=links,
        colours=digest.colours,
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
        yield t.gettext("Your pause is over. This issue covers %(days)s.") % {"days": covered}
    if digest.catch_up:
        covered = l10n.span(digest.from_on, digest.to_on, digest.language)
        yield t.gettext("Earlier issues were not sent. This one covers %(days)s.") % {"days": covered}
    for source in digest.coverage:
        if source.blind_since is not None:
            yield blind_line(source.name, source.blind_since, digest.language, zone)


def _correction(digest: Digest) -> str:
    """What was told wrong, and the right value: the reader may have acted on it."""
    t, correction = l10n.catalogue(digest.language), digest.correction
    if correction is None:
        return ""
    text = t.gettext("Correction (%(fact)s): we wrongly told you %(wrong)s. The right information is %(right)s.")
    if correction.fact == "deadlines":
        text = t.gettext("Correction: we wrongly told you that the deadline was %(wrong)s. The deadline is %(right)s.")
    fact = t.gettext(FACTS[correction.fact])
    wrong, right = (l10n.redated(words, digest.language) for words in (correction.wrong, correction.right))
    sentence = text % {"fact": fact[0].lower() + fact[1:], "wrong": wrong, "right": right}
    return f"{sentence} {correction.note}".strip()


def blind_line(name: str, since: datetime, language: str, zone: ZoneInfo) -> str:
    """Word since when a source cannot be read, and what may be missing for it."""
    t = l10n.catalogue(language)
    text = t.gettext(
        "%(source)s has not been readable since %(since)s (%(zone)s). Its calls and changes may be missing here."
    )
    since_when = {"since": l10n.instant(since, language, zone), "zone": l10n.zone_name(zone, language)}
    return text % {"source": name, **since_when}


def _coverage(digest: Digest, zone: ZoneInfo) -> Iterator[str]:
    """One line for each source: when it was read, or since when it cannot be; and one for all that never were."""
    t = l10n.catalogue(digest.language)
    unread = [source.name for source in digest.coverage if source.read_at is None and source.blind_since is None]
    for source in digest.coverage:
        if source.blind_since is not None:
            yield blind_line(source.name, source.blind_since, digest.language, zone)
        elif source.read_at is not None:
            at = {"at": l10n.instant(source.read_at, digest.language, zone)}
            zoned = {"zone": l10n.zone_name(zone, digest.language)}
            line = t.gettext("%(source)s: read %(at)s (%(zone)s)") % {"source": source.name, **at, **zoned}
            unread_calls = t.ngettext("%(n)d call could not be read", "%(n)d calls could not be read", source.unread)
            yield f"{line}; {unread_calls % {'n': source.unread}}" if source.unread else line
    if unread:
        yield t.gettext("Not read yet: %(sources)s") % {"sources": l10n.listed(unread, digest.language)}


def _why(digest: Digest) -> Iterator[str]:
    t = l10n.catalogue(digest.language)
    cadence = how_often(digest.cadence, digest.language)
    text = t.gettext("You subscribe to the %(name)s digest, which is sent %(cadence)s.")
    yield text % {"name": NAME, "cadence": cadence}
    if digest.interests:
        followed = "; ".join(clean(words, INTEREST_LENGTH) for words in digest.interests)
        yield t.gettext("You follow: %(interests)s.") % {"interests": followed}
    if digest.applicant:
        who = l10n.audience([digest.applicant], digest.language)
        text = t.gettext("Calls that %(who)s may not apply for are left out, as that is your kind of organisation.")
        yield text % {"who": who}
    yield from _without_effect(digest)
    about = {"edition": digest.edition, "days": l10n.span(digest.from_on, digest.to_on, digest.language)}
    yield t.gettext("Issue no. %(edition)d, covering %(days)s.") % about


def _issue_link(digest: Digest, site: str) -> IssueLink | None:
    """Editions that are made for single readers have no page for others."""
    if digest.kind not in ("", EditionKind.RELEASE):
        return None
    words = l10n.catalogue(digest.language).gettext("Issue no. %(edition)d on the web, to share with others")
    url = f"{site}/{digest.language}/editions/{digest.edition}"
    return IssueLink(words % {"edition": digest.edition}, url)


def _without_effect(digest: Digest) -> Iterator[str]:
    """What the reader asked for and many calls do not say, so that it left nothing out."""
    t, n = l10n.catalogue(digest.language), digest.without_audience
    if n:
        text = t.ngettext(
            "%(n)d of these calls does not say who can apply, so your choice of applicants had no effect on it.",
            "%(n)d of these calls do not say who can apply, so your choice of applicants had no effect on them.",
            n,
        )
        yield text % {"n": n}
    if n := digest.without_money:
        text = t.ngettext(
            "%(n)d of these calls does not state its funding per project, so your limit had no effect on it.",
            "%(n)d of these calls do not state their funding per project, so your limit had no effect on them.",
            n,
        )
        yield text % {"n": n}


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
    ahead = (call for section in shown for call in section.calls if not call.is_over)
    if any(d.at is None for call in ahead for d in call.deadlines):
        return t.gettext("Where no time is given, check it on the call's own page: calls often close in the afternoon.")
    return ""


def _glances(digest: Digest) -> tuple[tuple[AtAGlance, ...], str]:
    dated = [
        (call.deadlines[0].on, section.kind, call)
        for section in digest.sections
        if section.kind is not SectionKind.WITHDRAWN
        for call in section.calls
        if call.deadlines and not call.is_over
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
