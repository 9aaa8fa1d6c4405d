"""The web copy of a mail, in the very HTML that was sent."""

import re
from base64 import b64encode
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from jobs.delivery.copies import web_copy
from jobs.web import addresses
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@router.get(addresses.MAIL)
def get_mail(request: Request, token: str) -> Response:
    """Show the mail that a link names."""
    page = web_copy(app_of(request), token)
    return HTMLResponse(page, headers={"content-security-policy": policy_of_mail(page)})


def policy_of_mail(page: str, ancestors: str = "'none'") -> str:
    """A policy for this page alone: nothing is loaded or run, and of styles only the mail's own.

    It may stand in a frame of `ancestors`. Mail programs want their styles in attributes. Hashing each of them makes a
    header longer than proxies take, so they are allowed as they are: all scraped text is escaped, and a style can load
    nothing here.
    """
    hashes = " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in STYLE.findall(page))
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; style-src-elem {hashes}; style-src-attr 'unsafe-inline'; "
        f"form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
    )
