"""Serve the site by uvicorn, alone or beside the scheduler."""

import asyncio
import contextlib
import gc
import socket
import threading
from collections.abc import Iterator

import structlog
import uvicorn

from jobs.base.app import App
from jobs.web.site import make_site
from tracker.errors import ConfigError, TrackerError

LAST_ANSWERS = 5  # seconds that requests under way have when we stop


def warm_up(app: App) -> threading.Thread:
    """In a thread, load what screens try edits with, and let the garbage collector leave that alone.

    Else it stops all requests for a fifth of a second, now and then, to look through rules and dictionaries.
    """
    thread = threading.Thread(target=_warm_up, args=(app,))
    thread.start()
    return thread


def _warm_up(app: App) -> None:
    with contextlib.suppress(TrackerError), app.db.read() as session:
        app.compiled.index(session)
    gc.collect()
    gc.freeze()


class ServedSite:
    """The site of an app, which listens from the beginning; ConfigError if its port cannot be had.

    Nothing of a request is logged: its address may hold a reader's token.
    """

    def __init__(self, app: App) -> None:
        web = app.settings.web
        self._listening = _listening(web.host, web.port)
        self._config = uvicorn.Config(
            make_site(app),
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(web.proxies),
            forwarded_allow_ips=list(web.proxies),
            timeout_graceful_shutdown=LAST_ANSWERS,
        )

    async def __call__(self, stop: asyncio.Event) -> None:
        """Answer requests until `stop`; those under way are answered first."""
        host, port = self._listening.getsockname()[:2]
        structlog.get_logger().info("site started", host=host, port=port)
        server = _Server(self._config)
        serving = asyncio.create_task(server.serve(sockets=[self._listening]))
        await stop.wait()
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """Leaves signals alone: whoever runs it beside something else stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise ConfigError([f"web: cannot listen on {host}:{port}: {why}; choose another web.port"]) from None
