"""Kept answers: what everybody may see is made once, and made anew only when the archive has changed or a day begins.

Lists, calls, spearheads, public feeds and the API hang on their address alone, on what is stored, and on the day; a
call's page says how long ago its source was read, so it holds for a minute at most. They also get an ETag, so that who
asks again with it is answered by 304, and are packed: nothing secret stands in them that their packed length could give
away (BREACH). A page that hangs on its reader is left alone.
"""

import gzip
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.base.app import App
from tracker.calls.changes import brussels_day

SHARED = re.compile(r"/(?:[a-z]{2}/(?:calls|spearheads)|feeds/(?:calls\.|spearheads/)|api/)")
TELLS_TIME = re.compile(r"/[a-z]{2}/calls/\d+$")  # a call's page says how long ago its source was read
MOST_KEPT, MOST_BYTES = 400, 200_000  # answers, and packed bytes of one
LONGEST = 3_000_000  # bytes; a file of the whole archive is sent as it is, which costs less than to pack it
PACKED = {"content-encoding": "gzip"}


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer, packed, and what it was made from."""

    made_from: tuple[object, ...]
    headers: Mapping[str, str]
    packed: bytes

    def to(self, asked: Headers) -> Response:
        """The answer to a request: that nothing changed, or what there is, packed where that is understood."""
        headers = dict(self.headers)
        if headers["etag"].removeprefix("W/") in re.sub(r"\bW/", "", asked.get("if-none-match", "")):
            kept = ("etag", "cache-control", "vary", "access-control-allow-origin")
            return Response(status_code=304, headers={name: headers[name] for name in kept if name in headers})
        if "gzip" in asked.get("accept-encoding", ""):
            return Response(self.packed, headers=headers | PACKED)
        return Response(gzip.decompress(self.packed), headers=headers)


class KeptAnswers:
    """Answers from memory where it can; one process's own, at most MOST_KEPT of them."""

    def __init__(self, app: ASGIApp, tracker: App) -> None:
        self._app, self._tracker = app, tracker
        self._kept: OrderedDict[tuple[str, ...], KeptAnswer] = OrderedDict()
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not SHARED.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope)
        key = scope["path"], scope["query_string"].decode("latin-1"), asked.get("hx-request", "")
        made_from = await run_in_threadpool(self._now, scope["path"])
        with self._lock:
            answer = self._kept.get(key)
            if answer is not None:
                self._kept.move_to_end(key)
        if answer is None or answer.made_from != made_from:
            made = await _made(self._app, scope, receive)
            if made.status != 200 or len(made.body) > LONGEST:
                await made.sent(send)
                return
            answer = await run_in_threadpool(_packed, made, made_from)
            self._keep(key, answer)
        await answer.to(asked)(scope, receive, send)

    def _now(self, path: str) -> tuple[object, ...]:
        """What an answer is made from; read before it is made, so that it is never newer than it says."""
        app, now = self._tracker, self._tracker.clock()
        minute = int(now.timestamp() // 60) if TELLS_TIME.match(path) else None
        return app.db.version(), app.today(), brussels_day(now), minute

    def _keep(self, key: tuple[str, ...], answer: KeptAnswer) -> None:
        with self._lock:
            self._kept.pop(key, None)
            if len(answer.packed) <= MOST_BYTES:
                self._kept[key] = answer
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _Made:
    status: int
    messages: tuple[Message, ...]

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    async def sent(self, send: Send) -> None:
        for message in self.messages:
            await send(message)


async def _made(app: ASGIApp, scope: Scope, receive: Receive) -> _Made:
    messages: list[Message] = []

    async def take(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, take)
    return _Made(messages[0]["status"], tuple(messages))


def _packed(made: _Made, made_from: tuple[object, ...]) -> KeptAnswer:
    headers = MutableHeaders(raw=list(made.messages[0]["headers"]))
    del headers["content-length"]
    headers["etag"] = f'W/"{sha256(made.body).hexdigest()[:32]}"'
    headers["cache-control"] = "public, no-cache"  # kept by anybody who asks whether it still holds
    headers.add_vary_header("accept-encoding")
    return KeptAnswer(made_from, dict(headers), gzip.compress(made.body, 6, mtime=0))
