"""One mask: words that rules do not see, what an edit of it would do, and its history."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db import strategies
from db.revisions import Kind
from db.strategies import Hides
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import drafts
from jobs.rulebook.drafts import ANY, AskedMask
from jobs.rulebook.histories import steps_of
from jobs.rulebook.standing import free_key
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.edits import NOTHING_TRIED, Tried, revision_of, saved, tried
from jobs.web.admin.line_view import LineWords, described
from jobs.web.forms import sent_form
from jobs.web.pages import app_of
from tracker.tagging.rulebook_edits import Edit

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
Given = Mapping[str, str]


@router.get(addresses.ADMIN_NEW_MASK)
def get_new_mask(request: Request) -> Response:
    """Show an empty form; the address can fill it in."""
    return _page(request, "", {"spearhead": ANY, "language": ANY, "hides": Hides.WORDS} | dict(request.query_params))


@router.post(addresses.ADMIN_NEW_MASK)
def post_new_mask(request: Request, sent: Sent) -> Response:
    """Save a new mask under a key that is made from its line."""
    key = _free(request, sent)
    then = addresses.ADMIN_MASK.format(key=key)
    return saved(request, sent, partial(_edit, request, key, sent), then, partial(_page, request, "", sent))


@router.post(addresses.ADMIN_NEW_MASK_EFFECT)
def post_new_mask_effect(request: Request, sent: Sent) -> Response:
    """Show what a new mask would do; nothing is saved."""
    effect = tried(request, partial(_edit, request, _free(request, sent), sent), sent.get("text", ""))
    return _page(request, "", sent, effect)


@router.get(addresses.ADMIN_MASK)
def get_mask(request: Request, key: str, done: str = "") -> Response:
    """Show a mask and its history."""
    return _page(request, key, _stored(request, key), done=done)


@router.post(addresses.ADMIN_MASK)
def post_mask(request: Request, key: str, sent: Sent) -> Response:
    """Save an edited mask."""
    _stored(request, key)
    then = addresses.ADMIN_MASK.format(key=key)
    return saved(request, sent, partial(_edit, request, key, sent), then, partial(_page, request, key, sent))


@router.post(addresses.ADMIN_MASK_EFFECT)
def post_mask_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what an edit would do; nothing is saved."""
    _stored(request, key)
    return _page(request, key, sent, tried(request, partial(_edit, request, key, sent), sent.get("text", "")))


@router.post(addresses.ADMIN_MASK_OFF)
def post_mask_off(request: Request, key: str, sent: Sent) -> Response:
    """Remove a mask; its history stays, and saving it again brings it back."""
    page = partial(_page, request, key, _stored(request, key))
    return saved(request, sent, lambda session, _: drafts.removed_mask(session, key), addresses.ADMIN_RULES, page)


@router.post(addresses.ADMIN_MASK_BACK)
def post_mask_back(request: Request, key: str, sent: Sent) -> Response:
    """Restore a mask as it was at a revision, also one that was removed."""
    number, page = revision_of(sent), partial(_page, request, key, _stored(request, key))
    then = addresses.ADMIN_MASK.format(key=key)
    return saved(request, sent, lambda session, _: drafts.restored_mask(session, key, number), then, page)


def _stored(request: Request, key: str) -> Given:
    """A mask's form as it is stored, or was before it was removed."""
    with app_of(request).db.read() as session:
        mask = drafts.mask_as_last_saved(session, key)
    where = {"spearhead": mask.spearhead or ANY, "language": mask.language or ANY}
    return {"text": mask.text, "hides": mask.hides.value} | where


def _free(request: Request, sent: QueryParams) -> str:
    with app_of(request).db.read() as session:
        return free_key(session, "mask", sent.get("text", ""))


def _edit(request: Request, key: str, sent: QueryParams, session: Session, compiled: CompiledRules) -> Edit:
    hides = Hides(sent["hides"]) if sent.get("hides") in list(Hides) else None
    asked = AskedMask(key, sent.get("text", "").strip(), sent.get("spearhead"), sent.get("language"), hides)
    return drafts.saved_mask(session, asked, admin_of(request).language.value)


def _page(request: Request, key: str, given: Given, effect: Tried = NOTHING_TRIED, done: str = "") -> Response:
    language = admin_of(request).language.value
    with app_of(request).db.read() as session:
        heads = strategies.all_spearheads(session)
        steps = described(LineWords(session, language), steps_of(session, Kind.MASK, key)) if key else []
    names = [(head.key, head.name_in(language)) for head in heads]
    is_gone = bool(steps) and steps[0][0].after is None
    shown = {"key": key, "given": given, "heads": names, "steps": steps, "is_gone": is_gone, "done": done}
    return screen(request, "mask.html", effect.status, fragment="effect", tried=effect, **shown)
