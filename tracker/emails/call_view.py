"""Call view: one call as a mail words it, line by line; the digest around it is `tracker.emails.digest_view`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from db.eligibility import Eligibility
from tracker import l10n
from tracker.digests.content import DigestCall, SectionKind
from tracker.digests.interests import FOLLOWED, PROGRAMME, QUERY, WIDE, Reason
from tracker.emails.change_view import ChangeLine, change_line, has_less_time
from tracker.emails.eligibility_view import BETWEEN, terms, who_may_apply
from tracker.emails.sanitise import clean, safe_url
from tracker.l10n import N_

URGENT_DAYS = 7
TITLE_LENGTH, NOTE_LENGTH, CONSORTIUM_LENGTH, WORD_LENGTH, REMARK_LENGTH = 240, 280, 240, 60, 1000
DATES_MOST, WORDS_MOST = 4, 6
FACTS = {  # what a correction calls them
    "programme": N_("Programme"),
    "type_of_action": N_("Type of action"),
    "consortium": N_("Consortium"),
    "text": N_("Conditions"),
    "deadlines": N_("Deadline"),
    "opens_on": N_("Opening day"),
    "budget_total": N_("Total budget"),
    "project_min": N_("Least per project"),
    "project_max": N_("Most per project"),
    "title": N_("Title"),
    "audience": N_("Who can apply"),
    "url": N_("Link"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class OtherSourceLink:
    """The same call on another publisher's pages; `url` is empty if there is no usable link."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class CallView:
    """One call in words. `url` is empty if the source gave no usable link."""

    id: int
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
    also: tuple[OtherSourceLink, ...]
    remark: str  # of whoever chose the call for a selection
    calendar: str  # the address of its dates for a calendar; empty if there are none


@lru_cache(2048)  # the contents of an edition share their calls
def call_view(kind: SectionKind, call: DigestCall, on: date, language: str, zone: ZoneInfo, base: str = "") -> CallView:
    """Word one call in a section of this kind; `on` is the edition's day, `zone` the region's for times of day.

    `base` is what the addresses of calls begin with on our own pages; without it there is no calendar.
    """
    gone = kind is SectionKind.WITHDRAWN
    return CallView(
        id=call.call_id,
        title=clean(call.title, TITLE_LENGTH),
        url=safe_url(call.url),
        what=_what(call, language),
        when=_gone(call, language) if gone else _when(call, on, language, zone),
        left="" if gone else left(call, language),
        urgent=is_urgent(kind, call),
        later="" if gone or call.is_over else _later(call, language, zone),
        changes=tuple(change_line(change, call, language) for change in call.changes),
        note=l10n.quoted(clean(call.note, NOTE_LENGTH), language) if call.note else "",
        remark=clean(call.remark, REMARK_LENGTH),
        facts=tuple(_facts(call, language)),
        calendar="" if gone or not (base and call.deadlines) else f"{base}/{call.call_id}.{language}.ics",
        also=tuple(OtherSourceLink(name, safe_url(url)) for name, url in call.also),
    )


def is_urgent(kind: SectionKind, call: DigestCall) -> bool:
    """Whether the date is shown in alarm colour: a week or less is left, or the deadline moved earlier."""
    is_near = call.days_left is not None and call.days_left <= URGENT_DAYS
    return kind is not SectionKind.WITHDRAWN and (is_near or has_less_time(call))


def left(call: DigestCall, language: str) -> str:
    """The time left until the first date, in words; empty if none is known."""
    return "" if call.days_left is None or call.is_over else l10n.days_left(call.days_left, language)


def _what(call: DigestCall, language: str) -> str:
    parts = [
        l10n.programme(call.programme, language) if call.programme else "",
        l10n.type_of_action(clean(call.type_of_action, WORD_LENGTH), language) if call.type_of_action else "",
        clean(call.identifier or "", WORD_LENGTH),
        call.source_name,
    ]
    return " · ".join(part for part in parts if part)


def _when(call: DigestCall, on: date, language: str, zone: ZoneInfo) -> str:
    t = l10n.catalogue(language)
    text = _ends(call, language, zone)
    if call.opens_on and call.opens_on > on and not call.is_over:
        return t.gettext("Opens %(day)s.") % {"day": l10n.day(call.opens_on, language)} + " " + text
    return text


def _ends(call: DigestCall, language: str, zone: ZoneInfo) -> str:
    t = l10n.catalogue(language)
    if call.is_over:
        return _over(call, language)
    if not call.deadlines:
        return t.gettext("Continuous: apply at any time") if call.continuous else t.gettext("No deadline known")
    first, has_more = call.deadlines[0], len(call.deadlines) > 1
    stage = first.stage or (1 if call.two_stage and has_more else None)
    text = t.gettext("Apply by %(deadline)s")
    if stage:
        text = t.gettext("Stage %(stage)d by %(deadline)s")
    elif call.continuous and has_more:
        text = t.gettext("Continuous, next cut-off %(deadline)s")
    elif call.continuous:
        text = t.gettext("Continuous, open until %(deadline)s")
    return text % {"deadline": l10n.deadline(first, language, zone), "stage": stage}


def _over(call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    if call.ended_on is None:
        return t.gettext("The call has ended")
    return t.gettext("The call ended on %(day)s") % {"day": l10n.bare_day(call.ended_on, language)}


def _later(call: DigestCall, language: str, zone: ZoneInfo) -> str:
    t = l10n.catalogue(language)
    rest = call.deadlines[1:]
    if not rest:
        return ""
    if call.two_stage:
        stages = [
            t.gettext("stage %(stage)d by %(deadline)s")
            % {"stage": d.stage or number, "deadline": l10n.deadline(d, language, zone)}
            for number, d in enumerate(rest, 2)
        ]
        return t.gettext("Then %(dates)s") % {"dates": l10n.listed(stages[:DATES_MOST], language)}
    return t.gettext("Then %(dates)s") % {"dates": l10n.days(tuple(d.on for d in rest), language, DATES_MOST)}


def _gone(call: DigestCall, language: str) -> str:
    t = l10n.catalogue(language)
    text = t.gettext("The publisher has removed the call from its website.")
    if not call.deadlines:
        return text
    last = {"day": l10n.day(call.deadlines[0].on, language)}
    return text + " " + t.gettext("Its deadline was %(day)s.") % last


def _facts(call: DigestCall, language: str) -> Iterator[Fact]:
    t = l10n.catalogue(language)
    if money := funding(call, language):
        yield Fact(t.gettext("Funding"), money)
    if who := _who(call, language):
        yield who
    if call.consortium:
        yield Fact(t.gettext("Consortium"), clean(call.consortium, CONSORTIUM_LENGTH))
    if call.reasons:
        yield Fact(t.gettext("Why you get this call"), _reasons(call, language))


def applicants(call: DigestCall, language: str) -> str:
    """Who may apply: the publisher's words, or else what is known otherwise; empty if nothing is."""
    who = l10n.audience([clean(word, WORD_LENGTH) for word in call.audience], language)
    return who or who_may_apply(call.eligibility or Eligibility(), language)


def _who(call: DigestCall, language: str) -> Fact | None:
    """Who may apply and on what terms, in one line: the publisher's words, or else what is known otherwise."""
    t = l10n.catalogue(language)
    known = call.eligibility or Eligibility()
    who = applicants(call, language)
    conditions = terms(known, language, has_sentence=bool(call.consortium))
    if who:
        return Fact(t.gettext("Who can apply"), BETWEEN.join(filter(None, (who, conditions))))
    return Fact(t.gettext("Terms"), conditions) if conditions else None


def funding(call: DigestCall, language: str) -> str:
    """The money for each project and in all, and how many projects; empty if nothing is known."""
    t = l10n.catalogue(language)
    is_for_one = call.budget_total is not None and call.project_max == call.budget_total
    says_it_again = is_for_one and call.project_min in (None, call.project_max)
    parts = ["" if says_it_again else l10n.per_project(call.project_min or None, call.project_max or None, language)]
    if call.budget_total:
        parts.append(t.gettext("%(sum)s in total") % {"sum": l10n.money(call.budget_total, language)})
    if call.expected_grants:
        n = call.expected_grants
        parts.append(t.ngettext("about %(n)d project", "about %(n)d projects", n) % {"n": n})
    return " · ".join(part for part in parts if part)


def _reasons(call: DigestCall, language: str) -> str:
    return "; ".join(_reason(_reason_name(r, language), r.words, language) for r in call.reasons)


def _reason_name(reason: Reason, language: str) -> str:
    """The name of a reason: that of a spearhead, or words for the reader's own choices."""
    t = l10n.catalogue(language)
    if reason.spearhead.startswith(PROGRAMME):
        return l10n.programme(reason.spearhead.removeprefix(PROGRAMME), language)
    if reason.spearhead.startswith(QUERY):
        line = clean(reason.spearhead.removeprefix(QUERY), WORD_LENGTH)
        return t.gettext("your search %(line)s") % {"line": l10n.quoted(line, language)}
    own = {FOLLOWED: t.gettext("you follow this call"), WIDE: t.gettext("you follow calls of this kind")}
    return own.get(reason.spearhead) or dict(reason.names).get(language, reason.spearhead)


def _reason(name: str, words: tuple[str, ...], language: str) -> str:
    distinct: dict[str, str] = {}
    for word in words:
        distinct.setdefault(word.casefold(), l10n.quoted(clean(word, WORD_LENGTH), language))
    shown = list(distinct.values())[:WORDS_MOST]
    return f"{name} ({', '.join(shown)})" if shown else name
