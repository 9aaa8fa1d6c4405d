"""The audit log: who did what, when and why."""

from fastapi import APIRouter, Request, Response

from db.audit import list_audit
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
MOST = 200


@router.get(addresses.ADMIN_AUDIT)
def get_audit(request: Request, who: str = "", subject: str = "") -> Response:
    """List the newest acts; only those of a person, or about something by its beginning."""
    with app_of(request).db.read() as session:
        entries = list_audit(session, MOST, who=who.strip()[:MOST], subject=subject.strip()[:MOST])
    return screen(request, "audit.html", entries=entries, who=who, subject=subject, most=MOST)
