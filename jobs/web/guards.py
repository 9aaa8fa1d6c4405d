"""Guards around the whole site, as plain ASGI middlewares: headers that browsers obey, posts from other sites, errors.

No cookie is set for readers. What a link's token allows is checked by the jobs behind the pages.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.base.log import traced
from jobs.web import addresses

ONE_CLICK = "/u/"  # RFC 8058: a mail provider's robot posts here, from anywhere
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)
NEVER_EMBEDDED = (*addresses.OF_ONE_READER, addresses.ADMIN)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",  # the addresses of readers' pages hold their tokens
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class SafeHeaders:
    """Adds the headers above to every answer, and keeps what is one reader's out of every cache.

    Pages may be embedded by the sites of `web.embedded_by`; the desk and what is one reader's never are.
    """

    def __init__(self, app: ASGIApp, embedded_by: tuple[str, ...]) -> None:
        self._app = app
        self._alone = HEADERS | {
            "content-security-policy": POLICY.format(ancestors="'none'"),
            "x-frame-options": "DENY",
        }
        policy = POLICY.format(ancestors=" ".join(embedded_by))
        self._usual = HEADERS | {"content-security-policy": policy} if embedded_by else self._alone

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (self._alone if scope["path"].startswith(NEVER_EMBEDDED) else self._usual).items():
                    headers.setdefault(name, value)
                if scope["path"].startswith(addresses.OF_ONE_READER):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Unforeseen:
    """Answers an error that nobody foresaw as a fault 500; the log says where it was raised, and none of its words."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Awaitable[Response]]) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_begun = False

        async def send_on(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            if is_begun or scope["type"] != "http":
                raise  # the server logs it, and breaks the answer off
            structlog.get_logger().error("request failed", **traced(error))
            answer = await self._answer(Request(scope), HTTPException(500))
            await answer(scope, receive, send)


class HeadAsGet:
    """Answers HEAD as GET, of which the server sends no body: mail scanners ask so for links."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send)


class SameSite:
    """Refuses posts that another site's page made a reader's browser send, by Sec-Fetch-Site or Origin."""

    def __init__(self, app: ASGIApp, base_url: str) -> None:
        self._app = app
        self._host = urlsplit(base_url).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_foreign(scope):
            await PlainTextResponse("This form was sent from another site.", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_foreign(self, scope: Scope) -> bool:
        if scope["method"] in SAFE or scope["path"].startswith(ONE_CLICK):
            return False
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is not None:
            return urlsplit(origin).netloc not in (self._host, headers.get("host"))
        return "cookie" in headers  # neither header: no browser of today, unless it hides them
