"""Copies: the very mail that a reader got, as a page."""

import email
import email.policy

from db import editions, send_queue
from jobs.base.app import App
from jobs.delivery.deliver import own_values
from tracker.emails import mime, tokens
from tracker.errors import Code, Refusal


def web_copy(app: App, token: str) -> str:
    """The HTML of the mail that a link names, with the calls that it had no room for.

    BadToken; Refusal if the mail is no longer kept.
    """
    delivery_id = tokens.verify_token(app.secret, tokens.WEB_COPY, token)
    with app.db.read() as session:
        claimed = send_queue.mail_of(session, delivery_id)
        if claimed is None:
            raise Refusal(Code.COPY_GONE)
        own = own_values(app, claimed)
        if page := editions.page_of(session, claimed.content_id):
            return mime.fill_text(page, own)
        mail = email.message_from_bytes(
            mime.fill(editions.template_of(session, claimed.content_id), own), policy=email.policy.default
        )
    html = mail.get_body(("html",))
    return str(html.get_content()).replace("\r\n", "\n") if html else ""  # as browsers read it: its styles are hashed
