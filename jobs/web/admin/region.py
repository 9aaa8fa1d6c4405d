"""The region file: taken away with the rules as they are, and brought, with what it would change shown first."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook.rule_files import edit_of_content, region_as_file
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.edits import NOTHING_TRIED, Tried, saved, tried
from jobs.web.admin.line_view import LineView, LineWords
from jobs.web.forms import MOST_FILE, sent_file, sent_with_file
from jobs.web.pages import app_of
from tracker.tagging.rulebook_edits import Edit
from tracker.tagging.rulebook_lines import changed_lines

router = APIRouter(include_in_schema=False)
Brought = Annotated[tuple[str, bytes], Depends(sent_file)]
Sent = Annotated[QueryParams, Depends(sent_with_file)]
MOST_LINES, LONGEST_NAME = 100, 80


@router.get(addresses.ADMIN_REGION)
def get_region(request: Request, done: str = "") -> Response:
    """Offer the region file, and ask for one."""
    return _page(request, "", "", done=done)


@router.get(addresses.ADMIN_REGION_FILE)
def get_region_file(request: Request) -> Response:
    """Give the region file with the rules, masks and examples as they are."""
    app = app_of(request)
    with app.db.read() as session:
        text = region_as_file(session, app)
    headers = {"content-disposition": f'attachment; filename="{app.region.key}.toml"', "cache-control": "no-store"}
    return Response(text, media_type="application/toml; charset=utf-8", headers=headers)


@router.post(addresses.ADMIN_REGION_EFFECT)
def post_region_effect(request: Request, brought: Brought) -> Response:
    """Show what a file would change; nothing is saved."""
    name, content = brought
    return _tried(request, name, content)


def _tried(request: Request, name: str, content: bytes) -> Response:
    effect = tried(request, partial(_edit, request, name, content), "")
    text = content.decode("utf-8", "replace") if effect.effect else ""
    return _page(request, name, text, effect)


@router.post(addresses.ADMIN_REGION)
def post_region(request: Request, sent: Sent) -> Response:
    """Save what a file brings: the rulebook becomes what it says."""
    name, text = sent.get("name", ""), sent.get("text", "").replace("\r\n", "\n")
    edit_of = partial(_edit, request, name, text.encode())
    return saved(request, sent, edit_of, addresses.ADMIN_REGION, partial(_page, request, name, text))


def _edit(request: Request, name: str, content: bytes, session: Session, _: CompiledRules) -> Edit:
    return edit_of_content(session, name[:LONGEST_NAME] or "file", content, app_of(request).region.key)


def _page(request: Request, name: str, text: str, effect: Tried = NOTHING_TRIED, done: str = "") -> Response:
    lines: Sequence[LineView] = ()
    hidden = 0
    if effect.effect:
        edit = effect.effect.preview.edit
        changed = changed_lines(edit.before, edit.book)
        hidden = max(0, len(changed) - MOST_LINES)
        with app_of(request).db.read() as session:
            words = LineWords(session, admin_of(request).language.value)
        lines = [words.line(one) for one in changed[:MOST_LINES]]
    shown = {"name": name, "text": text, "tried": effect, "lines": lines, "hidden": hidden, "done": done}
    return screen(request, "region.html", effect.status, most=MOST_FILE // 1000, **shown)
