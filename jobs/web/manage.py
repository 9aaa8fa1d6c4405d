"""A reader's own preferences, by the fresh link of a letter. Every act leads back to the page by 303.

Whoever has the link can change everything here while it is good (`subscribers.manage_hours`).
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams

from db.audit import by_reader
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.publishing import feeds
from jobs.readers import optin, preferences, privacy
from jobs.readers.offers import offers
from jobs.web import addresses
from jobs.web.forms import (
    Complaint,
    complaints,
    held_choices,
    interest_given,
    organisation_given,
    preferences_given,
    sent_form,
    with_chosen,
)
from jobs.web.pages import CallNumber, InterestNumber, app_of, show
from tracker.errors import Code, Fault, InputFaults
from tracker.subscriptions.requests import ACTOR_TYPES, organisation_of

router = APIRouter(include_in_schema=False)
SEE_OTHER = 303
BY_PAGE = "on the page of preferences"
Sent = Annotated[QueryParams, Depends(sent_form)]


@router.get(addresses.MANAGE)
def get_preferences(request: Request, token: str, done: str = "") -> Response:
    """Show everything that a reader can see and change."""
    return _page(request, token, done=done)


def _page(
    request: Request,
    token: str,
    given: dict[str, Any] | None = None,
    faults: Sequence[Complaint] = (),
    until: str = "",
    done: str = "",
) -> Response:
    app = app_of(request)
    subscriber_id = preferences.who_manages(app, token)
    held = preferences.read_preferences(app, subscriber_id)
    language = held.subscriber.language.value
    given = given or held_choices(held)
    with app.db.read() as session:
        shown = with_chosen(offers(session, app, language), given["interests"])
    values = {
        "held": held,
        "given": given,
        "shown": shown,
        "actor_types": ACTOR_TYPES,
        "blank": interest_given(QueryParams()),
        "faults": faults,
        "until": until,
        "done": done,
        "token": token,
        "feeds": feeds.links_of_reader(app, subscriber_id),
    }
    return show(request, "manage.html", language, 422 if faults else 200, "main", **values)


def _back(token: str, done: str) -> Response:
    return RedirectResponse(f"{addresses.MANAGE.format(token=token)}?done={done}", SEE_OTHER)


@router.post(addresses.MANAGE)
def post_preferences(request: Request, token: str, sent: Sent) -> Response:
    """Replace the preferences and the cadence, or show the form again with what is wrong in it."""
    app = app_of(request)
    subscriber_id = preferences.who_manages(app, token)
    subscriber = preferences.read_preferences(app, subscriber_id).subscriber
    given = preferences_given(sent, subscriber.language.value)
    given |= organisation_given(sent) | {"cadence": sent.get("cadence", subscriber.cadence.value)}
    try:
        wanted = preferences.checked_preferences(app, given)
        organisation, often = organisation_of(given), _cadence(given["cadence"])
    except InputFaults as error:
        return _page(request, token, given, complaints(error, subscriber.language.value))
    signed = by_reader(app.clock())
    preferences.change_preferences(app, subscriber_id, wanted, signed)
    preferences.change_organisation(app, subscriber_id, organisation, signed)
    preferences.change_cadence(app, subscriber_id, often, signed)
    return _back(token, "saved")


def _cadence(word: str) -> Cadence:
    try:
        return Cadence(word)
    except ValueError:
        raise InputFaults(Fault(Code.NOT_ONE_OF, "cadence", {"given": word[:40], "known": tuple(Cadence)})) from None


@router.post(addresses.PAUSE)
def post_pause(request: Request, token: str, sent: Sent) -> Response:
    """Send nothing before a day."""
    app, until = app_of(request), sent.get("until", "")
    subscriber_id = preferences.who_manages(app, token)
    try:
        preferences.pause(app, subscriber_id, _day(until), by_reader(app.clock()))
    except InputFaults as error:
        language = preferences.read_preferences(app, subscriber_id).subscriber.language.value
        return _page(request, token, faults=complaints(error, language), until=until)
    return _back(token, "paused")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise InputFaults(Fault(Code.NOT_A_DAY, "until", {"given": typed[:40]})) from None


@router.post(addresses.RESUME)
def post_resume(request: Request, token: str) -> Response:
    """End a pause now."""
    return _acted(request, token, "resumed", preferences.resume)


@router.post(addresses.CHOSEN_CALL)
def post_unchoose(request: Request, token: str, call_id: CallNumber) -> Response:
    """Neither follow nor mute a call any longer."""
    return _acted(request, token, "unmuted", partial(_unmute, call_id=call_id))


def _unmute(app: App, subscriber_id: int, signed: Any, call_id: int) -> None:
    preferences.unmute(app, subscriber_id, call_id, signed)


@router.post(addresses.OWN_FEED)
def post_new_feed_address(request: Request, token: str, interest_id: InterestNumber) -> Response:
    """Replace the private addresses of an interest's feed and calendar."""
    return _acted(request, token, "replaced", partial(_replace_feed, interest_id=interest_id))


def _replace_feed(app: App, subscriber_id: int, signed: Any, interest_id: int) -> None:
    feeds.rotate_own(app, subscriber_id, interest_id, signed)


def _acted(request: Request, token: str, done: str, act: Callable[..., object]) -> Response:
    app = app_of(request)
    act(app, preferences.who_manages(app, token), by_reader(app.clock(), BY_PAGE))
    return _back(token, done)


@router.get(addresses.ALL_HELD)
def get_all_held(request: Request, token: str) -> Response:
    """Hand over everything that is held on a reader, as one file."""
    app = app_of(request)
    document = privacy.document_of(app, preferences.who_manages(app, token))
    headers = {"content-disposition": 'attachment; filename="karkivahti.json"'}
    return Response(document, media_type="application/json", headers=headers)


@router.post(addresses.END)
def post_end(request: Request, token: str) -> Response:
    """End the subscription; the goodbye's link undoes it."""
    app = app_of(request)
    left = optin.leave(app, preferences.who_manages(app, token), by_reader(app.clock(), BY_PAGE))
    return show(request, "done.html", left.language.value, done="left")


@router.get(addresses.ERASE)
def get_erase(request: Request, token: str) -> Response:
    """Ask once more before a person is erased."""
    app = app_of(request)
    held = preferences.read_preferences(app, preferences.who_manages(app, token))
    return show(request, "erase.html", held.subscriber.language.value, token=token)


@router.post(addresses.ERASE)
def post_erase(request: Request, token: str) -> Response:
    """Erase a person for good."""
    app = app_of(request)
    subscriber_id = preferences.who_manages(app, token)
    language = preferences.read_preferences(app, subscriber_id).subscriber.language.value
    privacy.erase(app, subscriber_id, by_reader(app.clock(), BY_PAGE))
    return show(request, "done.html", language, done="erased")
