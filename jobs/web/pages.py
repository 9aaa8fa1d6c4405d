"""Pages: templates in the reader's language, and what every page needs."""

import re
from functools import cache, partial
from typing import Annotated, Any

from fastapi import Path
from jinja2 import Environment
from jinja2_fragments import render_block
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from db.subscribers import Language
from db.types import LARGEST
from jobs.base.app import App
from jobs.web import addresses
from jobs.web.beside import address_beside
from jobs.web.files import file_address
from jobs.web.row_view import shown_title
from tracker import l10n
from tracker.templates import template_environment

CallNumber = Annotated[int, Path(ge=1, le=LARGEST)]  # in an address
InterestNumber = CallNumber
# What htmx may do: it asks our own site alone, runs nothing that a page brings, and keeps no page in the browser. Pages
# of faults are shown, too; going back loads the page before.
HTMX = {
    "allowEval": False,
    "allowScriptTags": False,
    "selfRequestsOnly": True,
    "includeIndicatorStyles": False,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "responseHandling": [{"code": "204", "swap": False}, {"code": "...", "swap": True}],
}
VARIES = {"vary": "hx-request"}
IN_PLACE_OF_ALL = VARIES | {"hx-retarget": "#main", "hx-reselect": "#main", "hx-reswap": "outerHTML show:window:top"}
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
LANGUAGE_NAMES = {Language.FI: "Suomi", Language.SV: "Svenska", Language.EN: "English"}


def app_of(request: Request) -> App:
    """The app that this site serves; on the screens of a next strategy, the one that works on its copy."""
    app: App = getattr(request.state, "app", None) or request.app.state.app
    return app


def in_a_language(request: Request) -> None:
    """A dependency of routes: an address that begins with no language of the region's is no page."""
    if request.path_params.get("language", "") not in ("", *app_of(request).region.languages):
        raise HTTPException(404)


def language_of(request: Request) -> str:
    """The language of a page: that of the address, else of who is signed in, else of the browser, else the region's."""
    known = list(app_of(request).region.languages)
    own = getattr(request.state, "language", "")
    there = request.path_params.get("language") or request.url.path.split("/")[1]  # also where there is no page
    asked = there if there in known else request.query_params.get("lang") or own
    return asked if asked in known else preferred_language(request.headers.get("accept-language", ""), known)


def preferred_language(header: str, known: list[str]) -> str:
    """The first language of an Accept-Language header that we speak; browsers send theirs in order of preference."""
    spoken = [part.split(";")[0].strip()[:2].lower() for part in header[:200].split(",")]
    return next((language for language in spoken if language in known), known[0])


def show(
    request: Request, template: str, language: str = "", status: int = 200, fragment: str = "", **values: Any
) -> HTMLResponse:
    """Render a page in a language, by default the request's; for htmx only its `fragment`, a block of the template."""
    app, spoken = app_of(request), language or language_of(request)
    common = {
        "language": spoken,
        "languages": app.region.languages,
        "language_names": [(each, LANGUAGE_NAMES[Language(each)]) for each in app.region.languages],
        "region": app.region.name_in(spoken),
        "left_days": app.settings.retention.left_days,
        "confirm_days": app.settings.subscribers.confirm_days,
        "manage_hours": app.settings.subscribers.manage_hours,
        "base_url": app.settings.mail.base_url,
        "contact": app.settings.mail.contact,
        "brand": request.app.state.brand,
        "banner": "" if status >= 500 else request.app.state.banner.words(spoken),
        "read": "" if status >= 500 else request.app.state.freshness.line(spoken),  # the archive may be what broke
        "path": request.url.path,
        "admin": getattr(request.state, "admin", None),
        "to": _address_in(spoken, getattr(request.state, "next", None)),
        "beside": getattr(request.state, "strategy", None),
        "l10n": l10n,
        "zone": app.region.zone,
    }
    environment, is_by_htmx = page_environment(spoken), "hx-request" in request.headers
    if is_by_htmx and fragment:
        return HTMLResponse(render_block(environment, template, fragment, common | values), status, VARIES)
    page = environment.get_template(template).render(common | values)
    return HTMLResponse(page, status, IN_PLACE_OF_ALL if is_by_htmx else VARIES if fragment else None)


def _address_in(language: str, beside: int | None = None) -> Any:
    """A function for templates: the address of a page by its name in `addresses`, in lower case."""

    def to(name: str, **parts: object) -> str:
        pattern: str = getattr(addresses, name.upper())
        return address_beside(pattern.format(**{"language": language} | parts), beside)

    return to


@cache
def page_environment(language: str) -> Environment:
    """The environment of the pages' templates in a language."""
    made = template_environment("jobs.web", language)
    made.filters["language_name"] = LANGUAGE_NAMES.__getitem__
    made.finalize = _visible
    made.globals |= {"file": file_address, "htmx": HTMX, "shown_title": partial(shown_title, language=language)}
    return made


def _visible(value: Any) -> Any:
    """What a template shows, without the characters that nobody sees: control, bidi, zero width."""
    return UNSEEN.sub("", value) if type(value) is str else value
