"""Lists of rules: all spearheads, and one spearhead with its rules and masks."""

from fastapi import APIRouter, Request, Response

from jobs.rulebook.standing import rules_of, spearheads_standing
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)


@router.get(addresses.ADMIN_RULES)
def get_spearheads_with_rules(request: Request) -> Response:
    """List the spearheads and how many rules each has."""
    with app_of(request).db.read() as session:
        heads = spearheads_standing(session)
    return screen(request, "rules.html", heads=heads)


@router.get(addresses.ADMIN_RULES_OF)
def get_rules_of_spearhead(request: Request, key: str) -> Response:
    """List a spearhead's rules: what each did in 12 months, what readers said, who saved it last."""
    app = app_of(request)
    with app.db.read() as session:
        shown = rules_of(session, key, app.clock())
    name = dict(shown.spearhead.names).get(admin_of(request).language, key)
    return screen(request, "rules_of.html", shown=shown, name=name, zone_name=app.region.zone)
