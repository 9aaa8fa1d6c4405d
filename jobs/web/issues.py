"""The issues of the digest without anything of single readers, and the corrections of what readers were told wrong."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from db.calls import Call
from db.editions import Edition, EditionKind
from db.event_log import EventKind
from db.types import LARGEST
from jobs.publishing.issues import PublicCorrection, ToldCall, issue_of, list_issues, public_corrections
from jobs.web import addresses, version_view
from jobs.web.calls import list_words
from jobs.web.pages import CallNumber, app_of, language_of, show
from jobs.web.row_view import ListWords
from tracker import l10n
from tracker.digests.content import Item, SectionKind, digest_call
from tracker.emails.call_view import FACTS
from tracker.emails.change_view import change_line
from tracker.emails.sanitise import clean
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
MOST_ISSUES, MOST_CORRECTIONS = 60, 200  # of a page
TITLE, WORDS = 300, 500  # characters that are shown
KINDS = {
    EditionKind.DAILY: N_("Daily issue"),
    EditionKind.WEEKLY: N_("Weekly issue"),
    EditionKind.MONTHLY: N_("Monthly issue"),
    EditionKind.RELEASE: N_("Sent later, after a check"),
}


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue in a list: its number, what it is, and the days that it covers."""

    number: int
    kind: str
    days: str
    on: str


@dataclass(frozen=True, slots=True)
class ToldView:
    """A call of an issue: its title as it is now, in its language, and what was told."""

    id: int
    title: str
    spoken: str
    texts: tuple[tuple[str, bool], ...]  # each with whether the reader has less time than before


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A correction: which calls, which fact, what we had said, and what is right."""

    on: str
    fact: str
    wrong: str
    right: str
    note: str
    calls: tuple[tuple[int, str, str], ...]  # id, title, its language


@router.get(addresses.EDITIONS)
def get_editions(request: Request, below: Annotated[int | None, Query(ge=1, le=LARGEST)] = None) -> Response:
    """List the issues that have left, newest first."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        found = list_issues(session, below, MOST_ISSUES + 1)
    shown = [_issue(edition, language) for edition in found[:MOST_ISSUES]]
    return show(request, "editions.html", issues=shown, has_more=len(found) > MOST_ISSUES)


@router.get(addresses.EDITION)
def get_edition(request: Request, number: CallNumber) -> Response:
    """Show what an issue told of each spearhead."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        issue = issue_of(session, app, number)
        words = list_words(session, app, language)
    told = [(head.key, head.name_in(language), list(_told(calls, words, issue.edition))) for head, calls in issue.told]
    return show(request, "edition.html", issue=_issue(issue.edition, language), told=[one for one in told if one[2]])


@router.get(addresses.CORRECTIONS)
def get_corrections(request: Request) -> Response:
    """List what readers were told wrong, newest first."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        found = public_corrections(session, MOST_CORRECTIONS)
    return show(request, "corrections.html", corrections=[_correction(one, language) for one in found])


def _issue(edition: Edition, language: str) -> IssueView:
    return IssueView(
        number=edition.id or 0,
        kind=l10n.catalogue(language).gettext(KINDS[edition.kind]),
        days=l10n.span(edition.from_on, edition.to_on, language),
        on=l10n.day(edition.on, language),
    )


def _told(calls: Iterable[ToldCall], words: ListWords, edition: Edition) -> Iterator[ToldView]:
    for one in calls:
        if texts := tuple(_texts(one, words, edition)):
            call = one.call
            yield ToldView(call.id or 0, clean(call.title, TITLE), call.language, texts)


def _texts(one: ToldCall, words: ListWords, edition: Edition) -> Iterator[tuple[str, bool]]:
    t = l10n.catalogue(words.language)
    kinds = {event.kind for event in one.events}
    for kind in (EventKind.NEW, EventKind.LATE, EventKind.OPENED, EventKind.REOPENED, EventKind.WITHDRAWN):
        if kind in kinds:
            yield t.gettext(version_view.HAPPENED[kind]), False
    told = digest_call(Item(one.call, SectionKind.CHANGED, one.changes, (), (), ()), words.sources, edition.on)
    for change in one.changes:
        line = change_line(change, told, words.language)
        yield line.text, line.strong


def _correction(one: PublicCorrection, language: str) -> CorrectionView:
    about = one.about
    return CorrectionView(
        on=l10n.bare_day(one.edition.on, language),
        fact=l10n.catalogue(language).gettext(FACTS[about.fact]),
        wrong=clean(l10n.redated(about.wrong, language), WORDS),
        right=clean(l10n.redated(about.right, language), WORDS),
        note=clean(about.note, WORDS),
        calls=tuple(_named(call) for call in one.calls),
    )


def _named(call: Call) -> tuple[int, str, str]:
    return call.id or 0, clean(call.title, TITLE), call.language
