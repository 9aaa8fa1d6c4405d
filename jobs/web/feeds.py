"""Feeds, calendars and exports at their published addresses."""

from fastapi import APIRouter, Request, Response

from jobs.publishing import feeds
from jobs.publishing.catalogue import CallQuery
from jobs.web import addresses
from jobs.web.list_address import read_address
from jobs.web.pages import CallNumber, app_of
from tracker.feeds.addresses import MEDIA_TYPES, FeedFormat

router = APIRouter(include_in_schema=False)


def _answer(request: Request, form: FeedFormat, choice: CallQuery, language: str) -> Response:
    return Response(feeds.export(app_of(request), form, choice, language), media_type=MEDIA_TYPES[form])


@router.get(addresses.CALLS_FEED)
def get_calls_feed(request: Request, language: str, form: FeedFormat) -> Response:
    """All calls, or those of a list by the same words after the question mark, for anybody."""
    address = read_address(request.query_params.multi_items())
    listed = CallQuery(listed=address.choice, address=address.query()) if request.url.query else CallQuery()
    return _answer(request, form, listed, language)


@router.get(addresses.SPEARHEAD_FEED)
def get_spearhead_feed(request: Request, key: str, language: str, form: FeedFormat) -> Response:
    """The calls of a spearhead, for anybody."""
    return _answer(request, form, CallQuery(spearhead=key), language)


@router.get(addresses.INTEREST_FEED)
def get_interest_feed(request: Request, token: str, language: str, form: FeedFormat) -> Response:
    """The calls of a reader's interest, for whoever has its private link."""
    interest = feeds.interest_named(app_of(request), token)
    return _answer(request, form, CallQuery(interest=interest), language)


@router.get(addresses.CALL_CALENDAR)
def get_call_calendar(request: Request, call_id: CallNumber, language: str) -> Response:
    """The dates of one call for a calendar."""
    calendar = feeds.calendar_of_call(app_of(request), call_id, language)
    return Response(calendar, media_type=MEDIA_TYPES[FeedFormat.ICS])
