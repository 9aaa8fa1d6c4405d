"""Screens of rules on the strategy of a next period: the same addresses below /admin/next/NUMBER.

`/admin/next/7/rules` is `/admin/rules` for strategy 7. Whoever may see the screen is asked by the desk, as everywhere.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BESIDE = re.compile(r"/admin/next/(\d{1,9})(/.*)")
# What of the desk works on a copy: lists and edits of rules, masks, points and examples, their history and tests.
OF_RULES = re.compile(r"/admin/(rules|spearheads|new-mask|masks|examples|near-misses|tester|audit)(/.*|$)")


class BesideToday:
    """Hands a request for a next strategy to the screen of today's rules, and leads its answers back below it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = BESIDE.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if found is None or not OF_RULES.fullmatch(f"/admin{found[2]}"):
            await self._app(scope, receive, send)
            return
        number, path = int(found[1]), f"/admin{found[2]}"
        within = dict(scope)
        within |= {"path": path, "raw_path": path.encode(), "state": {**scope.get("state", {}), "next": number}}

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "location" in headers:
                    headers["location"] = address_beside(headers["location"], number)
            await send(message)

        await self._app(within, receive, send_on)


def address_beside(address: str, number: int | None) -> str:
    """An address as it is for a next strategy; unchanged for today's rules, and for screens of anything else."""
    path = address.partition("?")[0]
    if number is None or not OF_RULES.fullmatch(path):
        return address
    return f"/admin/next/{number}{address.removeprefix('/admin')}"
