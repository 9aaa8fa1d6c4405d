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

from db.buckets import take_token
from jobs.base.app import App
from jobs.web.pages import app_of

HOUR = timedelta(hours=1)
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
    """How many answers each client may still have of this process; full at first, they come back evenly.

    Kept in memory, since to look something up changes nothing and waits for nobody who writes.
    """

    def __init__(self, most: int) -> None:
        """`most` answers an hour."""
        self._most, self._each = most, HOUR / most
        self._back_at: dict[str, datetime] = {}  # client → when all its answers are back
        self._lock = threading.Lock()

    def wait_for(self, client: str, now: datetime) -> int:
        """Take one answer; if there is none, return in how many whole seconds there is one."""
        with self._lock:
            back_at = max(self._back_at.pop(client, now), now)
            wait = back_at + self._each - HOUR - now
            is_left = wait <= timedelta()
            self._back_at[client] = back_at + self._each if is_left else back_at
            if len(self._back_at) > MOST_CLIENTS:
                del self._back_at[next(iter(self._back_at))]  # who has been away longest
        return 0 if is_left else math.ceil(wait.total_seconds())


def _take(app: App, what: str) -> None:
    key = hmac.digest(app.secret, b"bucket\0" + what.encode(), "sha256").hex()
    with app.db.write() as session:
        is_left = take_token(session, key, app.clock(), app.settings.web.acts_per_hour, HOUR)
    if not is_left:
        raise HTTPException(429, headers={"retry-after": str(int(HOUR.total_seconds()))})
