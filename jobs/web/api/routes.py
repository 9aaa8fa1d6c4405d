"""What the API answers: calls, their versions, events, spearheads and sources."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlmodel import Session

from db import calls, duplicates, event_log, strategies, versions
from db.runs import coverage
from jobs.base.app import App
from jobs.publishing import catalogue
from jobs.publishing.coverage import covered_sources
from jobs.publishing.listing import ListRow, SpearheadCount, ahead_of_spearheads, call_list, list_queries
from jobs.web import addresses
from jobs.web.api.answers import (
    CallAnswer,
    CallsAnswer,
    EventsAnswer,
    ListedFacts,
    RoundOfCall,
    SourcesAnswer,
    SpearheadsAnswer,
    VersionsAnswer,
    event_answer,
    source_answer,
    spearhead_answer,
    tag_answer,
    versions_answer,
)
from jobs.web.api.asking import EventQuery, ListQuery, cursor_of, take_an_answer
from jobs.web.api.problems import ANSWERS
from jobs.web.pages import CallNumber, app_of
from jobs.web.places import place_word
from tracker.calls.changes import brussels_day
from tracker.errors import NotFound, Noun
from tracker.feeds.tables import CallRow, call_row

router = APIRouter(dependencies=[Depends(take_an_answer)], responses=ANSWERS)


@router.get(addresses.API_CALLS, tags=["calls"], summary="List calls")
def get_api_calls(request: Request, asked: Annotated[ListQuery, Query()]) -> CallsAnswer:
    """The same question as in the address of the list for people, and the same answer, page by page."""
    app, address = app_of(request), asked.address()
    with app.db.read() as session:
        made = call_list(session, app, list_queries(session, app, address.choice), asked.limit, address.turn)
        rows = _rows(session, app, made.rows)
    order = address.choice.order
    return CallsAnswer(
        total=made.total,
        after=place_word(made.after, order) if made.after else None,
        before=place_word(made.before, order) if made.before else None,
        calls=tuple(ListedFacts.model_validate(row) for row in rows),
    )


def _rows(session: Session, app: App, rows: tuple[ListRow, ...]) -> list[CallRow]:
    same = duplicates.partners(session, [row.call.id or 0 for row in rows])
    on = brussels_day(app.clock())
    return [call_row(row.call, row.spearheads, same.get(row.call.id or 0, ()), on, row.eligibility) for row in rows]


@router.get(addresses.API_CALL, tags=["calls"], summary="One call in full")
def get_api_call(request: Request, call_id: CallNumber) -> CallAnswer:
    """All facts, why it has its spearheads, what is known of who may apply, and its other rounds."""
    app = app_of(request)
    with app.db.read() as session:
        full = catalogue.call_in_full(session, app, call_id)
        [row] = _rows(session, app, (ListRow(full.listed.call, full.listed.spearheads, full.eligibility),))
        return CallAnswer(
            call=row,
            tags=tuple(map(tag_answer, full.taggings)),
            eligibility=full.eligibility.findings if full.eligibility else (),
            rounds=tuple(map(RoundOfCall.model_validate, full.rounds.all if full.rounds else ())),
            set_by_hand=tuple(edit.field for edit in full.edits),
            read_at=coverage(session, row.source).accepted_at,
            page=app.settings.mail.base_url + addresses.CALL.format(language=app.region.languages[0], call_id=call_id),
        )


@router.get(addresses.API_VERSIONS, tags=["calls"], summary="A call over time")
def get_api_versions(request: Request, call_id: CallNumber) -> VersionsAnswer:
    """What a call's source said of it over time."""
    app = app_of(request)
    with app.db.read() as session:
        if not calls.calls_by_id(session, [call_id]):
            raise NotFound(Noun.CALL, call_id)
        return versions_answer(versions.versions_of_call(session, call_id))


@router.get(addresses.API_EVENTS, tags=["events"], summary="Changes that are news")
def get_api_events(request: Request, asked: Annotated[EventQuery, Query()]) -> EventsAnswer:
    """Every change that is news, in the order in which it became visible: each once, none left out.

    Keep `after` and ask with it again: right away while there is `more`, later for what is new by then.
    """
    known = asked.seq()
    with app_of(request).db.read() as session:
        last = event_log.next_events(session, known, asked.limit)
        found = event_log.events_after(session, known, last)
        more = event_log.next_events(session, last, 1) > last
    return EventsAnswer(after=cursor_of(last), more=more, events=tuple(event_answer(*one) for one in found))


@router.get(addresses.API_SPEARHEADS, tags=["spearheads"], summary="The spearheads")
def get_api_spearheads(request: Request) -> SpearheadsAnswer:
    """The spearheads of the region's strategy, and the EU's own, with what is open and coming of each."""
    app = app_of(request)
    with app.db.read() as session:
        heads, counted = strategies.all_spearheads(session), ahead_of_spearheads(session, app)
    none = SpearheadCount(0, 0, ())
    return SpearheadsAnswer(spearheads=tuple(spearhead_answer(one, counted.get(one.key, none)) for one in heads))


@router.get(addresses.API_SOURCES, tags=["sources"], summary="The sources and when they were read")
def get_api_sources(request: Request) -> SourcesAnswer:
    """The sources that calls are read from, and when each was last read as it should be."""
    app = app_of(request)
    with app.db.read() as session:
        return SourcesAnswer(sources=tuple(map(source_answer, covered_sources(session, app))))


@router.get(addresses.API_DESCRIPTION, include_in_schema=False)
def get_api_description(request: Request, response: Response) -> Any:
    """This API as OpenAPI."""
    return JSONResponse(request.app.openapi(), headers=dict(response.headers))
