"""The tester: which spearheads a text or a call would get, why, and why not."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from jobs.rulebook.trying import TriedText, try_call, try_text
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, refused, screen
from jobs.web.call_page import place_in_words
from jobs.web.forms import sent_form
from jobs.web.pages import app_of
from tracker import l10n
from tracker.errors import NotFound, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
NAMES = {
    "call": N_("A call of ours: its number, the publisher's identifier, or the address of its page"),
    "text": N_("Its text"),
}


@router.get(addresses.ADMIN_TESTER)
def get_tester(request: Request, call: str = "") -> Response:
    """Show the form; with a call named in the address, the call tried."""
    return _tester(request, QueryParams({"call": call[:200]}) if call else QueryParams())


@router.post(addresses.ADMIN_TESTER)
def post_tester(request: Request, sent: Annotated[QueryParams, Depends(sent_form)]) -> Response:
    """Try what was pasted; nothing is stored."""
    return _tester(request, sent)


def _tester(request: Request, sent: QueryParams) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    given: dict[str, Any] = {name: sent.get(name, "").strip() for name in ("call", "title", "text", "language")}
    tried, faults = None, []
    try:
        with app.db.read() as session:
            if given["call"]:
                tried = try_call(session, app.compiled, given["call"])
            elif given["title"] or given["text"]:
                spoken = given["language"] if given["language"] in app.region.languages else ""
                tried = try_text(session, app.compiled, given["title"], given["text"], spoken)
    except (NotFound, Refusal) as error:
        faults = refused(error, language, "call", NAMES)
    return screen(
        request, "tester.html", 422 if faults else 200, given=given, tried=_in_words(tried, language), faults=faults
    )


def _in_words(tried: TriedText | None, language: str) -> dict[str, Any] | None:
    """A tried text as its screen shows it: the places of words are worded, and spearheads have their names."""
    if tried is None:
        return None
    t = l10n.catalogue(language)
    rows = [
        {
            "tried": one,
            "name": one.spearhead.name_in(language),
            "lines": [(place_in_words(place, t.gettext), words) for place, words in one.words],
        }
        for one in tried.scores
    ]
    return {"title": tried.document.title, "language": tried.document.language, "rows": rows}
