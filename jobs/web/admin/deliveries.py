"""Deliveries: one mail to one reader: what became of it, what it told, and the mail itself."""

from fastapi import APIRouter, Request, Response

from jobs.delivery.resolutions import delivery_in_full
from jobs.editions.previewing import mail_of_delivery
from jobs.web import addresses
from jobs.web.admin.desk import screen
from jobs.web.admin.frames import mail_in_frame, with_frames
from jobs.web.pages import CallNumber, app_of
from tracker.errors import Refusal

router = APIRouter(include_in_schema=False)
DeliveryNumber = CallNumber


@router.get(addresses.ADMIN_DELIVERY)
def get_delivery(request: Request, delivery_id: DeliveryNumber) -> Response:
    """Show one delivery in full."""
    app = app_of(request)
    with app.db.read() as session:
        full = delivery_in_full(session, delivery_id)
    try:
        mail = mail_of_delivery(app, delivery_id)
    except Refusal:  # there was none, or it is no longer kept
        mail = None
    return with_frames(screen(request, "delivery.html", full=full, mail=mail))


@router.get(addresses.ADMIN_DELIVERY_MAIL)
def get_delivery_mail(request: Request, delivery_id: DeliveryNumber) -> Response:
    """Give the mail's HTML to the frame."""
    return mail_in_frame(mail_of_delivery(app_of(request), delivery_id).html)
