"""For programs: what the API answers, as a page; its words are those of its own description."""

from fastapi import APIRouter, FastAPI, Request, Response

from jobs.web import addresses
from jobs.web.pages import app_of, show

router = APIRouter(include_in_schema=False)


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
