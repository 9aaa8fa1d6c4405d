"""The HTTP client of one source in one run: polite requests, and a receipt of what they cost the publisher."""

import asyncio
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache, partial
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx
from protego import Protego

from tracker.errors import FetchError
from tracker.fetching.asking import Answer, FetchSettings
from tracker.fetching.charsets import as_utf8
from tracker.fetching.codings import ACCEPTED, CodingError, CutBody, decoded
from tracker.fetching.hosts import Hosts
from tracker.fetching.http_cache import GONE, CachedResponse, HttpCache
from tracker.fetching.public_addresses import _PrivateAddress, _refuse_private
from tracker.fetching.receipt import Receipt

REDIRECTS = frozenset({301, 302, 303, 307, 308})
OK, NOT_MODIFIED = 200, 304
MOST_REDIRECTS, LAST_PORT = 5, 65_535
MOST_ROBOTS_BYTES = 500_000  # RFC 9309, 2.5
SCHEMES = frozenset({"http", "https"})


class _TryAgain(Exception):
    """A failed attempt that may succeed when repeated."""

    def __init__(self, reason: str, detail: str, wait_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.wait_seconds = wait_seconds


class Fetcher:
    """The HTTP client of one source in one run: `async with Fetcher(settings, "portal", now=clock) as fetch`.

    `keep` receives every response with a body before it is parsed. `allow_hosts` are the hosts of the source's own
    configured addresses, which may be private. `now` is used for a Retry-After that is a date, and to date the entries
    of `memory`, the HTTP cache that unchanged pages come from.
    """

    def __init__(
        self,
        settings: FetchSettings,
        source: str,
        *,
        now: Callable[[], datetime],
        keep: Callable[[Answer], Awaitable[None]] | None = None,
        allow_hosts: Collection[str] = (),
        hosts: Hosts | None = None,
        memory: HttpCache | None = None,
    ) -> None:
        self.receipt = Receipt()
        self._settings = settings
        self._source = source
        self._now = now
        self._keep = keep
        self._memory = memory
        self._private_hosts = {host.lower() for host in (*settings.allowed_hosts, *allow_hosts)}
        self._hosts = hosts or Hosts()
        self._robots: dict[str, Protego | None] = {}
        self._client = httpx.AsyncClient(
            headers={"User-Agent": settings.user_agent, "Accept-Encoding": ACCEPTED},
            timeout=httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds),
            follow_redirects=False,  # we judge each hop ourselves
            trust_env=False,  # the environment belongs to tracker.config
            verify=_authorities(),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        attempts: int | None = None,
        row: str = "",
    ) -> Answer:
        """GET an address, following redirects; an unchanged page comes from the HTTP cache, never as a 304.

        `row` is the fingerprint of the list row that a detail page belongs to: while it stays the same, the page is not
        requested again for `own_page_days`. `attempts` overrides the setting, for optional pages. Raises FetchError.
        """
        request = self._request("GET", url, params=params, headers=headers)
        address = str(request.url)
        cached = self._memory.recall(address) if self._memory else None
        if cached and self._is_fresh(cached, row):
            self.receipt.remembered += 1
            return self._as_answer(cached)
        if cached:
            request.headers.update(cached.conditions())
        try:
            answer = await self._ask(request, attempts or self._settings.attempts, obey=self._settings.obey_robots)
        except FetchError as error:
            self._note_gone(address, error, row)
            raise
        return self._as_answer(self._noted_response(address, answer, cached, row))

    def remembered(self, url: str, row: str | None = None) -> bytes | None:
        """Return the cached page, empty where it was gone; with `row`, only if it needs no new request."""
        cached = self._memory.recall(str(self._request("GET", url).url)) if self._memory else None
        return cached.body if cached and (row is None or self._is_fresh(cached, row)) else None

    def note_retry(self, reason: str) -> None:
        """Count an answer that was of no use and is asked for again."""
        self.receipt.retries[reason] += 1

    def forget(self, url: str) -> None:
        """Drop a page that turned out unusable from the HTTP cache, so that it is requested again next time."""
        if self._memory:
            self._memory.forget(str(self._request("GET", url).url))

    async def post_parts(self, url: str, *, params: Mapping[str, str | int], parts: Mapping[str, object]) -> Answer:
        """POST each value of `parts` as a multipart file part typed application/json. Raises FetchError."""
        files = {name: ("blob", json.dumps(part).encode(), "application/json") for name, part in parts.items()}
        request = self._request("POST", url, params=params, files=files)
        request.read()  # sent as one piece, else as a dozen scraps
        return await self._ask(request, self._settings.attempts, obey=self._settings.obey_robots)

    async def post_json(
        self, url: str, *, body: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> Answer:
        """POST a JSON object. Raises FetchError."""
        request = self._request("POST", url, headers=headers, sent=body)
        return await self._ask(request, self._settings.attempts, obey=self._settings.obey_robots)

    async def chunks(self, url: str, *, most_bytes: int, most_seconds: float) -> AsyncGenerator[bytes]:
        """Stream a long document within its own limits of size and time; it is never held whole, archived or retried.

        Raises FetchError.
        """
        request = self._request("GET", url)
        delay = await self._robots_delay(request.url, self._settings.attempts) if self._settings.obey_robots else 0.0
        clock, came = asyncio.get_running_loop().time, 0
        until = clock() + most_seconds
        async with self._hosts.turn(request.url.host, max(self._settings.gap_seconds, delay)):
            try:
                with _faults_named(request.url):
                    response = await self._sent(request)
                    try:
                        if self._judged(response, b"").status != OK:
                            raise self._error("redirect", f"{_shown(request.url)} was moved")
                        async for chunk in decoded(response.aiter_raw(), response.headers.get("Content-Encoding", "")):
                            yield chunk
                            came += len(chunk)
                            if came > most_bytes:
                                raise self._error("too_large", f"{_shown(request.url)} is over {most_bytes} bytes")
                            if clock() > until:
                                raise self._error("timeout", f"{_shown(request.url)} took over {most_seconds:g} s")
                    finally:
                        self.receipt.bytes += response.num_bytes_downloaded
                        await response.aclose()
            except (_TryAgain, _PrivateAddress, CodingError) as fault:
                reason = "coding" if isinstance(fault, CodingError) else getattr(fault, "reason", "private_address")
                raise self._error(reason, str(fault)) from fault

    def _is_fresh(self, cached: CachedResponse, row: str) -> bool:
        age = self._now() - cached.asked_at
        return bool(row) and cached.row == row and age < timedelta(days=self._settings.own_page_days)

    def _noted_response(self, address: str, answer: Answer, cached: CachedResponse | None, row: str) -> CachedResponse:
        if answer.status == NOT_MODIFIED:
            if cached is None:
                detail = f"{_shown(httpx.URL(address))} is said not to have changed, and was not asked if it had"
                raise self._error(f"http_{NOT_MODIFIED}", detail)
            response = cached.confirmed(answer.headers, self._now(), row)
        else:
            response = CachedResponse(answer.url, answer.status, answer.headers, answer.body, self._now(), row)
        if self._memory and (row or response.conditions()):
            self._memory.note(address, response)
        return response

    def _note_gone(self, address: str, error: FetchError, row: str) -> None:
        for status in GONE:
            if self._memory and row and error.reason == f"http_{status}":
                self._memory.note(address, CachedResponse(address, status, {}, b"", self._now(), row))

    def _as_answer(self, cached: CachedResponse) -> Answer:
        if cached.status in GONE:
            detail = f"{cached.status} from {_shown(httpx.URL(cached.url))} on {cached.asked_at:%Y-%m-%d}"
            raise self._error(f"http_{cached.status}", detail)
        return Answer(cached.url, cached.status, cached.headers, cached.body)

    async def _ask(self, request: httpx.Request, attempts: int, *, obey: bool, keep: bool = True) -> Answer:
        """Check robots.txt, send the request with retries, and follow redirects."""
        for hop in range(MOST_REDIRECTS + 1):
            delay = await self._robots_delay(request.url, attempts) if obey else 0.0
            answer = await self._with_retries(request, attempts, delay, redirected=hop > 0)
            if answer.status not in REDIRECTS:
                if keep and self._keep and answer.body:
                    await self._keep(answer)
                return answer
            request = self._next_hop(request, answer)
        raise self._error("redirect_loop", f"more than {MOST_REDIRECTS} redirects, the last to {_shown(request.url)}")

    async def _with_retries(
        self, request: httpx.Request, attempts: int, delay_seconds: float, *, redirected: bool
    ) -> Answer:
        gap = max(self._settings.gap_seconds, delay_seconds)
        attempt = 1
        while True:
            try:
                async with self._hosts.turn(request.url.host, gap):
                    return await self._once(request)
            except _PrivateAddress as private:
                reason = "redirect_private" if redirected else "private_address"
                raise self._error(reason, f"{_shown(request.url)} is at {private}") from private
            except _TryAgain as again:
                wait = self._wait_seconds(again, attempt)
                if attempt >= attempts or wait > self._settings.retry_max_seconds:
                    detail = f"{again.detail} (attempt {attempt} of {attempts}, next not before {wait:g} s)"
                    raise self._error(again.reason, detail) from again
                self.receipt.retries[again.reason] += 1
                await asyncio.sleep(wait)
                attempt += 1

    async def _once(self, request: httpx.Request) -> Answer:
        """Send one request. Raises _TryAgain for what a retry may solve, FetchError for what it will not."""
        with _faults_named(request.url):
            async with asyncio.timeout(self._settings.total_seconds):
                response = await self._sent(request)
                try:
                    body = await self._body(response)
                except CodingError as error:
                    raise self._error("coding", f"{_shown(request.url)} is {error}") from error
                finally:
                    await response.aclose()
        return self._judged(response, body)

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        self.receipt.requests += 1
        if request.url.host not in self._private_hosts:
            request.extensions["trace"] = partial(_refuse_private, request.url.host)
        return await self._client.send(request, stream=True)

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in decoded(response.aiter_raw(), response.headers.get("Content-Encoding", "")):
            body += piece
            if len(body) > self._settings.max_bytes:
                raise self._error("too_large", f"{_shown(response.url)} is over {self._settings.max_bytes} bytes")
        self.receipt.bytes += response.num_bytes_downloaded
        return bytes(body)

    def _judged(self, response: httpx.Response, body: bytes) -> Answer:
        status = response.status_code
        detail = f"{status} from {_shown(response.url)}"
        if status == 429:
            self.receipt.last_429_at = self._now()
        if status == 429 or status >= 500:
            raise _TryAgain(f"http_{status}", detail, self._retry_after(response.headers.get("Retry-After")))
        self.receipt.not_modified += status == NOT_MODIFIED
        if status >= 400 or (status >= 300 and status != NOT_MODIFIED and status not in REDIRECTS):
            raise self._error(f"http_{status}", detail)
        text = as_utf8(body, response.headers.get("Content-Type", ""), response.url.path.rpartition("/")[2])
        return Answer(str(response.url), status, dict(response.headers), text)

    def _wait_seconds(self, again: _TryAgain, attempt: int) -> float:
        """Double the back-off up to the longest wait; a longer Retry-After of the publisher wins."""
        backoff = min(self._settings.retry_min_seconds * 2.0 ** (attempt - 1), self._settings.retry_max_seconds)
        return max(backoff, again.wait_seconds or 0.0)

    def _retry_after(self, value: str | None) -> float | None:
        """Convert either form of Retry-After to seconds from now (RFC 9110, 10.2.3)."""
        if value is None:
            return None
        if value.strip().isdecimal():
            return float(value)
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max(0.0, (at - self._now()).total_seconds())

    def _next_hop(self, request: httpx.Request, answer: Answer) -> httpx.Request:
        location = answer.headers.get("location", "")
        try:
            target = urljoin(str(request.url), location)
        except ValueError as error:  # as in http://[site:url]/
            raise self._error("bad_url", f"{_shown(request.url)} leads to {location[:80]!r}") from error
        following = self._request("GET", target, reason="redirect_scheme", headers=_conditions(request.headers))
        if request.method != "GET":
            raise self._error("redirect", f"{_shown(request.url)} was moved to {_shown(following.url)}")
        if (request.url.scheme, following.url.scheme) == ("https", "http"):
            raise self._error("redirect_scheme", f"{_shown(request.url)} leads from https to http")
        return following

    def _request(
        self,
        method: str,
        url: str,
        *,
        reason: str = "scheme",
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        sent: Mapping[str, object] | None = None,
    ) -> httpx.Request:
        try:
            request = self._client.build_request(
                method, url, params=params or None, headers=headers, files=files, json=sent
            )
            has_host = bool(request.url.host)  # which is decoded only now
            if (request.url.port or 0) > LAST_PORT:
                raise httpx.InvalidURL("no such port")
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._error("bad_url", f"{url!r}: {error}") from error
        if request.url.scheme not in SCHEMES or not has_host:
            raise self._error(reason, f"only http and https are fetched, not {request.url.scheme}: as in {url!r}")
        return request

    async def _robots_delay(self, url: httpx.URL, attempts: int) -> float:
        """Return the crawl delay of the host's robots.txt in seconds. Raises FetchError (robots) if it refuses us."""
        origin = str(url.copy_with(raw_path=b"/", fragment=None))
        if origin not in self._robots:
            self._robots[origin] = await self._read_robots(origin, attempts)
        rules = self._robots[origin]
        if rules and not rules.can_fetch(str(url), self._settings.product):
            self.receipt.robots[url.host] = "refused"
            raise self._error("robots", f"robots.txt disallows {_shown(url)}")
        delay = float((rules and rules.crawl_delay(self._settings.product)) or 0.0)
        if delay > self._settings.longest_gap_seconds:
            self.receipt.robots[url.host] = f"delay {delay:g} s"
            raise self._error("robots", f"robots.txt of {url.host} asks for {delay:g} s between requests")
        return delay

    async def _read_robots(self, origin: str, attempts: int) -> Protego | None:
        """Read a host's robots.txt; None if there is none (4xx: RFC 9309, 2.3.1.3). Raises FetchError otherwise."""
        request = self._request("GET", urljoin(origin, "robots.txt"))
        try:
            answer = await self._ask(request, attempts, obey=False, keep=False)
        except FetchError as error:
            if error.reason.startswith("http_4") and error.reason != "http_429":
                self.receipt.robots[request.url.host] = "none"
                return None
            raise
        self.receipt.robots[request.url.host] = "allowed"
        return Protego.parse(answer.body[:MOST_ROBOTS_BYTES].decode("utf-8", "replace"))

    def _error(self, reason: str, detail: str) -> FetchError:
        return FetchError(self._source, reason, detail)


@cache
def _authorities() -> ssl.SSLContext:
    """Load the trusted certificate authorities once per process: it takes longer than reading many a source."""
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def _faults_named(url: httpx.URL) -> Iterator[None]:
    """Turn httpx errors into a _TryAgain that names the fault."""
    try:
        yield
    except (httpx.TimeoutException, TimeoutError) as error:
        raise _TryAgain("timeout", f"no answer in time from {_shown(url)}") from error
    except (httpx.ConnectError, UnicodeError) as error:  # or a host name that none can have
        raise _TryAgain("unreachable", f"no connection to {_shown(url)}: {error}") from error
    except (httpx.RequestError, CutBody) as error:  # reset, cut short, not HTTP, not decompressible
        raise _TryAgain("reset", f"{_shown(url)}: {type(error).__name__}: {error}") from error


def _shown(url: httpx.URL) -> str:
    """Return an address without its query and user part, which may hold keys."""
    return f"{url.scheme}://{url.netloc.decode()}{url.path}"


def _conditions(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the request headers that are sent on to a redirect's target."""
    return {name: value for name, value in headers.items() if name in ("accept", "if-none-match", "if-modified-since")}
