"""The words of a list of calls: the filters beside it, and what to loosen where it is empty."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.calls import CallKind
from db.eligibility import Applicant
from db.list_order import ListOrder
from db.strategies import Level, Spearhead
from jobs.publishing.listing import CallList
from jobs.web.list_address import ListAddress
from jobs.web.rhythm_view import ExpectedLine, expected_line
from jobs.web.row_view import ListWords, RowView
from tracker import l10n
from tracker.l10n import N_
from tracker.subscriptions.requests import KINDS

PARTNERS, OPENING, CLOSING, NEW = (0, 1, 2, 4), (14, 30, 90), (7, 14, 30, 90), (7, 30)
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
    "money": N_("Funding"),
    "partners": N_("Partners"),
    "opening": N_("Opens within"),
    "closing": N_("Closes within"),
    "new": N_("New"),
}
FIELDS = CONDITIONS | {
    "status": CONDITIONS["statuses"],
    "money_min": CONDITIONS["money"],
    "money_max": CONDITIONS["money"],
    "order": N_("Order"),
}


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
    spans: tuple[tuple[str, str, tuple[Choice, ...]], ...]  # likewise, of which one is chosen
    loosen: tuple[Choice, ...]
    coming: tuple[RowView, ...]
    expected: tuple[ExpectedLine, ...]  # what nobody has announced
    ignored: tuple[str, ...]  # the names of the fields whose values in the address cannot be meant
    not_held: tuple[str, ...]  # the names of the conditions that an interest cannot hold
    active: tuple[Choice, ...]  # the other conditions, each with its values; choosing one takes it away


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
            _toggle(address, "statuses", status, t.gettext(name), made.by_status)
            for status, name in l10n.STATUSES.items()
        ),
        orders=tuple(
            Choice(one.value, t.gettext(ORDERS[one]), choice.order is one, address.but(order=one)) for one in orders
        ),
        groups=tuple(_groups_of(address, words, programmes)),
        spans=tuple(_spans(address, words.language)),
        loosen=tuple(
            Choice(name, t.gettext(CONDITIONS[name]), True, address.loosened(name), count)
            for name, count in sorted(made.without.items(), key=lambda one: -one[1])
        ),
        coming=tuple(map(words.row, made.coming)),
        expected=tuple(expected_line(one, words.language) for one in made.expected),
        ignored=tuple(dict.fromkeys(t.gettext(FIELDS[name]) for name in address.ignored)),
        not_held=tuple(t.gettext(CONDITIONS[name]) for name in address.not_held()),
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
        "partners": _partners(choice.partners, language),
        "opening": _span(choice.opening, language),
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
        "sources": {key: words.sources.get(key, key) for key in (*words.sources_read, *choice.sources)},
    }
    for field, names in groups.items():
        on = getattr(choice, field)
        named = sorted(names.items(), key=lambda one: one[1].casefold())
        yield field, t.gettext(CONDITIONS[field]), tuple(Choice(str(key), name, key in on) for key, name in named)


def _spans(address: ListAddress, language: str) -> Iterable[tuple[str, str, tuple[Choice, ...]]]:
    """What can be chosen of partners and of spans of days, and what was chosen in another way."""
    t = l10n.catalogue(language)
    for name, usual, worded in SPANS:
        chosen = getattr(address.choice, name)
        there = [*usual, *([chosen] if chosen is not None and chosen not in usual else [])]
        yield (
            name,
            t.gettext(CONDITIONS[name]),
            tuple(Choice(str(value), worded(value, language), value == chosen) for value in there),
        )


def _partners(most: int | None, language: str) -> str:
    if most is None:
        return ""
    t = l10n.catalogue(language)
    return t.gettext("at most %(n)d") % {"n": most} if most else t.gettext("none: also alone")


def _span(span: int | date | None, language: str) -> str:
    if span is None:
        return ""
    if isinstance(span, date):
        return l10n.catalogue(language).gettext("since %(day)s") % {"day": l10n.bare_day(span, language)}
    return l10n.catalogue(language).ngettext("%(n)d day", "%(n)d days", span) % {"n": span}


SPANS = (
    ("partners", PARTNERS, _partners),
    ("opening", OPENING, _span),
    ("closing", CLOSING, _span),
    ("new", NEW, _span),
)


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]
