"""The audit log: who did what, when and why; each act with how it was and is, and undone where it can be."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams
from starlette.responses import StreamingResponse

from db.acts import Act
from db.audit import AuditEntry, Signed, list_audit
from jobs.base.app import App
from jobs.running.undo import entry_of, how_to_undo, undo_act
from jobs.web import addresses
from jobs.web.admin.act_words import ACTS, ActWords
from jobs.web.admin.desk import acted, person, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of, language_of
from tracker import l10n
from tracker.feeds.tables import harmless

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
EntryNumber = CallNumber
PAGE, BATCH, MOST_TYPED = 100, 1000, 200
COLUMNS = ("id", "at", "who", "action", "subject", "reason", "before", "after", "beside")
DAY = timedelta(days=1)


@router.get(addresses.ADMIN_AUDIT)
def get_audit(request: Request, before: int = 0) -> Response:
    """List the newest acts that fit, a page at a time."""
    app, language = app_of(request), language_of(request)
    given, wanted = _asked(request, app)
    with app.db.read() as session:
        entries = list_audit(session, PAGE + 1, before=max(0, min(before, 2**31 - 1)), **wanted)
        words = ActWords(session, language)
    t = l10n.catalogue(language)
    acts = sorted(((act.value, t.gettext(text)) for act, text in ACTS.items()), key=lambda one: one[1])
    more = entries[PAGE - 1].id if len(entries) > PAGE else None
    asked = str(request.url.include_query_params(before=more).query) if more else ""
    shown = {"entries": entries[:PAGE], "given": given, "acts": acts, "words": words, "more": asked}
    return screen(request, "audit.html", query=request.url.query, **shown)


def _asked(request: Request, app: App) -> tuple[dict[str, str], dict[str, Any]]:
    """What the address asks for: as it was typed, and for the query."""
    typed = {name: request.query_params.get(name, "").strip()[:MOST_TYPED] for name in ("who", "subject", "act")}
    days = {name: request.query_params.get(name, "").strip()[:10] for name in ("first", "last")}
    first, last = (_day(days[name], app) for name in ("first", "last"))
    wanted = {"who": typed["who"], "subject": typed["subject"], "act": typed["act"]}
    return typed | days, wanted | {"since": first, "until": last + DAY if last else None}


def _day(typed: str, app: App) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(typed), time(), app.region.zone)
    except ValueError:
        return None


@router.get(addresses.ADMIN_AUDIT_FILE)
def get_audit_file(request: Request) -> Response:
    """Give what fits as a file for a spreadsheet."""
    app = app_of(request)
    _, wanted = _asked(request, app)
    headers = {"content-disposition": 'attachment; filename="log.csv"', "cache-control": "no-store"}
    return StreamingResponse(_lines(app, wanted), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(app: App, wanted: dict[str, Any]) -> Iterator[str]:
    """The log as CSV, read in batches; a text that a spreadsheet would run gets an apostrophe in front."""
    yield "\ufeff" + _csv(COLUMNS)
    before = 0
    while True:
        with app.db.read() as session:
            entries = list_audit(session, BATCH, before=before, **wanted)
        yield "".join(_csv(_cells(entry)) for entry in entries)
        if len(entries) < BATCH:
            return
        before = entries[-1].id or 0


def _cells(entry: AuditEntry) -> Sequence[str]:
    sides = {name: entry.detail.get(name) for name in ("before", "after")}
    beside = {name: value for name, value in entry.detail.items() if name not in (*sides, "reason")}
    told = [json.dumps(one, ensure_ascii=False) if one else "" for one in (*sides.values(), beside)]
    cells = [str(entry.id), entry.at.isoformat(), entry.who, entry.action, entry.subject]
    return [harmless(cell) for cell in (*cells, str(entry.detail.get("reason", "")), *told)]


def _csv(cells: Sequence[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue()


@router.get(addresses.ADMIN_AUDIT_ENTRY)
def get_audit_entry(request: Request, entry_id: EntryNumber, done: str = "") -> Response:
    """Show one act in full, and how to undo it."""
    return _entry(request, entry_id, done=done)


def _entry(request: Request, number: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    with app_of(request).db.read() as session:
        entry = entry_of(session, number)
        words = ActWords(session, language_of(request))
        undoes = how_to_undo(session, entry) is not None
    shown = {"entry": entry, "words": words, "undoes": undoes, "faults": faults, "done": done}
    shown |= {"known": entry.action in list(Act)}
    return screen(request, "audit_entry.html", 422 if faults else 200, **shown)


@router.post(addresses.ADMIN_AUDIT_UNDO)
def post_undo_act(request: Request, entry_id: EntryNumber, sent: Sent) -> Response:
    """Undo an act, as long as nothing else happened to it since."""

    def act(by: Signed) -> object:
        return undo_act(app_of(request), entry_id, person(request, by))

    then = addresses.ADMIN_AUDIT_ENTRY.format(entry_id=entry_id)
    return acted(request, sent, act, partial(_entry, request, entry_id), then)
