"""Faults as pages: what went wrong in the reader's language, and what they can do."""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.web import addresses
from jobs.web.api.problems import problem_of_http
from jobs.web.pages import language_of, show
from tracker import l10n
from tracker.emails.tokens import BadToken, ExpiredToken
from tracker.errors import Code, InputFaults, NotFound, Noun, Refusal, TrackerError, WrongState
from tracker.l10n import N_
from tracker.refusals import said

HTTP = {
    403: N_("Your role does not allow this; ask an admin who may do everything."),
    413: N_("This is more than the form takes."),
    429: N_("That was too often within an hour. Please try again later."),
    500: N_("Something broke on our side, and it has been noted. Please try again later."),
}


def handle_faults(site: FastAPI) -> None:
    """Answer every error of ours, and every address that is not there, by a page."""
    site.add_exception_handler(TrackerError, _refused)
    site.add_exception_handler(HTTPException, page_of_http)
    site.add_exception_handler(RequestValidationError, _odd_request)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, TrackerError)  # noqa: S101 - registered for it
    is_over = isinstance(error, WrongState) and error.noun is Noun.SUBSCRIBER
    sentences = [] if is_over else said(error, language_of(request))
    values: dict[str, Any] = {"way": _way_on(request, error), "is_over": is_over, "is_missing": False}
    values["token"] = request.path_params.get("token", "")
    return show(request, "fault.html", status=_status(error), sentences=sentences, **values)


def _way_on(request: Request, error: TrackerError) -> str:
    """The page where a reader goes on whose link leads no further; empty if there is none."""
    match request.url.path.split("/")[1], error:
        case (("confirm" | "undo"), (ExpiredToken() | Refusal(code=Code.SIGN_UP_GONE | Code.SUBSCRIPTION_GONE))):
            return "sign_up"
        case "manage", (ExpiredToken() | WrongState()):
            return "preferences"
        case _, (BadToken() | WrongState()):
            return "ask_for_link"
    return ""


def _status(error: TrackerError) -> int:
    match error:
        case ExpiredToken() | Refusal(code=Code.COPY_GONE | Code.SIGN_UP_GONE | Code.SUBSCRIPTION_GONE):
            return 410
        case NotFound() | BadToken():
            return 404
        case InputFaults():
            return 422
        case _:
            return 409


async def page_of_http(request: Request, error: Exception) -> Response:
    """A page that there is none of, or that is not given now or to this client."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if request.url.path.startswith(
        addresses.API
    ):  # an address that no program's client should write, as with a newline
        return await problem_of_http(request, error)
    t = l10n.catalogue(language_of(request))
    why = [t.gettext(HTTP[error.status_code])] if error.status_code in HTTP else []
    values: dict[str, Any] = {"sentences": why, "way": "", "is_over": False, "is_missing": not why}
    answer = show(request, "fault.html", status=error.status_code, **values)
    answer.headers.update(error.headers or {})
    return answer


async def _odd_request(request: Request, error: Exception) -> Response:
    """A part of an address that cannot be one of ours, or a field that is longer than its form allows."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    is_missing = any(fault["loc"][0] == "path" for fault in error.errors())
    values: dict[str, Any] = {"sentences": [], "way": "", "is_over": False, "is_missing": is_missing}
    return show(request, "fault.html", status=404 if is_missing else 422, **values)
