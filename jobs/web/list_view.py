"""The words of a list of calls: its rows, the filters beside it, and what to loosen where it is empty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.calls import CallKind, CallStatus
from db.eligibility import Applicant
from db.list_order import ListOrder
from db.strategies import Level, Spearhead
from jobs.publishing.listing import CallList, ListRow
from jobs.web.list_address import ListAddress
from tracker import l10n
from tracker.calls.changes import remembered, status_of
from tracker.digests.content import DigestCall, Item, SectionKind, digest_call
from tracker.emails.call_view import URGENT_DAYS, applicants, funding, left
from tracker.emails.eligibility_view import BETWEEN
from tracker.emails.sanitise import clean
from tracker.l10n import N_
from tracker.subscriptions.requests import KINDS

TITLE_LENGTH, WORD_LENGTH = 240, 60
CLOSING, NEW = (7, 14, 30, 90), (7, 30)
STATUSES = {CallStatus.OPEN: N_("Open"), CallStatus.FORTHCOMING: N_("Coming"), CallStatus.CLOSED: N_("Closed")}
ORDERS = {
    ListOrder.DEADLINE: N_("Deadline"),
    ListOrder.NEWEST: N_("Newest first"),
    ListOrder.BUDGET: N_("Budget"),
    ListOrder.RELEVANCE: N_("Relevance"),
}
CONDITIONS = {
    "statuses": N_("Status"),
    "spearheads": N_("Spearhead"),
    "programmes": N_("Programme"),
    "sources": N_("Source"),
    "kinds": N_("Kind of call"),
    "audience": N_("Who can apply"),
    "query": N_("Search words"),
    "money": N_("Funding per project"),
    "closing": N_("Closes within"),
    "new": N_("New"),
}


@dataclass(frozen=True, slots=True)
class RowView:
    """One call of a list in words; `spoken` is the language of its title."""

    id: int
    title: str
    spoken: str
    about: str
    spearheads: tuple[str, ...]
    who: str
    money: tuple[str, ...]
    day: str
    left: str
    is_urgent: bool
    later: int
    status: CallStatus
    standing: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: whether it is chosen, how many calls it has (None: not counted), where choosing leads."""

    value: str
    name: str
    is_on: bool
    query: str = ""
    count: int | None = None


@dataclass(frozen=True, slots=True)
class ListView:
    """A list of calls and all around it in words."""

    rows: tuple[RowView, ...]
    spearheads: tuple[Choice, ...]
    eu: tuple[Choice, ...]  # missions and partnerships of the EU
    statuses: tuple[Choice, ...]
    orders: tuple[Choice, ...]
    groups: tuple[tuple[str, str, tuple[Choice, ...]], ...]  # name of the field, its label, its choices
    closing: tuple[Choice, ...]
    new: tuple[Choice, ...]
    loosen: tuple[Choice, ...]
    active: tuple[Choice, ...]  # the other conditions, each with its values; choosing one takes it away


@dataclass(frozen=True, slots=True)
class ListWords:
    """What a list is worded with: names by key, and the day that days are counted from."""

    language: str
    on: date
    spearheads: Mapping[str, str]
    sources: Mapping[str, str]

    def row(self, row: ListRow) -> RowView:
        """One call in words."""
        item = Item(row.call, SectionKind.OPEN_NOW, (), (), (), (), (), row.eligibility)
        call = digest_call(item, self.sources, self.on)
        first = call.deadlines[0].on if call.deadlines and not call.is_over else call.ended_on
        status = CallStatus.CLOSED if row.call.withdrawn_at else status_of(remembered(row.call), self.on)
        return RowView(
            id=call.call_id,
            title=clean(call.title, TITLE_LENGTH),
            spoken=row.call.language,
            about=self._about(call),
            spearheads=tuple(self.spearheads.get(key, key) for key in row.spearheads),
            who=applicants(call, self.language),
            money=tuple(filter(None, funding(call, self.language).split(BETWEEN))),
            day=l10n.day(first, self.language) if first else "",
            left=left(call, self.language),
            is_urgent=call.days_left is not None and call.days_left <= URGENT_DAYS and not call.is_over,
            later=max(len(call.deadlines) - 1, 0),
            status=status,
            standing=self._standing(row, call, status),
        )

    def _about(self, call: DigestCall) -> str:
        programme = l10n.programme(call.programme, self.language) if call.programme else ""
        action = clean(call.type_of_action or "", WORD_LENGTH)
        parts = [programme, l10n.type_of_action(action, self.language), clean(call.identifier or "", WORD_LENGTH)]
        return " · ".join(filter(None, parts))

    def _standing(self, row: ListRow, call: DigestCall, status: CallStatus) -> str:
        t = l10n.catalogue(self.language)
        if row.call.withdrawn_at:
            return t.gettext("Withdrawn")
        if call.opens_on and call.opens_on > self.on and status is CallStatus.FORTHCOMING:
            return t.gettext("Opens %(day)s") % {"day": l10n.bare_day(call.opens_on, self.language)}
        return t.gettext(STATUSES[status])


def list_view(
    made: CallList, address: ListAddress, words: ListWords, spearheads: Iterable[Spearhead], programmes: Iterable[str]
) -> ListView:
    """Word a list that was asked for by this address."""
    t, choice = l10n.catalogue(words.language), address.choice
    order = sorted(spearheads, key=lambda one: words.spearheads[one.key].casefold())
    orders = [one for one in ListOrder if one is not ListOrder.RELEVANCE or choice.query]
    return ListView(
        rows=tuple(map(words.row, made.rows)),
        spearheads=tuple(
            _toggle(address, "spearheads", one.key, words.spearheads[one.key], made.by_spearhead)
            for one in order
            if one.level is not Level.EU
        ),
        eu=tuple(
            _toggle(address, "spearheads", one.key, words.spearheads[one.key], made.by_spearhead)
            for one in order
            if one.level is Level.EU
        ),
        statuses=tuple(
            _toggle(address, "statuses", status, t.gettext(name), made.by_status) for status, name in STATUSES.items()
        ),
        orders=tuple(
            Choice(one.value, t.gettext(ORDERS[one]), choice.order is one, address.but(order=one)) for one in orders
        ),
        groups=tuple(_groups_of(address, words, programmes)),
        closing=_spans(CLOSING, choice.closing, words.language),
        new=_spans(NEW, choice.new, words.language),
        loosen=tuple(
            Choice(name, t.gettext(CONDITIONS[name]), True, address.loosened(name), count)
            for name, count in sorted(made.without.items(), key=lambda one: -one[1])
        ),
        active=tuple(_active(address, words)),
    )


def _active(address: ListAddress, words: ListWords) -> Iterable[Choice]:
    """The conditions that stand neither in the search field nor among spearheads and statuses."""
    t, choice, language = l10n.catalogue(words.language), address.choice, words.language
    said = {
        "programmes": l10n.listed([l10n.programme(code, language) for code in choice.programmes], language, "or"),
        "sources": l10n.listed([words.sources.get(key, key) for key in choice.sources], language, "or"),
        "kinds": l10n.listed([t.gettext(KINDS[CallKind(kind)]) for kind in choice.kinds], language, "or"),
        "audience": l10n.listed([l10n.audience([word], language) for word in choice.audience], language, "or"),
        "money": l10n.per_project(choice.money_min, choice.money_max, language),
        "closing": _span(choice.closing, language),
        "new": _span(choice.new, language),
    }
    for name, text in said.items():
        if text:
            yield Choice(name, f"{t.gettext(CONDITIONS[name])}: {text}", True, address.loosened(name))


def _toggle(address: ListAddress, field: str, value: Any, name: str, counts: Mapping[str, int]) -> Choice:
    is_on = value in getattr(address.choice, field)
    return Choice(str(value), name, is_on, address.toggled(field, value), counts.get(str(value), 0))


def _groups_of(
    address: ListAddress, words: ListWords, programmes: Iterable[str]
) -> Iterable[tuple[str, str, tuple[Choice, ...]]]:
    t, language, choice = l10n.catalogue(words.language), words.language, address.choice
    codes = dict.fromkeys((*programmes, *choice.programmes))
    groups = {
        "programmes": {code: l10n.programme(code, language) for code in codes},
        "audience": {kind: _first_large(l10n.audience([kind], language)) for kind in (*Applicant, *choice.audience)},
        "kinds": {kind.value: _first_large(t.gettext(KINDS[kind])) for kind in CallKind},
        "sources": dict(words.sources),
    }
    for field, names in groups.items():
        on = getattr(choice, field)
        named = sorted(names.items(), key=lambda one: one[1].casefold())
        yield field, t.gettext(CONDITIONS[field]), tuple(Choice(str(key), name, key in on) for key, name in named)


def _spans(usual: tuple[int, ...], chosen: int | date | None, language: str) -> tuple[Choice, ...]:
    """Spans of days to choose from, and the one that was chosen in another way."""
    there = [*usual, *([chosen] if chosen is not None and chosen not in usual else [])]
    return tuple(Choice(str(span), _span(span, language), span == chosen) for span in there)


def _span(span: int | date | None, language: str) -> str:
    if span is None:
        return ""
    if isinstance(span, date):
        return l10n.catalogue(language).gettext("since %(day)s") % {"day": l10n.bare_day(span, language)}
    return l10n.catalogue(language).ngettext("%(n)d day", "%(n)d days", span) % {"n": span}


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]
