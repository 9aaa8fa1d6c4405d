"""Sending a letter of the month: to whom, how it looks to them, and then as an edition, with a reason."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from db import strategies
from jobs.editions.selections import Audience, PreviewedSelection, preview_selection, send_selection
from jobs.publishing.monthly_letters import letter_in_full
from jobs.rulebook.saving import must_have_reason
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.admin.frames import mail_in_frame, with_frames
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import Code, Fault, InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
LetterNumber = CallNumber
ASKED = ("to", "spearhead", "repeats")
FIELDS = {"spearhead": N_("To whom"), "reason": N_("Why")}


@router.get(addresses.ADMIN_LETTER_SEND)
def get_sending(request: Request, letter_id: LetterNumber) -> Response:
    """Ask to whom; show whom that reaches, and the mail."""
    return _sending(request, letter_id, request.query_params)


@router.get(addresses.ADMIN_LETTER_MAIL)
def get_sending_mail(request: Request, letter_id: LetterNumber, number: int) -> Response:
    """Give one language's mail to the frame."""
    found, _ = _previewed(request, letter_id, request.query_params)
    if found is None or not 0 <= number < len(found.mails):
        raise HTTPException(404)
    return mail_in_frame(found.mails[number].html)


@router.post(addresses.ADMIN_LETTER_SEND)
def post_sending(request: Request, letter_id: LetterNumber, sent: Sent) -> Response:
    """Make the edition; it leaves with the next delivery."""
    try:
        by = signed(request, sent)
        must_have_reason(by)
        edition, _ = send_selection(app_of(request), letter_id, _audience(sent), by)
    except (InputFaults, Refusal) as error:
        return _sending(request, letter_id, sent, refused(error, admin_of(request).language.value, "reason", FIELDS))
    return back_to(addresses.ADMIN_EDITION.format(edition_id=edition.id), "done")


def _sending(request: Request, letter_id: int, given: QueryParams, faults: Sequence[Complaint] = ()) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        full = letter_in_full(session, letter_id)
        names = {head.key: dict(head.names).get(language, head.key) for head in strategies.all_spearheads(session)}
    found, wrong = _previewed(request, letter_id, given) if "to" in given else (None, [])
    audience, every = _audience(given), [*faults, *wrong]
    asked = QueryParams(
        [(name, value) for name, value in given.multi_items() if name in ("to", "spearhead", "repeats")]
    )
    values = {"full": full, "spearheads": names, "audience": audience, "found": found, "asked": str(asked)}
    given_to = given.get("to", "followers")
    shown = screen(request, "letter_send.html", 422 if every else 200, to_whom=given_to, faults=every, **values)
    return with_frames(shown)


def _previewed(
    request: Request, letter_id: int, given: QueryParams
) -> tuple[PreviewedSelection | None, list[Complaint]]:
    try:
        return preview_selection(app_of(request), letter_id, _audience(given)), []
    except (InputFaults, Refusal) as error:
        return None, refused(error, admin_of(request).language.value, "spearhead", FIELDS)


def _audience(given: QueryParams) -> Audience:
    """Whom a form names. InputFaults where it means followers and ticks nothing: that is not everybody."""
    is_for_all = given.get("to") == "all"
    if not is_for_all and not given.getlist("spearhead"):
        raise InputFaults(Fault(Code.MISSING, "spearhead"))
    return Audience(() if is_for_all else tuple(given.getlist("spearhead")), repeats="repeats" in given)
