"""Faults as pages: what went wrong in the reader's language, and what they can do."""

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from jobs.web.pages import language_of, show
from tracker.emails.tokens import BadToken, ExpiredToken
from tracker.errors import InputFaults, NotFound, TrackerError
from tracker.refusals import said


def handle_faults(site: FastAPI) -> None:
    """Answer every error of ours, and every address that is not there, by a page."""
    site.add_exception_handler(TrackerError, _refused)
    site.add_exception_handler(HTTPException, _no_page)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, TrackerError)  # noqa: S101 - registered for it
    is_link = isinstance(error, BadToken)
    sentences = said(error, language_of(request))
    return show(request, "fault.html", status=_status(error), sentences=sentences, is_link=is_link, is_missing=False)


def _status(error: TrackerError) -> int:
    match error:
        case ExpiredToken():
            return 410
        case NotFound() | BadToken():
            return 404
        case InputFaults():
            return 422
        case _:
            return 409


async def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    return show(request, "fault.html", status=error.status_code, sentences=[], is_link=False, is_missing=True)
