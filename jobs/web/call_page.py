"""The words of one call's page: what, who, how much, by when; why it is tagged; and what has become of it."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from db.calls import Call, CallVersion
from jobs.publishing.catalogue import CallInFull
from jobs.publishing.listing import ListRow
from jobs.web.fact_view import PLACE_LENGTH, FirstLines, first_lines
from jobs.web.round_view import RoundsView, rounds_view
from jobs.web.row_view import ListWords, RowView
from jobs.web.version_view import Happening, last_read, what_happened
from tracker import l10n
from tracker.digests.content import Item, SectionKind, digest_call
from tracker.emails.call_view import FACTS, call_view
from tracker.emails.eligibility_view import place_of_applicants
from tracker.emails.sanitise import clean, safe_url
from tracker.l10n import N_
from tracker.tagging.explain import WordPlace, words_by_place

NOTE_LENGTH, WORD_LENGTH = 2000, 80
LONGEST_TEXT = 200_000
PLACES = {
    "title": N_("in the title"),
    "text": N_("in the text"),
    "call": N_("in the title of the call above it"),
    "context": N_("in the topic that pays for it"),
    "destination": N_("in the destination"),
}


@dataclass(frozen=True, slots=True)
class WhyTagged:
    """One spearhead of a call, and the words that gave it, each line with where they stand."""

    key: str
    name: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]
    by_hand: bool


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call in words. `text` is in pieces, each with whether it gave a tag."""

    row: RowView
    first: FirstLines
    links: tuple[tuple[str, str], ...]  # (source, address)
    why: tuple[WhyTagged, ...]
    text: tuple[tuple[str, bool], ...]
    is_cut: bool
    note: str
    history: tuple[Happening, ...]
    edited: str
    read: str
    calendar: bool
    rounds: RoundsView | None


def call_page(
    full: CallInFull,
    same: Iterable[Call],
    versions: Sequence[CallVersion],
    read_at: datetime | None,
    now: datetime,
    words: ListWords,
    zone: ZoneInfo,
) -> CallPage:
    """Word a call; `same` are its duplicates in other sources, `read_at` is when its source was last read."""
    call, language = full.listed.call, words.language
    item = Item(call, SectionKind.OPEN_NOW, (), (), (), (), tuple(same), full.eligibility)
    told = digest_call(item, words.sources, words.on)
    view = call_view(SectionKind.OPEN_NOW, told, words.on, language, zone)
    where = place_of_applicants(full.eligibility, language, PLACE_LENGTH) if full.eligibility else ("", False)
    text = call.text or ""
    links = [(words.sources.get(one.source, one.source), safe_url(one.url)) for one in (call, *item.also)]
    return CallPage(
        row=words.row(ListRow(call, full.listed.spearheads, full.eligibility)),
        first=first_lines(call, told, view, where, words.on, language, zone),
        links=tuple((name, url) for name, url in links if url),
        why=tuple(_why(full, words)),
        text=tuple(marked(text[:LONGEST_TEXT], [row for one in full.taggings for row in one.evidence])),
        is_cut=len(text) > LONGEST_TEXT,
        note=clean(call.note.text, NOTE_LENGTH) if call.note else "",
        history=tuple(what_happened(call, full.events, versions, told, language, zone)),
        edited=_edited(full, language),
        read=last_read(words.sources.get(call.source, call.source), read_at, now, language, zone),
        calendar=bool(told.deadlines),
        rounds=rounds_view(full.rounds, call.title, call.programme, language) if full.rounds else None,
    )


def marked(text: str, evidence: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, bool]]:
    """A text in pieces, each with whether it is quoted by evidence; without characters that nobody can see."""
    quoted = sorted(
        (start, end)
        for row in evidence
        if row["field"] == "text"
        for (start, end), words in zip(row["spans"], row["words"], strict=False)
        if text[start:end] == words  # the text may have changed since it was tagged
    )
    place = 0
    for start, end in quoted:
        if end <= place:
            continue
        if start > place:
            yield _seen(text[place:start]), False
        yield _seen(text[max(start, place) : end]), True
        place = end
    yield _seen(text[place:]), False


def _seen(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c)[0] != "C")


def _why(full: CallInFull, words: ListWords) -> Iterator[WhyTagged]:
    t = l10n.catalogue(words.language)
    seen: set[str] = set()
    for tagging in full.taggings:
        if tagging.spearhead not in seen:
            seen.add(tagging.spearhead)
            found = words_by_place(tagging.evidence).items()
            lines = tuple(
                (place_in_words(place, t.gettext), tuple(clean(w, WORD_LENGTH) for w in quoted))
                for place, quoted in found
            )
            name = words.spearheads.get(tagging.spearhead, tagging.spearhead)
            yield WhyTagged(tagging.spearhead, name, lines, by_hand=not tagging.evidence)


def place_in_words(place: WordPlace, t: Any) -> str:
    """Say where in a call words stand."""
    if place.under and place.field == "text":
        return str(t(N_("under “%(heading)s”")) % {"heading": clean(place.under, WORD_LENGTH)})
    return str(t(PLACES.get(place.field, N_("in the details of the call"))))


def _edited(full: CallInFull, language: str) -> str:
    """The names of the facts that were set by hand."""
    t = l10n.catalogue(language)
    return l10n.listed([t.gettext(FACTS.get(edit.field, edit.field)) for edit in full.edits], language)
