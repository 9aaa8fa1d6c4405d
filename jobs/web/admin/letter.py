"""One letter of the month: its words, the order of its calls, and the files that it is taken away as."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from db.audit import Signed
from jobs.base.app import App
from jobs.publishing.letter_documents import LETTER_FORMS, letter_page
from jobs.publishing.monthly_letters import (
    MOST_LETTERS,
    LetterMove,
    LetterWords,
    drop_letter,
    letter_in_full,
    move_chosen,
    write_letter,
)
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.mails import policy_of_mail
from jobs.web.pages import CallNumber, app_of
from tracker.errors import InputFaults
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
LetterNumber = CallNumber
FIELDS = {
    "title": N_("Title of the letter"),
    "foreword": N_("Foreword"),
    "note": N_("Your note"),
    "reason": N_("Why"),
}


@router.get(addresses.ADMIN_LETTER)
def get_letter(request: Request, letter_id: LetterNumber, done: str = "") -> Response:
    """Show a letter as it is being written."""
    return _letter(request, letter_id, done=done)


def _letter(
    request: Request,
    letter_id: int,
    faults: Sequence[Complaint] = (),
    done: str = "",
    words: LetterWords | None = None,
) -> Response:
    with app_of(request).db.read() as session:
        full = letter_in_full(session, letter_id)
    typed = words or LetterWords(
        full.letter.title, full.letter.forewords, {chosen.call_id: chosen.notes for chosen, _ in full.calls}
    )
    values = {"full": full, "typed": typed, "most": MOST_LETTERS, "forms": list(LETTER_FORMS), "names": FIELDS}
    return screen(request, "letter.html", 422 if faults else 200, **values, faults=faults, done=done)


@router.post(addresses.ADMIN_LETTER)
def post_letter_words(request: Request, letter_id: LetterNumber, sent: Sent) -> Response:
    """Save what was typed in; then move a call, where that was asked for."""
    words = _words(app_of(request), sent)
    try:
        write_letter(app_of(request), letter_id, words, signed(request))
        if "move" in sent:
            _move(app_of(request), letter_id, sent["move"], signed(request))
    except InputFaults as error:
        faults = refused(error, admin_of(request).language.value, "title", FIELDS)
        return _letter(request, letter_id, faults, words=words)
    there = addresses.ADMIN_LETTER.format(letter_id=letter_id)
    return back_to(f"{there}#calls") if "move" in sent else back_to(there, "done")


def _words(app: App, sent: QueryParams) -> LetterWords:
    """The title, forewords (foreword.fi) and notes (note.12.fi) of a form."""
    languages = app.region.languages
    numbers = {int(name.split(".")[1]) for name in sent if name.startswith("note.") and name.split(".")[1].isdecimal()}
    return LetterWords(
        sent.get("title", ""),
        {language: sent.get(f"foreword.{language}", "") for language in languages},
        {number: {each: sent.get(f"note.{number}.{each}", "") for each in languages} for number in numbers},
    )


def _move(app: App, letter_id: int, asked: str, by: Signed) -> None:
    """Move a call: `up 12`, `down 12`, `out 12`."""
    how, _, number = asked.partition(" ")
    if how in list(LetterMove) and number.isdecimal():
        move_chosen(app, letter_id, int(number), LetterMove(how), by)


@router.post(addresses.ADMIN_LETTER_DROP)
def post_drop_letter(request: Request, letter_id: LetterNumber, sent: Sent) -> Response:
    """Delete a draft."""
    act = partial(drop_letter, app_of(request), letter_id)
    return acted(request, sent, act, partial(_letter, request, letter_id), addresses.ADMIN_LETTERS)


@router.get(addresses.ADMIN_LETTER_FILE)
def get_letter_file(request: Request, letter_id: LetterNumber, form: str, language: str) -> Response:
    """Hand a letter over in a form and a language; the web page is shown, and can be printed."""
    app = app_of(request)
    if form not in LETTER_FORMS or language not in app.region.languages:
        raise HTTPException(404)
    with app.db.read() as session:
        page = letter_page(session, app, letter_in_full(session, letter_id), language)
    taken = LETTER_FORMS[form]
    content = taken.made_of(page)
    headers = {"cache-control": "no-store"}
    if taken.media_type.startswith("text/html"):
        headers["content-security-policy"] = policy_of_mail(content.decode())
    if form != "page":
        name = f"letter-{letter_id}.{language}.{taken.ending}"
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=taken.media_type, headers=headers)
