"""The subject line: what matters in an edition, counted, and no longer than a telephone shows."""

from collections.abc import Iterator

from tracker import l10n
from tracker.digests.content import Digest, SectionKind
from tracker.digests.periods import period_name
from tracker.emails.change_view import has_less_time
from tracker.emails.sanitise import clean
from tracker.l10n import N_

NAME = "Kärkivahti"
LENGTH = 65  # longer ones are cut by telephones
LEAST_TITLE = 20


KINDS = {
    "urgent": N_("urgent %(day)s"),
    "welcome": N_("welcome"),
    "correction": N_("correction %(day)s"),
}


def subject(digest: Digest) -> str:
    """The subject, in about 65 characters: Kärkivahti 48/2026: 3 uutta, 1 määräaika aikaistui, 2 sulkeutuu."""
    text = f"{NAME} {edition_title(digest)}: "
    counts = list(_counts(digest))
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


def counted_calls(kind: SectionKind, n: int, language: str) -> str:
    """A section's number of calls in the words of the subject: 3 uutta, 2 sulkeutuu."""
    t = l10n.catalogue(language)
    texts = {
        SectionKind.CORRECTED: t.ngettext("%(n)d corrected", "%(n)d corrected", n),
        SectionKind.CLOSING_SOON: t.ngettext("%(n)d closing", "%(n)d closing", n),
        SectionKind.DEADLINE_MOVED: t.ngettext("%(n)d deadline moved", "%(n)d deadlines moved", n),
        SectionKind.NEW: t.ngettext("%(n)d new", "%(n)d new", n),
        SectionKind.OPENED: t.ngettext("%(n)d opened", "%(n)d opened", n),
        SectionKind.OPEN_NOW: t.ngettext("%(n)d open", "%(n)d open", n),
        SectionKind.CHANGED: t.ngettext("%(n)d changed", "%(n)d changed", n),
        SectionKind.WITHDRAWN: t.ngettext("%(n)d withdrawn", "%(n)d withdrawn", n),
    }
    return texts[kind] % {"n": n}


def edition_title(digest: Digest) -> str:
    """The name of an edition: its period, all days that a catch-up covers, or its kind if it is no regular one."""
    if digest.kind in KINDS:
        day = {"day": l10n.bare_day(digest.on, digest.language)}
        return l10n.catalogue(digest.language).gettext(KINDS[digest.kind]) % day
    if digest.kind:
        return l10n.bare_day(digest.on, digest.language)
    if digest.catch_up or digest.since_pause:
        return l10n.span(digest.from_on, digest.to_on, digest.language)
    return period_name(digest.cadence, digest.period, digest.language)
