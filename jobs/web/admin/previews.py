"""Previews: how many mails would leave now, and the very mail that a reader would get. Nothing is sent or noted."""

from fastapi import APIRouter, Request, Response

from db import strategies
from db.editions import EditionKind
from db.regions import find_ours
from db.subscribers import Cadence, Language, Subscriber
from jobs.editions.planning import next_regular
from jobs.editions.previewing import (
    EXPECTED,
    Follower,
    Previewed,
    expected_edition,
    preview_for_follower,
    preview_for_reader,
)
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.frames import mail_in_frame, with_frames
from jobs.web.pages import CallNumber, app_of
from tracker.errors import NotFound, Noun

router = APIRouter(include_in_schema=False)
NO_MAIL = "<!doctype html><html><head><title>–</title></head><body></body></html>"
SubscriberNumber = CallNumber


@router.get(addresses.ADMIN_EXPECTED)
def get_expected(request: Request, kind: str = "") -> Response:
    """Count the mails of one kind that would leave now; it is made for all its readers."""
    found = expected_edition(app_of(request), EditionKind(kind)) if kind in EXPECTED else None
    return screen(request, "expected.html", kinds=EXPECTED, found=found, next=next_regular(app_of(request)))


@router.get(addresses.ADMIN_PREVIEW)
def get_follower_preview(request: Request, spearhead: str = "", language: str = "", cadence: str = "") -> Response:
    """Show the next mail to somebody who follows one spearhead."""
    follower, names = _follower(request, spearhead, language, cadence)
    asked = f"?spearhead={follower.spearhead}&language={follower.language}&cadence={follower.cadence}"
    values = {"follower": follower, "names": names, "cadences": list(Cadence), "reader": None}
    frame = addresses.ADMIN_PREVIEW_MAIL + asked
    return _shown(request, preview_for_follower(app_of(request), follower), frame, **values)


@router.get(addresses.ADMIN_PREVIEW_MAIL)
def get_follower_mail(request: Request, spearhead: str = "", language: str = "", cadence: str = "") -> Response:
    """Give that mail's HTML to the frame."""
    follower, _ = _follower(request, spearhead, language, cadence)
    return _in_frame(preview_for_follower(app_of(request), follower))


@router.get(addresses.ADMIN_READER_PREVIEW)
def get_reader_preview(request: Request, subscriber_id: SubscriberNumber) -> Response:
    """Show a reader's next mail."""
    with app_of(request).db.read() as session:
        reader = find_ours(session, Subscriber, subscriber_id)
    frame = addresses.ADMIN_READER_PREVIEW_MAIL.format(subscriber_id=subscriber_id)
    return _shown(request, preview_for_reader(app_of(request), subscriber_id), frame, reader=reader)


@router.get(addresses.ADMIN_READER_PREVIEW_MAIL)
def get_reader_preview_mail(request: Request, subscriber_id: SubscriberNumber) -> Response:
    """Give that mail's HTML to the frame."""
    return _in_frame(preview_for_reader(app_of(request), subscriber_id))


def _follower(request: Request, spearhead: str, language: str, cadence: str) -> tuple[Follower, dict[str, str]]:
    """Who is asked for, with what is left out filled in, and the spearheads' names. NotFound for one that is not."""
    app, own = app_of(request), admin_of(request).language
    with app.db.read() as session:
        names = {head.key: head.name_in(own.value) for head in strategies.all_spearheads(session)}
    if spearhead not in ("", *names):
        raise NotFound(Noun.SPEARHEAD, spearhead)
    spoken = Language(language) if language in app.region.languages else own
    often = Cadence(cadence) if cadence in list(Cadence) else Cadence.WEEKLY
    return Follower(spearhead or next(iter(names), ""), spoken, often), names


def _shown(request: Request, previewed: Previewed, frame: str, **values: object) -> Response:
    return with_frames(screen(request, "preview.html", previewed=previewed, frame=frame, **values))


def _in_frame(previewed: Previewed) -> Response:
    return mail_in_frame(previewed.mail.html if previewed.mail else NO_MAIL)
