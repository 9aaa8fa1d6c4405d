"""How a spearhead counts: the points that a call needs, and how far into a text words count in full."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import drafts
from jobs.rulebook.standing import spearhead_named
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.edits import NOTHING_TRIED, Tried, saved, tried
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
    with app_of(request).db.read() as session:
        head = spearhead_named(session, key)
    given = {"threshold": str(head.threshold), "full_until": str(head.full_until or 0)}
    return _page(request, key, given, done=done)


@router.post(addresses.ADMIN_SCORING)
def post_scoring(request: Request, key: str, sent: Sent) -> Response:
    """Save how a spearhead counts."""
    then = addresses.ADMIN_SCORING.format(key=key)
    return saved(request, sent, partial(_edit, key, sent), then, partial(_page, request, key, sent))


@router.post(addresses.ADMIN_SCORING_EFFECT)
def post_scoring_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what that would do; nothing is saved."""
    return _page(request, key, sent, tried(request, partial(_edit, key, sent), ""))


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
    name = dict(head.names).get(admin_of(request).language, key)
    shown = {"key": key, "name": name, "given": given, "tried": effect, "done": done}
    return screen(request, "scoring.html", effect.status, fragment="effect", **shown)
