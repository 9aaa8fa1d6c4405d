"""How a spearhead counts: the points that a call needs, and how far into a text words count in full."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db.revisions import Kind
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import drafts
from jobs.rulebook.histories import steps_of
from jobs.rulebook.standing import spearhead_named
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.edits import NOTHING_TRIED, Tried, revision_of, saved, tried
from jobs.web.admin.line_view import LineWords, described
from jobs.web.forms import sent_form
from jobs.web.pages import app_of
from tracker.errors import Code, Fault, InputFaults
from tracker.tagging.rulebook_edits import Edit

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST = {
    "threshold": (1, 100),
    "full_until": (0, 1_000_000),
}  # least and most of each; 0: words count in full everywhere


@router.get(addresses.ADMIN_SCORING)
def get_scoring(request: Request, key: str, done: str = "") -> Response:
    """Show how a spearhead counts."""
    return _page(request, key, _stored(request, key), done=done)


@router.post(addresses.ADMIN_SCORING)
def post_scoring(request: Request, key: str, sent: Sent) -> Response:
    """Save how a spearhead counts."""
    then = addresses.ADMIN_SCORING.format(key=key)
    return saved(request, sent, partial(_edit, key, sent), then, partial(_page, request, key, sent))


@router.post(addresses.ADMIN_SCORING_EFFECT)
def post_scoring_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what that would do; nothing is saved."""
    return _page(request, key, sent, tried(request, partial(_edit, key, sent), ""))


@router.post(addresses.ADMIN_SCORING_BACK)
def post_scoring_back(request: Request, key: str, sent: Sent) -> Response:
    """Restore how a spearhead counted at a revision."""
    number, page = revision_of(sent), partial(_page, request, key, _stored(request, key))
    then = addresses.ADMIN_SCORING.format(key=key)
    return saved(request, sent, lambda session, _: drafts.restored_scoring(session, key, number), then, page)


def _stored(request: Request, key: str) -> dict[str, str]:
    with app_of(request).db.read() as session:
        head = spearhead_named(session, key)
    return {"threshold": str(head.threshold), "full_until": str(head.full_until or 0)}


def _edit(key: str, sent: QueryParams, session: Session, compiled: CompiledRules) -> Edit:
    threshold, full_until = (_number(name, sent.get(name, "").strip()) for name in MOST)
    return drafts.set_scoring(session, key, threshold, full_until)


def _number(name: str, typed: str) -> int:
    least, most = MOST[name]
    if not typed.isdecimal():
        raise InputFaults(Fault(Code.NOT_A_NUMBER, name, {"given": typed[:20]}))
    if not least <= (number := int(typed[:20])) <= most:
        code = Code.TOO_SMALL if number < least else Code.TOO_LARGE
        raise InputFaults(Fault(code, name, {"least": least, "most": most}))
    return number


def _page(
    request: Request, key: str, given: Mapping[str, str], effect: Tried = NOTHING_TRIED, done: str = ""
) -> Response:
    with app_of(request).db.read() as session:
        head = spearhead_named(session, key)
        words = LineWords(session, admin_of(request).language.value)
        steps = described(words, steps_of(session, Kind.SPEARHEAD, key))
    name = dict(head.names).get(admin_of(request).language, key)
    shown = {"key": key, "name": name, "given": given, "tried": effect, "steps": steps, "done": done}
    return screen(request, "scoring.html", effect.status, fragment="effect", **shown)
