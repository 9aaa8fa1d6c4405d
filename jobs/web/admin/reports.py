"""Reports: what people wrote of errors and obstacles, to be answered or closed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import calls
from db.audit import Signed
from db.reports import ReportState, list_reports
from jobs.readers.reports import LONGEST_ANSWER, answer_report, close_report
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import InputFaults, WrongState
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
ReportNumber = CallNumber
MOST = 100
FIELDS = {"text": N_("The answer")}


@router.get(addresses.ADMIN_REPORTS)
def get_reports(request: Request, done: str = "") -> Response:
    """List the reports that wait, those that wait longest first."""
    return _reports(request, done=done)


def _reports(request: Request, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        waiting = list_reports(session, [ReportState.OPEN], MOST)
        about = calls.calls_by_id(session, {report.call_id for report in waiting if report.call_id})
    titles = {call_id: call.title for call_id, call in about.items()}
    values: dict[str, Any] = {"waiting": waiting, "titles": titles, "today": app.today(), "most": LONGEST_ANSWER}
    return screen(request, "reports.html", 409 if faults else 200, faults=faults, done=done, **values)


@router.post(addresses.ADMIN_REPORT_ANSWER)
def post_answer(request: Request, report_id: ReportNumber, sent: Sent) -> Response:
    """Answer a report, by a letter if it has an address."""
    try:
        answer_report(app_of(request), report_id, sent.get("text", ""), signed(request))
    except (InputFaults, WrongState) as error:
        return _reports(request, refused(error, admin_of(request).language.value, "text", FIELDS))
    return back_to(addresses.ADMIN_REPORTS, "done")


@router.post(addresses.ADMIN_REPORT_CLOSE)
def post_close(request: Request, report_id: ReportNumber, sent: Sent) -> Response:
    """Close a report that needs no answer."""
    close: Callable[[Signed], object] = partial(close_report, app_of(request), report_id)
    return acted(request, sent, close, partial(_reports, request), addresses.ADMIN_REPORTS)
