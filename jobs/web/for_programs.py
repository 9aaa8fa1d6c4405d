"""For programs: what the API answers, as a page, in the words of its own description; and where no crawler goes."""

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse

from jobs.web import addresses
from jobs.web.pages import app_of, language_of, show

router = APIRouter(include_in_schema=False)
# A list has endless addresses; the files of pages have a question mark, too.
CLOSED = ("/*?", *addresses.OF_ONE_READER, addresses.INTEREST_FEED.partition("{")[0], addresses.ADMIN)
ROBOTS_TXT = "\n".join(["User-agent: *", f"Allow: {addresses.STATIC}/", *(f"Disallow: {each}" for each in CLOSED), ""])


@router.get(addresses.FOR_PROGRAMS)
def get_for_programs(request: Request) -> Response:
    """Show what can be asked, and how."""
    app = app_of(request)
    api: FastAPI = request.app.state.api
    asked = [(f"{addresses.API}{path}", each["get"]) for path, each in api.openapi()["paths"].items()]
    return show(
        request,
        "for_programs.html",
        base=app.settings.mail.base_url + addresses.API,
        asked=[(path, what["summary"], what["description"]) for path, what in asked],
        description=addresses.API + addresses.API_DESCRIPTION,
        an_hour=app.settings.web.answers_per_hour,
    )


@router.get(addresses.API)
@router.get(f"{addresses.API}/")
def get_api_root(request: Request) -> Response:
    """Lead from the beginning of the API's addresses to its page."""
    return RedirectResponse(addresses.FOR_PROGRAMS.format(language=language_of(request)), 303)


@router.get(addresses.ROBOTS)
def get_robots() -> Response:
    """Tell crawlers where not to go (RFC 9309)."""
    return PlainTextResponse(ROBOTS_TXT)
