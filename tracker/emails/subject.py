"""The subject line: what matters in an edition, counted, and no longer than a telephone shows."""

from collections.abc import Iterator

from tracker import l10n
from tracker.digests.content import Digest, SectionKind
from tracker.digests.periods import period_name
from tracker.emails.call_view import FACTS
from tracker.emails.change_view import has_less_time
from tracker.emails.sanitise import clean
from tracker.l10n import N_

NAME = "Kärkivahti"
LENGTH = 70  # longer ones are cut by most programs
LEAST_TITLE = 20
TITLE_LENGTH = 50  # of a selection


OPENINGS = {  # of the subjects of what is no regular edition
    "urgent": N_("Urgent:"),
    "welcome": N_("Welcome to Kärkivahti:"),
    "correction": N_("Correction from Kärkivahti:"),
}
TITLES = {
    "urgent": N_("Urgent news from Kärkivahti"),
    "welcome": N_("Welcome to Kärkivahti"),
    "correction": N_("A correction from Kärkivahti"),
}


def subject(digest: Digest) -> str:
    """The subject, in about 70 characters: Kärkivahti 48/2026: 3 uutta, 1 määräaika aikaistui, 2 sulkeutuu pian."""
    text = _opening(digest) + " "
    counts = list(COUNTS.get(digest.kind, _counts)(digest))
    if not counts:
        t = l10n.catalogue(digest.language)
        return text + (t.gettext("nothing is open now") if digest.kind == "welcome" else t.gettext("nothing new"))
    text += counts[0]
    for count in counts[1:]:
        if len(text) + len(count) + 2 > LENGTH:
            break
        text += f", {count}"
    calls = [call for section in digest.sections for call in section.calls]
    return _named(text, calls[0].title) if len(calls) == 1 else text


def _opening(digest: Digest) -> str:
    if digest.kind in OPENINGS:
        return l10n.catalogue(digest.language).gettext(OPENINGS[digest.kind])
    return f"{edition_title(digest)}:"


def _named(text: str, title: str) -> str:
    room = LENGTH - len(text) - 3
    return f"{text} – {clean(title, room)}" if room >= LEAST_TITLE else text


def _counts(digest: Digest) -> Iterator[str]:
    """The number of calls of each kind, in the order that matters to a reader."""
    t = l10n.catalogue(digest.language)
    n = {section.kind: len(section.calls) for section in digest.sections}
    earlier = sum(has_less_time(call) for section in digest.sections for call in section.calls)
    of_moved = [section.calls for section in digest.sections if section.kind is SectionKind.DEADLINE_MOVED]
    n[SectionKind.DEADLINE_MOVED] = sum(not has_less_time(call) for calls in of_moved for call in calls)
    if n.get(SectionKind.NEW):
        yield counted_calls(SectionKind.NEW, n.pop(SectionKind.NEW), digest.language)
    if earlier:
        yield t.ngettext("%(n)d deadline earlier", "%(n)d deadlines earlier", earlier) % {"n": earlier}
    for kind in SectionKind:
        if n.get(kind):
            yield counted_calls(kind, n[kind], digest.language)


def _open_and_coming(digest: Digest) -> Iterator[str]:
    """What is open now (whether it closes soon or not), and apart from it what is to open."""
    t = l10n.catalogue(digest.language)
    n = {section.kind: len(section.calls) for section in digest.sections}
    coming = n.pop(SectionKind.COMING, 0)
    is_open = sum(n.values())
    if is_open:
        yield counted_calls(SectionKind.OPEN_NOW, is_open, digest.language)
    if coming and is_open:
        yield counted_calls(SectionKind.COMING, coming, digest.language)
    elif coming:
        yield t.ngettext("%(n)d call coming", "%(n)d calls coming", coming) % {"n": coming}


def _fact(digest: Digest) -> Iterator[str]:
    """What a correction is about; the call is named after it."""
    if digest.correction:
        name = l10n.catalogue(digest.language).gettext(FACTS[digest.correction.fact])
        yield name[0].lower() + name[1:]


COUNTS = {"welcome": _open_and_coming, "correction": _fact}


def counted_calls(kind: SectionKind, n: int, language: str) -> str:
    """A section's number of calls in the words of the subject: 3 uutta, 2 sulkeutuu."""
    t = l10n.catalogue(language)
    texts = {
        SectionKind.CORRECTED: t.ngettext("%(n)d corrected", "%(n)d corrected", n),
        SectionKind.CLOSING_SOON: t.ngettext("%(n)d closing soon", "%(n)d closing soon", n),
        SectionKind.DEADLINE_MOVED: t.ngettext("%(n)d deadline moved", "%(n)d deadlines moved", n),
        SectionKind.NEW: t.ngettext("%(n)d new", "%(n)d new", n),
        SectionKind.OPENED: t.ngettext("%(n)d opened", "%(n)d opened", n),
        SectionKind.OPEN_NOW: t.ngettext("%(n)d open", "%(n)d open", n),
        SectionKind.COMING: t.ngettext("%(n)d coming", "%(n)d coming", n),
        SectionKind.CHANGED: t.ngettext("%(n)d changed", "%(n)d changed", n),
        SectionKind.CHOSEN: t.ngettext("%(n)d call", "%(n)d calls", n),
        SectionKind.WITHDRAWN: t.ngettext("%(n)d withdrawn", "%(n)d withdrawn", n),
    }
    return texts[kind] % {"n": n}


def edition_title(digest: Digest) -> str:
    """The name of an edition: by its period, all days that a catch-up covers, or what it is if it is no regular one."""
    if digest.title:
        return clean(digest.title, TITLE_LENGTH)
    if digest.kind in TITLES:
        return l10n.catalogue(digest.language).gettext(TITLES[digest.kind])
    if digest.kind:
        return f"{NAME} {l10n.bare_day(digest.on, digest.language)}"
    if digest.catch_up or digest.since_pause:
        return f"{NAME} {l10n.span(digest.from_on, digest.to_on, digest.language)}"
    return f"{NAME} {period_name(digest.cadence, digest.period, digest.language)}"
