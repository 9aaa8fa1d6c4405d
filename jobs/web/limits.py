"""Limits: how often one client may make us write to a mailbox or ask the API, and one link may be used to leave.

A client is told by its address: an IPv6 one by its network, as a house has one. An address of this machine is no client
but a proxy that `web.proxies` does not name, and is not limited by itself; `subscribers.letters_per_hour` holds anyway.
"""

import hmac
import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from fastapi import Request
from starlette.exceptions import HTTPException

from db.buckets import take_tokens
from jobs.base.app import App
from jobs.web.pages import app_of

HOUR, MINUTES = timedelta(hours=1), 60
HOUSE_BITS = 64  # of an IPv6 address
MOST_CLIENTS = 10_000  # that are remembered at once


def each_client(what: str) -> Callable[[Request], None]:
    """A dependency of acts: 429 where this client has done it too often within an hour."""

    def take(request: Request) -> None:
        if client := client_of(request):
            _take(app_of(request), f"{what}\0{client}")

    return take


def each_link(request: Request) -> None:
    """A dependency of acts: 429 where this link was used too often within an hour.

    Mail providers' robots come for many readers from few addresses, so the link is counted and not the client.
    """
    _take(app_of(request), f"link\0{request.path_params['token']}")


def client_of(request: Request) -> str:
    """Who sent a request, as far as limits tell clients apart; empty for nobody in particular."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return ""
    if address.is_loopback:
        return ""
    return str(IPv6Network((address, HOUSE_BITS), strict=False)) if isinstance(address, IPv6Address) else str(address)


class AnswersLeft:
    """The answers that each client may still have of the API, drawn from its bucket a minute's worth at a time.

    To write for each would wait for whoever else writes, and all that is kept ready (`jobs.web.kept`) would be made
    anew. What is drawn is for this process alone: with several, one client may have a minute's worth more of each.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._most = app.settings.web.answers_per_hour
        self._drawn = max(1, self._most // MINUTES)
        self._held: dict[str, tuple[int, datetime]] = {}  # client → answers left, and when there is more to be drawn
        self._lock = threading.Lock()

    def take(self, client: str) -> None:
        """Take one answer; 429 where there is none."""
        now = self._app.clock()
        with self._lock:
            left, more_at = self._held.get(client, (0, now))
            if left:
                self._hold(client, left - 1, now)
                return
        wait = more_at - now if more_at > now else _draw(self._app, f"answer\0{client}", self._most, self._drawn)
        with self._lock:
            left, _ = self._held.get(client, (0, now))  # another thread may have drawn meanwhile
            self._hold(client, left if wait else left + self._drawn - 1, now + wait)
        if wait:
            raise _too_often(wait)

    def _hold(self, client: str, left: int, more_at: datetime) -> None:
        self._held.pop(client, None)
        self._held[client] = left, more_at
        if len(self._held) > MOST_CLIENTS:
            del self._held[next(iter(self._held))]  # who has been away longest


def _take(app: App, what: str) -> None:
    if wait := _draw(app, what, app.settings.web.acts_per_hour):
        raise _too_often(wait)


def _draw(app: App, what: str, most: int, wanted: int = 1) -> timedelta:
    """Take tokens from a bucket; how long until there are so many, if there are not."""
    key = hmac.digest(app.secret, b"bucket\0" + what.encode(), "sha256").hex()
    with app.db.write() as session:
        return take_tokens(session, key, app.clock(), most, HOUR, wanted)


def _too_often(wait: timedelta) -> HTTPException:
    return HTTPException(429, headers={"retry-after": str(math.ceil(wait.total_seconds()))})
