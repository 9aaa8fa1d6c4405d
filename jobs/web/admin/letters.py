"""Letters of the month: the drafts and what was sent of them; a new one."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db.monthly_letters import list_monthly_letters
from jobs.publishing.monthly_letters import begin_letter
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of
from tracker.errors import InputFaults
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST = 100
FIELDS = {"title": N_("Title of the letter")}


@router.get(addresses.ADMIN_LETTERS)
def get_letters(request: Request, done: str = "") -> Response:
    """List the letters, with a form for a new one."""
    return _letters(request, done=done)


def _letters(request: Request, title: str = "", faults: Sequence[Complaint] = (), done: str = "") -> Response:
    with app_of(request).db.read() as session:
        letters = list_monthly_letters(session, MOST)
    values = {"letters": letters, "title": title, "names": FIELDS, "faults": faults, "done": done}
    return screen(request, "letters.html", 422 if faults else 200, **values)


@router.post(addresses.ADMIN_LETTERS)
def post_letter(request: Request, sent: Sent) -> Response:
    """Begin a letter."""
    title = sent.get("title", "")
    try:
        letter = begin_letter(app_of(request), title, signed(request))
    except InputFaults as error:
        return _letters(request, title, refused(error, admin_of(request).language.value, "title", FIELDS))
    return back_to(addresses.ADMIN_LETTER.format(letter_id=letter.id))
