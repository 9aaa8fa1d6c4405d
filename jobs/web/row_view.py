"""The words of a call's row, wherever calls are listed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from db.calls import Call, CallStatus
from jobs.publishing.listing import ListRow
from tracker import l10n
from tracker.calls.changes import status_of
from tracker.digests.content import DigestCall, Item, SectionKind, digest_call
from tracker.emails.call_view import URGENT_DAYS, applicants, funding, left
from tracker.emails.eligibility_view import BETWEEN
from tracker.emails.sanitise import clean

TITLE_LENGTH, WORD_LENGTH = 240, 60


def shown_title(call: Call, language: str) -> str:
    """The title of a call as pages show it; of one whose title nobody can see, its identifier or that it has none."""
    seen = clean(call.title, TITLE_LENGTH) or clean(call.identifier or "", TITLE_LENGTH)
    return seen or l10n.catalogue(language).gettext("A call without a title")


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
class ListWords:
    """What a list is worded with: names by key, and the day that days are counted from."""

    language: str
    on: date
    spearheads: Mapping[str, str]
    sources: Mapping[str, str]
    sources_read: Collection[str]  # the keys of those that can be asked for; calls may be from others, too

    def row(self, row: ListRow) -> RowView:
        """One call in words."""
        item = Item(row.call, SectionKind.OPEN_NOW, (), (), (), (), (), row.eligibility)
        call = digest_call(item, self.sources, self.on)
        first = call.deadlines[0].on if call.deadlines and not call.is_over else call.ended_on
        status = CallStatus.CLOSED if row.call.withdrawn_at else status_of(row.call, self.on)
        return RowView(
            id=call.call_id,
            title=shown_title(row.call, self.language),
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
        return t.gettext(l10n.STATUSES[status])
