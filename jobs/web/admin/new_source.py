"""A new listing source: its page fetched, its cards, titles and days chosen, and what comes of it as configuration."""

from collections.abc import Sequence
from html import escape
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from starlette.datastructures import QueryParams

from db.source_drafts import all_drafts
from jobs.collecting.source_drafts import (
    CHOICES,
    begin_draft,
    choose_parts,
    draft_numbered,
    page_of_draft,
    remove_draft,
    seen_draft,
)
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.admin.frames import with_frames
from jobs.web.admin.source_words import source_words
from jobs.web.files import file_address
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import LANGUAGE_NAMES, CallNumber, app_of
from tracker.errors import InputFaults, Refusal, SourceError
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
DraftNumber = CallNumber
FIELDS = {
    "url": N_("Address of the list"),
    "name": N_("Name of the source, as readers know it"),
    "publisher": N_("Who publishes it"),
    "language": N_("Language of its titles"),
    "card": N_("One call of the list"),
}
MOST_SHOWN = 50
STILL = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin"  # our own script beside it may see where somebody points
)


@router.get(addresses.ADMIN_NEW_SOURCE)
def get_new_source(request: Request, done: str = "") -> Response:
    """Ask for a list's address, and list the drafts that there are."""
    return _new(request, QueryParams(), done=done)


def _new(request: Request, given: QueryParams, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    with app_of(request).db.read() as session:
        drafts = all_drafts(session)
    languages = [(one.value, name) for one, name in LANGUAGE_NAMES.items()]
    shown = {"drafts": drafts, "given": given, "languages": languages, "faults": faults, "done": done}
    return screen(request, "new_source.html", 422 if faults else 200, **shown)


@router.post(addresses.ADMIN_NEW_SOURCE)
def post_new_source(request: Request, sent: Sent) -> Response:
    """Fetch the page, which may take half a minute, and begin a draft with it."""
    url, name, publisher, language = (sent.get(field, "") for field in ("url", "name", "publisher", "language"))
    try:
        draft = begin_draft(app_of(request), url, name, publisher, language, signed(request))
    except (InputFaults, Refusal) as error:
        return _new(request, sent, refused(error, admin_of(request).language.value, "url", FIELDS))
    except SourceError as error:
        return _new(request, sent, [Complaint("url", FIELDS["url"], source_words(request).failed(error))])
    return back_to(addresses.ADMIN_SOURCE_DRAFT.format(draft_id=draft.id))


@router.get(addresses.ADMIN_SOURCE_DRAFT)
def get_draft(request: Request, draft_id: DraftNumber, done: str = "") -> Response:
    """Show what can be chosen of a page, the calls that it would give, and the configuration text."""
    return _draft(request, draft_id, done=done)


def _draft(request: Request, draft_id: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        draft = draft_numbered(session, draft_id)
    shown = {"view": seen_draft(app, draft), "draft": draft, "most": MOST_SHOWN, "faults": faults, "done": done}
    answer = screen(request, "source_draft.html", 422 if faults else 200, **shown, sw=source_words(request))
    return with_frames(answer)


@router.post(addresses.ADMIN_SOURCE_DRAFT)
def post_draft(request: Request, draft_id: DraftNumber, sent: Sent) -> Response:
    """Choose what of the page is a card, its title and its days."""
    choices = {name: sent[name] for name in CHOICES if name in sent}
    try:
        choose_parts(app_of(request), draft_id, choices, signed(request))
    except InputFaults as error:
        return _draft(request, draft_id, refused(error, admin_of(request).language.value, "card", FIELDS))
    except SourceError as error:
        return _draft(request, draft_id, [Complaint("card", FIELDS["card"], source_words(request).failed(error))])
    return back_to(addresses.ADMIN_SOURCE_DRAFT.format(draft_id=draft_id), "done")


@router.get(addresses.ADMIN_SOURCE_DRAFT_PAGE)
def get_draft_page(request: Request, draft_id: DraftNumber) -> Response:
    """The page as it stands, for a frame of the screen: nothing of it runs, loads or leads anywhere."""
    app = app_of(request)
    with app.db.read() as session:
        draft = draft_numbered(session, draft_id)
    style, still = file_address("pick.css"), page_of_draft(app, draft)
    head = (
        f'<head><meta charset="utf-8"><title>{escape(draft.key)}</title><link rel="stylesheet" href="{style}"></head>'
    )
    page = f'<!doctype html><html lang="{draft.entry["language"]}">{head}<body>{still}</body></html>'
    return HTMLResponse(page, headers={"content-security-policy": STILL, "cache-control": "no-store"})


@router.get(addresses.ADMIN_SOURCE_DRAFT_TEXT)
def get_draft_text(request: Request, draft_id: DraftNumber) -> Response:
    """Hand over the configuration text as a file."""
    app = app_of(request)
    with app.db.read() as session:
        draft = draft_numbered(session, draft_id)
    headers = {
        "content-disposition": f'attachment; filename="{draft.key}.toml"',
        "cache-control": "no-store",
    }
    return PlainTextResponse(seen_draft(app, draft).text, headers=headers)


@router.post(addresses.ADMIN_SOURCE_DRAFT_REMOVE)
def post_draft_remove(request: Request, draft_id: DraftNumber) -> Response:
    """Throw a draft away."""
    remove_draft(app_of(request), draft_id, signed(request))
    return back_to(addresses.ADMIN_NEW_SOURCE, "done")
