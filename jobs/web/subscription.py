"""A subscription's beginning and end, by the links of letters and mails. A GET shows, a POST does."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from jobs.readers import links, optin, preferences
from jobs.web import addresses
from jobs.web.forms import complaints
from jobs.web.limits import each_client, each_link
from jobs.web.pages import CallNumber, app_of, language_of, show
from tracker.errors import InputFaults
from tracker.subscriptions.requests import address_of

router = APIRouter(include_in_schema=False)
SEE_OTHER = 303


@router.get(addresses.CONFIRM)
def get_confirm(request: Request, token: str) -> Response:
    """Show what is confirmed, with its button; mail scanners open links, so opening one changes nothing."""
    asked = links.what_is_asked(app_of(request), token)
    return show(request, "act.html", asked.language, act="confirm", asked=asked)


@router.post(addresses.CONFIRM)
def post_confirm(request: Request, token: str) -> Response:
    """Begin the subscription; done twice it is done once."""
    subscriber = optin.confirm_by_link(app_of(request), token)
    return show(request, "done.html", subscriber.language.value, done="confirmed")


@router.get(addresses.LEAVE)
def get_leave(request: Request, token: str) -> Response:
    """Show the button that ends a subscription."""
    subscriber = links.who_would_leave(app_of(request), token)
    return show(request, "act.html", subscriber.language.value, act="leave")


@router.post(addresses.LEAVE, dependencies=[Depends(each_link)])
def post_leave(
    request: Request, token: str, one_click: Annotated[str, Form(alias="List-Unsubscribe")] = ""
) -> Response:
    """End a subscription, by the page's button or by a mail program's one click (RFC 8058)."""
    by = "one-click header" if one_click == "One-Click" else "link in a mail"
    subscriber = optin.leave_by_link(app_of(request), token, by)
    return show(request, "done.html", subscriber.language.value, done="left")


@router.get(addresses.UNDO)
def get_undo(request: Request, token: str) -> Response:
    """Show the button that brings a subscription back."""
    subscriber = links.who_would_return(app_of(request), token)
    return show(request, "act.html", subscriber.language.value, act="undo")


@router.post(addresses.UNDO)
def post_undo(request: Request, token: str) -> Response:
    """Bring a subscription back as it was."""
    subscriber = optin.undo(app_of(request), token)
    return show(request, "done.html", subscriber.language.value, done="back")


@router.get(addresses.PREFERENCES)
def get_preferences_link(request: Request, token: str) -> Response:
    """Show what the link of a mail, which never expires, is good for: to ask for a fresh one."""
    return show(request, "act.html", _language_of_link(request, token), act="link")


@router.post(addresses.PREFERENCES, dependencies=[Depends(each_client("link"))])
def post_preferences_link(request: Request, token: str) -> Response:
    """Send a fresh link to the mailbox that a mail was for; the answer is the same whether or not it was sent."""
    preferences.ask_for_link(app_of(request), token)
    return show(request, "done.html", _language_of_link(request, token), done="link")


def _language_of_link(request: Request, token: str) -> str:
    """The language of the reader to whom a mail was sent; empty if nothing is held on them any longer."""
    app = app_of(request)
    return preferences.language_of_reader(app, preferences.reader_of_link(app, token))


@router.get(addresses.ASK_FOR_LINK)
def get_link_form(request: Request) -> Response:
    """Show the form in which a reader types their address."""
    return show(request, "link.html", faults=(), address="")


@router.post(addresses.ASK_FOR_LINK, dependencies=[Depends(each_client("link"))])
def post_link_form(request: Request, address: Annotated[str, Form(max_length=320)] = "") -> Response:
    """Send a link to this address, if it is a reader's; the answer is the same whether or not it is."""
    try:
        address_of(address)
    except InputFaults as error:
        wrong = complaints(
            InputFaults(*(replace(fault, subject="address") for fault in error.faults)), language_of(request)
        )
        return show(request, "link.html", status=422, faults=wrong, address=address)
    preferences.ask_for_link(app_of(request), address)
    return show(request, "done.html", done="link")


@router.get(addresses.NOT_FOR_US)
def get_not_for_us(request: Request, token: str, call_id: CallNumber) -> Response:
    """Show the form of "not for us", with room for a reason."""
    subscriber, call = links.call_not_for_us(app_of(request), token, call_id)
    return show(request, "not_for_us.html", subscriber.language.value, call=call)


@router.post(addresses.NOT_FOR_US)
def post_not_for_us(
    request: Request, token: str, call_id: CallNumber, reason: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Mute a call for this reader, and count it against the rules that tagged it."""
    app = app_of(request)
    subscriber, _ = links.call_not_for_us(app, token, call_id)
    preferences.not_for_us_by_link(app, token, call_id, reason.strip())
    return show(request, "done.html", subscriber.language.value, done="not_for_us")


@router.get(addresses.HOME)
def get_home(request: Request) -> Response:
    """Lead to the calls in the reader's language."""
    return RedirectResponse(addresses.CALLS.format(language=language_of(request)), SEE_OTHER)
