"""The banner: words on top of the public pages, from a day to a day."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db.audit import Signed
from db.banners import list_banners
from jobs.publishing.banner import LONGEST, end_banner, set_banner
from jobs.web import addresses
from jobs.web.admin.desk import acted, screen
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import LANGUAGE_NAMES, CallNumber, app_of
from tracker.errors import Code, Fault, InputFaults
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
BannerNumber = CallNumber
NAMES = {
    **{language.value: name for language, name in LANGUAGE_NAMES.items()},
    "since": N_("First day"),
    "until": N_("Last day"),
}
MOST = 20


@router.get(addresses.ADMIN_BANNER)
def get_banner(request: Request, done: str = "") -> Response:
    """Show the banners, with a form for a new one."""
    return _page(request, done=done)


@router.post(addresses.ADMIN_BANNER)
def post_banner(request: Request, sent: Sent) -> Response:
    """Set a banner."""
    app = app_of(request)

    def set_it(by: Signed) -> None:
        words = {language: sent.get(language, "") for language in app.region.languages}
        set_banner(app, words, _day(sent, "since"), _day(sent, "until"), by)

    return acted(request, sent, set_it, partial(_page, request, sent), addresses.ADMIN_BANNER, NAMES)


@router.post(addresses.ADMIN_BANNER_END)
def post_banner_end(request: Request, number: BannerNumber, sent: Sent) -> Response:
    """Take a banner down."""
    act = partial(end_banner, app_of(request), number)
    return acted(request, sent, act, partial(_page, request, None), addresses.ADMIN_BANNER)


def _day(sent: QueryParams, name: str) -> date:
    typed = sent.get(name, "").strip()
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise InputFaults(Fault(Code.NOT_A_DAY if typed else Code.MISSING, name, {"given": typed[:40]})) from None


def _page(
    request: Request, sent: QueryParams | None = None, faults: Sequence[Complaint] = (), done: str = ""
) -> Response:
    app = app_of(request)
    with app.db.read() as session:
        banners = list_banners(session, MOST)
    given = {name: sent.get(name, "") if sent else "" for name in (*NAMES, "reason")}
    given["since"] = given["since"] or app.today().isoformat()
    shown = {"banners": banners, "given": given, "faults": faults, "done": done, "today": app.today()}
    return screen(request, "banner.html", 422 if faults else 200, most=LONGEST, **shown)
