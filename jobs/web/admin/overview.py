"""The desk's first screen: where to go."""

from fastapi import APIRouter, Request, Response

from jobs.rulebook.standing import spearheads_standing
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)


@router.get(addresses.ADMIN)
def get_overview(request: Request) -> Response:
    """Show the spearheads, and the other screens."""
    with app_of(request).db.read() as session:
        heads = spearheads_standing(session)
    return screen(request, "overview.html", heads=heads, name=admin_of(request).name)
