"""The forms in which anybody tells us of an error on a call's page, or of what is not accessible."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import calls
from db.reports import DAYS_TO_ANSWER, ReportKind
from jobs.readers.reports import LONGEST_REPORT, hand_in
from jobs.web import addresses
from jobs.web.forms import Complaint, complaints, sent_form
from jobs.web.limits import each_client
from jobs.web.pages import CallNumber, app_of, language_of, show
from tracker.emails.sanitise import clean
from tracker.errors import InputFaults, NotFound, Noun

router = APIRouter(include_in_schema=False)
NOTHING = {"text": "", "address": ""}
TITLE_LENGTH = 300


@router.get(addresses.CALL_REPORT)
def get_call_report(request: Request, call_id: CallNumber) -> Response:
    """Show the form for an error on a call's page."""
    return _form(request, title=_title_of(request, call_id))


@router.post(addresses.CALL_REPORT, dependencies=[Depends(each_client("report"))])
def post_call_report(
    request: Request, call_id: CallNumber, sent: Annotated[QueryParams, Depends(sent_form)]
) -> Response:
    """Take in a report of an error, or show the form again."""
    return _take_in(request, ReportKind.ERROR, sent, _title_of(request, call_id), call_id)


@router.get(addresses.FEEDBACK)
def get_feedback(request: Request) -> Response:
    """Show the form for feedback on accessibility."""
    return _form(request)


@router.post(addresses.FEEDBACK, dependencies=[Depends(each_client("report"))])
def post_feedback(request: Request, sent: Annotated[QueryParams, Depends(sent_form)]) -> Response:
    """Take in feedback on accessibility, or show the form again."""
    return _take_in(request, ReportKind.ACCESSIBILITY, sent)


def _take_in(
    request: Request, kind: ReportKind, sent: QueryParams, title: str = "", call_id: int | None = None
) -> Response:
    given = {name: sent.get(name, "") for name in NOTHING}
    try:
        hand_in(app_of(request), kind, given["text"], given["address"], language_of(request), call_id)
    except InputFaults as error:
        return _form(request, given, complaints(error, language_of(request)), title)
    return show(request, "done.html", done="reported", days_to_answer=DAYS_TO_ANSWER)


def _form(
    request: Request, given: dict[str, str] = NOTHING, faults: Sequence[Complaint] = (), title: str = ""
) -> Response:
    return show(
        request,
        "report.html",
        status=422 if faults else 200,
        given=given,
        faults=faults,
        title=title,
        call_id=request.path_params.get("call_id"),
        most=LONGEST_REPORT,
        days_to_answer=DAYS_TO_ANSWER,
        kept_days=app_of(request).settings.retention.reports_days,
    )


def _title_of(request: Request, call_id: int) -> str:
    """The title of the call that a report is about; NotFound if there is none."""
    with app_of(request).db.read() as session:
        named = calls.calls_by_id(session, [call_id])
    if call_id not in named:
        raise NotFound(Noun.CALL, call_id)
    return clean(named[call_id].title, TITLE_LENGTH)
