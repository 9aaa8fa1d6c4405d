"""Readers: find one, see what they follow and got, send them a link, end or erase their subscription."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db.audit import Signed
from db.deliveries import deliveries_of
from db.subscribers import history_of
from jobs.readers import privacy
from jobs.readers.lookup import found_subscribers, send_link, subscriber_in_full
from jobs.readers.optin import leave
from jobs.readers.preferences import pause_for, resume
from jobs.web import addresses
from jobs.web.admin.desk import acted, back_to, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import Code, Fault, InputFaults

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
SubscriberNumber = CallNumber
MOST, MOST_WORDS, MOST_MAILS = 100, 200, 50


@router.get(addresses.ADMIN_READERS)
def get_readers(request: Request, q: str = "", done: str = "") -> Response:
    """Find readers by a part of their address or by their organisation."""
    return shown_readers(request, q.strip()[:MOST_WORDS], done=done)


def shown_readers(request: Request, words: str = "", faults: Sequence[Complaint] = (), done: str = "") -> Response:
    """The list of readers whose address or organisation has these words."""
    with app_of(request).db.read() as session:
        found, count = found_subscribers(session, words, MOST)
    values = {"found": found, "count": count, "q": words, "done": done}
    return screen(request, "readers.html", 422 if faults else 200, faults=faults, **values)


@router.get(addresses.ADMIN_READER)
def get_reader(request: Request, subscriber_id: SubscriberNumber, done: str = "") -> Response:
    """Show a reader: what they follow, what they got, and what happened to the subscription."""
    return _reader(request, subscriber_id, done=done)


def _reader(request: Request, subscriber_id: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app = app_of(request)
    with app.db.read() as session:
        full = subscriber_in_full(session, app, str(subscriber_id))
        mails = deliveries_of(session, subscriber_id)
        history = history_of(session, subscriber_id)
    shown = {"full": full, "mails": list(mails)[:MOST_MAILS], "history": list(history)[::-1]}
    return screen(request, "reader.html", 422 if faults else 200, **shown, faults=faults, done=done)


@router.post(addresses.ADMIN_READER_LINK)
def post_reader_link(request: Request, subscriber_id: SubscriberNumber) -> Response:
    """Write the reader a letter with a fresh link to their preferences."""
    send_link(app_of(request), str(subscriber_id))
    return back_to(addresses.ADMIN_READER.format(subscriber_id=subscriber_id), "done")


@router.post(addresses.ADMIN_READER_PAUSE)
def post_reader_pause(request: Request, subscriber_id: SubscriberNumber, sent: Sent) -> Response:
    """Pause a reader's mails until a day, which a letter tells them, or end a pause."""
    app, then = app_of(request), addresses.ADMIN_READER.format(subscriber_id=subscriber_id)
    act: Callable[[Signed], object] = (
        partial(resume, app, subscriber_id)
        if "end" in sent
        else lambda by: pause_for(app, subscriber_id, _day(sent.get("until", "")), by)
    )
    return acted(request, sent, act, partial(_reader, request, subscriber_id), then)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise InputFaults(Fault(Code.NOT_A_DAY, "until", {"given": typed})) from None


@router.post(addresses.ADMIN_READER_END)
def post_reader_end(request: Request, subscriber_id: SubscriberNumber, sent: Sent) -> Response:
    """End a subscription; the goodbye's link undoes it."""
    then = addresses.ADMIN_READER.format(subscriber_id=subscriber_id)
    act = partial(leave, app_of(request), subscriber_id)
    return acted(request, sent, act, partial(_reader, request, subscriber_id), then)


@router.post(addresses.ADMIN_READER_ERASE)
def post_reader_erase(request: Request, subscriber_id: SubscriberNumber, sent: Sent) -> Response:
    """Erase a person for good."""
    act = partial(privacy.erase, app_of(request), subscriber_id)
    return acted(request, sent, act, partial(_reader, request, subscriber_id), addresses.ADMIN_READERS)


@router.get(addresses.ADMIN_READER_HELD)
def get_reader_held(request: Request, subscriber_id: SubscriberNumber) -> Response:
    """Hand over everything that is held on a reader, as one file."""
    document = privacy.document_of(app_of(request), subscriber_id)
    headers = {
        "content-disposition": f'attachment; filename="reader-{subscriber_id}.json"',
        "cache-control": "no-store",
    }
    return Response(document, media_type="application/json", headers=headers)
