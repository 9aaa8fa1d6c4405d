"""Corrections: what was told wrong of a call, who was told, the mail that corrects it; then it is sent, once."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from jobs.editions.corrections import PreviewedCorrection, Wrong, correct, preview_correction
from jobs.publishing.catalogue import one_call
from jobs.rulebook.saving import must_have_reason
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.admin.frames import mail_in_frame, with_frames
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.emails.call_view import FACTS
from tracker.errors import Code, Fault, InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
LAST_DAYS = timedelta(days=30)  # that are offered
MOST_WORDS = 500
FIELDS = {
    "fact": N_("What was told wrong"),
    "wrong": N_("As readers saw it"),
    "right": N_("What is right, in words that all readers understand"),
    "note": N_("A further sentence, if one is needed"),
    "from_on": N_("The first day on which readers were told it"),
    "to_on": N_("The last day on which they were told it"),
    "reason": N_("Why"),
}


@router.get(addresses.ADMIN_CORRECTION)
def get_correction(request: Request, call_id: CallNumber) -> Response:
    """Ask what was wrong; once that is said, show who was told and the mail."""
    return _correction(request, call_id, request.query_params)


@router.get(addresses.ADMIN_CORRECTION_MAIL)
def get_correction_mail(request: Request, call_id: CallNumber, number: int) -> Response:
    """Give one language's mail to the frame."""
    try:
        mails = preview_correction(app_of(request), _wrong(call_id, request.query_params)).mails
    except (InputFaults, Refusal):
        mails = ()
    if not 0 <= number < len(mails):
        raise HTTPException(404)
    return mail_in_frame(mails[number].html)


@router.post(addresses.ADMIN_CORRECTION)
def post_correction(request: Request, call_id: CallNumber, sent: Sent) -> Response:
    """Send the correction to exactly those who were told."""
    try:
        by = signed(request, sent)
        must_have_reason(by)
        edition, _ = correct(app_of(request), _wrong(call_id, sent), by)
    except (InputFaults, Refusal) as error:
        return _correction(request, call_id, sent, refused(error, admin_of(request).language.value, "fact", FIELDS))
    return back_to(addresses.ADMIN_EDITION.format(edition_id=edition.id), "done")


def _correction(request: Request, call_id: int, given: QueryParams, faults: Sequence[Complaint] = ()) -> Response:
    app = app_of(request)
    with app.db.read() as session:
        call = one_call(session, str(call_id))
    found, wrong_faults = _previewed(request, call_id, given) if given.get("fact") else (None, [])
    days = {"from_on": (app.today() - LAST_DAYS).isoformat(), "to_on": app.today().isoformat()}
    shown = {name: given.get(name, days.get(name, ""))[:MOST_WORDS] for name in FIELDS}
    every = [fault for fault in (*faults, *wrong_faults) if found or fault.field != "reason"]  # it is asked for last
    values = {"call": call, "facts": FACTS, "given": shown, "names": FIELDS, "found": found, "faults": every}
    asked = str(QueryParams({name: shown[name] for name in FIELDS if name != "reason"}))
    return with_frames(screen(request, "correction.html", 422 if every else 200, asked=asked, **values))


def _previewed(
    request: Request, call_id: int, given: QueryParams
) -> tuple[PreviewedCorrection | None, list[Complaint]]:
    try:
        return preview_correction(app_of(request), _wrong(call_id, given)), []
    except (InputFaults, Refusal) as error:
        return None, refused(error, admin_of(request).language.value, "fact", FIELDS)


def _wrong(call_id: int, given: Mapping[str, str]) -> Wrong:
    """The correction that a form asks for; InputFaults for days that are none."""
    first, last = (_day(given, name) for name in ("from_on", "to_on"))
    words = {name: given.get(name, "").strip()[:MOST_WORDS] for name in ("fact", "wrong", "right", "note")}
    return Wrong(call_id, from_on=first, to_on=last, **words)


def _day(given: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(given.get(name, ""))
    except ValueError:
        raise InputFaults(Fault(Code.NOT_A_DAY, name, {"given": given.get(name, "")})) from None
