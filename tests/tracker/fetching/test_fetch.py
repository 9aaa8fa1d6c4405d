"""How we behave on the web, against a small server of our own on loopback."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, cast

import pytest

from tracker.errors import FetchError, ParseError
from tracker.fetching import http_cache
from tracker.fetching.asking import Answer, FetchSettings
from tracker.fetching.fetch import Fetcher
from tracker.fetching.hosts import Hosts
from tracker.fetching.http_cache import HttpCache
from tracker.fetching.receipt import Receipt
from tracker.kept_files import FolderFiles, KeptFiles
from tracker.readings.page_archive import PageStore, drop_old_pages, kept_runs, read_pages
from tracker.sources import Page
from tracker.sources.support.detail_pages import DetailPages

NOW = datetime(2026, 4, 21, 6, 0, tzinfo=UTC)
QUICK = FetchSettings(gap_seconds=0, retry_min_seconds=0, retry_max_seconds=5, product="Karkivahti/9", contact="a@b.fi")


@dataclass(frozen=True)
class Reply:
    """What the server says; `length` is the Content-Length it claims."""

    status: int = 200
    body: bytes = b"well"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    hang_up: bool = False
    withheld: bool = False


@dataclass(frozen=True)
class Asked:
    path: str
    headers: Mapping[str, str]
    body: bytes


class Site(ThreadingHTTPServer):
    """Replies to each path in turn, the last reply for ever; a path without replies is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.lock = Lock()
        self.over = Event()
        self.busy = 0
        self.most_busy = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def next_reply(self, path: str) -> Reply:
        waiting = self.replies.get(path, [Reply(404)])
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        site = cast(Site, self.server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with site.lock:
            site.busy += 1
            site.most_busy = max(site.most_busy, site.busy)
            site.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            reply = site.next_reply(self.path.partition("?")[0])
        if reply.withheld:
            site.over.wait()
        if reply.hang_up or reply.withheld:
            self.close_connection = True
        else:
            self._send(reply)
        with site.lock:
            site.busy -= 1

    do_POST = do_GET

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
        self.end_headers()
        if reply.status != 304:
            self.wfile.write(reply.body)
        self.close_connection = reply.length is not None

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a test's output is its failures."""


@contextmanager
def serving() -> Iterator[Site]:
    with Site() as site:
        thread = Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.over.set()
            site.shutdown()
            thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def run(
    ask: Callable[[Fetcher], Awaitable[Any]],
    settings: FetchSettings = QUICK,
    hosts: tuple[str, ...] = ("127.0.0.1",),
    keep: Callable[[Answer], None] | None = None,
) -> tuple[Any, Receipt]:
    """What `ask` gets from a fetcher, and the fetcher's receipt."""

    async def within() -> tuple[Any, Receipt]:
        async def kept(answer: Answer) -> None:
            if keep:
                keep(answer)

        async with Fetcher(settings, "test", now=lambda: NOW, allow_hosts=hosts, keep=kept) as fetch:
            return await ask(fetch), fetch.receipt

    return asyncio.run(within())


def refusal(
    url: str, settings: FetchSettings = QUICK, hosts: tuple[str, ...] = ("127.0.0.1",)
) -> tuple[FetchError, Receipt]:
    """The error that a GET ends in, and the receipt."""

    async def ask(fetch: Fetcher) -> FetchError:
        with pytest.raises(FetchError) as caught:
            await fetch.get(url)
        return caught.value

    return run(ask, settings, hosts)


def settings(**changed: Any) -> FetchSettings:
    return FetchSettings(**(QUICK.model_dump() | changed))


def test_says_who_asks_and_how_to_reach_them(site: Site) -> None:
    site.replies["/a"] = [Reply()]
    answer, _ = run(lambda fetch: fetch.get(f"{site.url}/a", params={"q": "x y"}))
    assert (answer.status, answer.body) == (200, b"well")
    assert site.asked[-1].headers["user-agent"] == "Karkivahti/9 (+a@b.fi)"
    assert site.asked[-1].path == "/a?q=x+y"


def test_parts_are_sent_as_files_typed_as_json(site: Site) -> None:
    site.replies["/search"] = [Reply()]
    run(lambda fetch: fetch.post_parts(f"{site.url}/search", params={"n": 1}, parts={"query": {"a": ["ä"]}}))
    asked = site.asked[-1]
    head = b"Content-Type: " + asked.headers["content-type"].encode() + b"\r\n\r\n"
    message = message_from_bytes(head + asked.body, policy=policy.HTTP)
    (part,) = message.iter_parts()
    assert (part.get_content_type(), part.get_param("name", header="content-disposition")) == (
        "application/json",
        "query",
    )
    assert json.loads(cast(bytes, part.get_payload(decode=True))) == {"a": ["ä"]}


def test_an_object_is_sent_as_json_with_the_headers_it_needs(site: Site) -> None:
    site.replies["/search"] = [Reply()]
    run(lambda fetch: fetch.post_json(f"{site.url}/search", body={"a": ["ä"]}, headers={"X-Key": "k"}))
    asked = site.asked[-1]
    assert (asked.headers["content-type"], asked.headers["x-key"]) == ("application/json", "k")
    assert json.loads(asked.body) == {"a": ["ä"]}


def test_a_server_error_that_passes_is_asked_again_and_counted(site: Site) -> None:
    site.replies["/a"] = [Reply(500), Reply(503), Reply()]
    answer, receipt = run(lambda fetch: fetch.get(f"{site.url}/a"))
    assert answer.status == 200
    assert receipt.retries == {"http_500": 1, "http_503": 1}


def test_a_server_error_that_stays_is_named_by_its_status(site: Site) -> None:
    site.replies["/a"] = [Reply(503)]
    error, receipt = refusal(f"{site.url}/a", settings(attempts=3))
    assert (error.source, error.reason) == ("test", "http_503")
    assert site.paths().count("/a") == 3
    assert receipt.retries == {"http_503": 2}


def test_a_client_error_is_not_asked_again(site: Site) -> None:
    error, _ = refusal(f"{site.url}/missing")
    assert error.reason == "http_404"
    assert site.paths().count("/missing") == 1


def test_a_dropped_connection_is_asked_again(site: Site) -> None:
    site.replies["/a"] = [Reply(hang_up=True), Reply()]
    _, receipt = run(lambda fetch: fetch.get(f"{site.url}/a"))
    assert receipt.retries == {"reset": 1}


def test_a_body_cut_short_is_no_answer(site: Site) -> None:
    site.replies["/a"] = [Reply(body=b"half", length=8)]
    error, _ = refusal(f"{site.url}/a", settings(attempts=1))
    assert error.reason == "reset"


def test_a_silent_server_is_a_timeout(site: Site) -> None:
    site.replies["/a"] = [Reply(withheld=True)]
    error, _ = refusal(f"{site.url}/a", settings(read_seconds=0.05, attempts=1, obey_robots=False))
    assert error.reason == "timeout"


def test_nobody_listening_is_unreachable() -> None:
    with serving() as gone:
        url = gone.url
    error, _ = refusal(url, settings(attempts=1))
    assert error.reason == "unreachable"


def test_retry_after_in_seconds_is_waited_for(site: Site) -> None:
    site.replies["/a"] = [Reply(429, headers={"Retry-After": "1"}), Reply()]
    answer, receipt = run(lambda fetch: fetch.get(f"{site.url}/a"))
    assert answer.status == 200
    assert receipt.retries == {"http_429": 1}
    assert receipt.last_429_at == NOW


def test_retry_after_as_a_date_counts_from_now(site: Site) -> None:
    site.replies["/a"] = [Reply(429, headers={"Retry-After": "Tue, 21 Apr 2026 07:00:00 GMT"})]
    error, _ = refusal(f"{site.url}/a", settings(obey_robots=False))
    assert error.reason == "http_429"
    assert "3600 s" in error.detail


@pytest.mark.parametrize("zone", ["+99999999999999", "+9999"])
def test_a_retry_after_that_is_no_date_is_tried_again_as_usual(site: Site, zone: str) -> None:
    site.replies["/a"] = [Reply(429, headers={"Retry-After": f"Tue, 21 Apr 2026 07:00:00 {zone}"}), Reply()]
    answer, _ = run(lambda fetch: fetch.get(f"{site.url}/a"))
    assert answer.status == 200


def test_a_retry_after_beyond_the_longest_wait_ends_the_asking(site: Site) -> None:
    site.replies["/a"] = [Reply(503, headers={"Retry-After": "86400"})]
    error, receipt = refusal(f"{site.url}/a")
    assert error.reason == "http_503"
    assert (site.paths().count("/a"), receipt.retries) == (1, {})


def test_an_answer_over_the_size_cap_is_refused(site: Site) -> None:
    site.replies["/a"] = [Reply(body=b"x" * 5000)]
    error, _ = refusal(f"{site.url}/a", settings(max_bytes=4999))
    assert error.reason == "too_large"


def test_the_size_cap_counts_what_a_compressed_answer_unpacks_to(site: Site) -> None:
    site.replies["/a"] = [Reply(body=gzip.compress(b"x" * 1_000_000), headers={"Content-Encoding": "gzip"})]
    error, _ = refusal(f"{site.url}/a", settings(max_bytes=500_000))
    assert error.reason == "too_large"


TAGGED = {"ETag": '"e"', "Last-Modified": "yesterday", "X-WP-Total": "7"}


def in_turn(memory: HttpCache, *asks: Callable[[Fetcher], Awaitable[Any]], days: int = 1) -> tuple[list[Any], Receipt]:
    """What each ask gives, each in a reading of its own that is believed, some days after the one before."""
    told, receipt = [], Receipt()

    async def within(ask: Callable[[Fetcher], Awaitable[Any]], now: datetime) -> Any:
        async with Fetcher(QUICK, "test", now=lambda: now, allow_hosts=("127.0.0.1",), memory=memory) as fetch:
            nonlocal receipt
            receipt = fetch.receipt
            return await ask(fetch)

    for number, ask in enumerate(asks):
        told.append(asyncio.run(within(ask, NOW + timedelta(days=days * number))))
        memory.keep()
    return told, receipt


def test_a_page_that_has_not_changed_is_given_whole_with_its_headers(site: Site, files: KeptFiles) -> None:
    site.replies["/a"] = [Reply(body=b"the list", headers=TAGGED), Reply(304, headers={"X-Seen": "today"})]
    ask = partial(Fetcher.get, url=f"{site.url}/a")
    [_, again], receipt = in_turn(HttpCache(files, "test"), ask, ask)
    assert (again.status, again.body, receipt.not_modified) == (200, b"the list", 1)
    assert (again.headers["x-wp-total"], again.headers["x-seen"]) == ("7", "today")
    assert site.asked[-1].headers["if-none-match"] == '"e"'
    assert site.asked[-1].headers["if-modified-since"] == "yesterday"


def test_a_page_of_a_reading_that_was_not_believed_is_asked_for_whole(site: Site, files: KeptFiles) -> None:
    site.replies["/a"] = [Reply(body=b"half a list", headers=TAGGED)]
    run_with = partial(Fetcher, QUICK, "test", now=lambda: NOW, allow_hosts=("127.0.0.1",))

    async def ask() -> None:
        async with run_with(memory=HttpCache(files, "test")) as fetch:
            await fetch.get(f"{site.url}/a")

    asyncio.run(ask())
    asyncio.run(ask())
    assert "if-none-match" not in site.asked[-1].headers


def test_a_304_that_nobody_asked_for_is_a_fault(site: Site) -> None:
    site.replies["/a"] = [Reply(304)]
    assert refusal(f"{site.url}/a")[0].reason == "http_304"


def test_a_redirect_is_followed_with_its_conditions(site: Site, files: KeptFiles) -> None:
    site.replies |= {"/old": [Reply(301, headers={"Location": "/new"})], "/new": [Reply(body=b"here", headers=TAGGED)]}
    ask = partial(Fetcher.get, url=f"{site.url}/old")
    [answer, _], _ = in_turn(HttpCache(files, "test"), ask, ask)
    assert (answer.url, answer.body) == (f"{site.url}/new", b"here")
    assert site.asked[-1].headers["if-none-match"] == '"e"'


@pytest.mark.parametrize(("status", "body"), [(200, b"a call"), (404, b"")])
def test_a_calls_own_page_is_not_asked_for_again_while_its_row_stays(
    site: Site, files: KeptFiles, status: int, body: bytes
) -> None:
    site.replies["/call"] = [Reply(status, body=body)]
    read = partial(own_page, f"{site.url}/call")
    told, receipt = in_turn(HttpCache(files, "test"), partial(read, "row"), partial(read, "row"))
    assert told == [body, body]
    assert (receipt.requests, receipt.remembered) == (0, 1)


def test_a_calls_own_page_is_asked_for_again_when_its_row_changes_and_after_some_days(
    site: Site, files: KeptFiles
) -> None:
    site.replies["/call"] = [Reply(body=b"one"), Reply(body=b"two"), Reply(body=b"three")]
    read = partial(own_page, f"{site.url}/call")
    memory = HttpCache(files, "test")
    assert in_turn(memory, partial(read, "row"), partial(read, "another"))[0] == [b"one", b"two"]
    later = partial(read, "another")
    assert in_turn(memory, later, later, later, later, later)[0][-1] == b"three"


def test_a_remembered_page_that_was_cut_short_is_asked_for_whole(site: Site, files: KeptFiles) -> None:
    site.replies["/a"] = [Reply(body=b"the list", headers=TAGGED)]
    ask = partial(Fetcher.get, url=f"{site.url}/a")
    in_turn(HttpCache(files, "test"), ask)
    [name] = files.find("answers/test/*")
    files.write(name, b"")
    assert in_turn(HttpCache(files, "test"), ask)[0][0].body == b"the list"
    assert "if-none-match" not in site.asked[-1].headers


def test_answers_that_nobody_asked_for_in_a_while_are_forgotten(site: Site, files: KeptFiles) -> None:
    site.replies |= {"/a": [Reply(headers=TAGGED)], "/b": [Reply(headers=TAGGED)]}
    asks = [partial(Fetcher.get, url=f"{site.url}/{name}") for name in "ab"]
    in_turn(HttpCache(files, "test"), *asks, days=40)
    assert http_cache.drop_unused_responses(files, 60, NOW + timedelta(days=61)) == 1
    assert len(files.find("answers/test/*")) == 1


def own_page(url: str, row: str, fetch: Fetcher) -> Awaitable[bytes | None]:
    return DetailPages(fetch, 1).read(url, row)


def test_a_long_document_comes_in_pieces_within_its_own_size(site: Site) -> None:
    site.replies["/bulk"] = [Reply(body=b"x" * 500_000)]

    async def size(fetch: Fetcher, most: int = 1_000_000) -> int:
        return sum([len(chunk) async for chunk in fetch.chunks(f"{site.url}/bulk", most_bytes=most, most_seconds=9)])

    assert run(size, settings(max_bytes=1000))[0] == 500_000
    with pytest.raises(FetchError, match="too_large"):
        run(partial(size, most=400_000))


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(500), "http_500"),
        (Reply(404), "http_404"),
        (Reply(hang_up=True), "reset"),
        (Reply(301, headers={"Location": "/x"}), "redirect"),
    ],
)
def test_a_long_document_that_does_not_come_is_named(site: Site, reply: Reply, reason: str) -> None:
    site.replies["/bulk"] = [reply]

    async def ask(fetch: Fetcher) -> list[bytes]:
        return [chunk async for chunk in fetch.chunks(f"{site.url}/bulk", most_bytes=9, most_seconds=9)]

    with pytest.raises(FetchError) as caught:
        run(ask)
    assert caught.value.reason == reason


def test_a_redirect_in_a_circle_ends(site: Site) -> None:
    site.replies["/a"] = [Reply(302, headers={"Location": "/a"})]
    error, _ = refusal(f"{site.url}/a")
    assert error.reason == "redirect_loop"


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]:9/", "http://[::ffff:10.0.0.1]/"]
)
def test_a_redirect_to_a_private_address_is_refused(site: Site, target: str) -> None:
    site.replies["/a"] = [Reply(302, headers={"Location": target})]
    error, _ = refusal(f"{site.url}/a", settings(obey_robots=False))
    assert error.reason == "redirect_private"


def test_a_name_that_resolves_to_a_private_address_is_refused_before_it_is_asked(site: Site) -> None:
    url = site.url.replace("127.0.0.1", "localhost")
    error, _ = refusal(f"{url}/a", hosts=())
    assert error.reason == "private_address"
    assert site.asked == []


def test_a_redirect_off_the_web_is_refused(site: Site) -> None:
    site.replies["/a"] = [Reply(302, headers={"Location": "file:///etc/passwd"})]
    error, _ = refusal(f"{site.url}/a")
    assert error.reason == "redirect_scheme"


def test_only_the_web_is_fetched() -> None:
    error, _ = refusal("ftp://example.org/a")
    assert error.reason == "scheme"


def test_a_question_that_was_moved_is_not_asked_elsewhere(site: Site) -> None:
    site.replies["/search"] = [Reply(302, headers={"Location": "/elsewhere"})]

    async def ask(fetch: Fetcher) -> str:
        with pytest.raises(FetchError) as caught:
            await fetch.post_parts(f"{site.url}/search", params={}, parts={"query": {}})
        return caught.value.reason

    assert run(ask)[0] == "redirect"
    assert "/elsewhere" not in site.paths()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_robots_are_asked_once_and_obeyed(site: Site, mark: bytes) -> None:
    site.replies |= {
        "/robots.txt": [Reply(body=mark + b"User-agent: karkivahti\nDisallow: /private\n")],
        "/open": [Reply()],
        "/private/a": [Reply()],
    }

    async def ask(fetch: Fetcher) -> str:
        await fetch.get(f"{site.url}/open")
        with pytest.raises(FetchError) as caught:
            await fetch.get(f"{site.url}/private/a")
        return caught.value.reason

    reason, receipt = run(ask)
    assert reason == "robots"
    assert site.paths() == ["/robots.txt", "/open"]
    assert receipt.robots == {"127.0.0.1": "refused"}


def test_robots_in_another_coding_are_obeyed(site: Site) -> None:
    rules = "\ufeffUser-agent: *\r\nDisallow: /a\r\n".encode("utf-16-le")
    site.replies |= {"/robots.txt": [Reply(body=rules, headers={"Content-Type": "text/plain"})], "/a": [Reply()]}
    assert refusal(f"{site.url}/a")[0].reason == "robots"


def test_a_text_comes_in_utf8_and_is_kept_so(site: Site) -> None:
    latin = Reply(body="<html>Määräaika €".encode("cp1252"), headers={"Content-Type": "text/html; charset=ISO-8859-1"})
    site.replies |= {"/a": [latin]}
    kept: list[Answer] = []
    answer, _ = run(lambda fetch: fetch.get(f"{site.url}/a"), settings(obey_robots=False), keep=kept.append)
    assert [answer.body, kept[0].body] == 2 * ["<html>Määräaika €".encode()]


def test_a_host_without_robots_allows(site: Site) -> None:
    site.replies["/a"] = [Reply()]
    _, receipt = run(lambda fetch: fetch.get(f"{site.url}/a"))
    assert receipt.robots == {"127.0.0.1": "none"}


def test_a_host_whose_robots_cannot_be_read_is_not_asked(site: Site) -> None:
    site.replies |= {"/robots.txt": [Reply(500)], "/a": [Reply()]}
    error, _ = refusal(f"{site.url}/a", settings(attempts=2))
    assert error.reason == "http_500"
    assert site.paths() == ["/robots.txt", "/robots.txt"]


def test_a_crawl_delay_beyond_our_patience_is_a_refusal(site: Site) -> None:
    site.replies |= {"/robots.txt": [Reply(body=b"User-agent: *\nCrawl-delay: 900\n")], "/a": [Reply()]}
    error, _ = refusal(f"{site.url}/a")
    assert (error.reason, site.paths()) == ("robots", ["/robots.txt"])


def test_robots_may_be_left_unread_by_configuration(site: Site) -> None:
    site.replies |= {"/robots.txt": [Reply(body=b"User-agent: *\nDisallow: /\n")], "/a": [Reply()]}
    answer, _ = run(lambda fetch: fetch.get(f"{site.url}/a"), settings(obey_robots=False))
    assert answer.status == 200
    assert site.paths() == ["/a"]


def test_a_host_is_asked_one_thing_at_a_time_even_by_two_sources(site: Site) -> None:
    site.replies["/a"] = [Reply(body=b"x" * 200_000)]

    async def ask() -> None:
        hosts = Hosts()

        async def one(source: str) -> None:
            async with Fetcher(QUICK, source, now=lambda: NOW, allow_hosts=["127.0.0.1"], hosts=hosts) as fetch:
                await asyncio.gather(*(fetch.get(f"{site.url}/a") for _ in range(5)))

        await asyncio.gather(one("a"), one("b"))

    asyncio.run(ask())
    assert site.paths().count("/a") == 10
    assert site.most_busy == 1


def test_a_host_rests_between_two_requests_while_others_are_asked() -> None:
    async def order() -> list[str]:
        hosts, told = Hosts(), list[str]()

        async def ask(host: str, after_seconds: float) -> None:
            await asyncio.sleep(after_seconds)
            async with hosts.turn(host, gap_seconds=0.3):
                told.append(host)

        await asyncio.gather(ask("resting", 0), ask("resting", 0), ask("other", 0.02))
        return told

    assert asyncio.run(order()) == ["resting", "other", "resting"]


def test_the_receipt_adds_up_and_is_plain_json(site: Site) -> None:
    site.replies["/a"] = [Reply(body=b"12345")]
    _, receipt = run(lambda fetch: fetch.get(f"{site.url}/a"), settings(obey_robots=False))
    told = json.loads(json.dumps(receipt.as_dict()))
    assert (told["requests"], told["bytes"], told["not_modified"]) == (1, 5, 0)


def test_an_error_does_not_show_what_a_query_holds(site: Site) -> None:
    error, _ = refusal(f"{site.url}/a?token=hush")
    assert "hush" not in str(error)


@pytest.mark.parametrize("host", ["[::1", "[site:url]", "a..b", "...", "a" * 70 + ".fi", "xn--a", "\ud800", "\x00"])
def test_an_address_that_is_none_has_a_name_and_nobody_is_asked(host: str) -> None:
    error, receipt = refusal(f"http://{host}/", settings(attempts=1, obey_robots=False))
    assert error.reason in ("bad_url", "unreachable")
    assert receipt.bytes == 0


@pytest.mark.parametrize("target", ["http://[site:url]/b", "http://127.0.0.1:99999999/", f"http://{'a' * 5000}/"])
def test_a_redirect_to_an_address_that_is_none_has_a_name(site: Site, target: str) -> None:
    site.replies["/a"] = [Reply(301, headers={"Location": target})]
    error, _ = refusal(f"{site.url}/a")
    assert error.reason in ("bad_url", "reset", "unreachable")  # the client's own word for it
    assert len(error.detail) <= 1000


def test_kept_pages_come_back_as_they_were_named(site: Site, files: KeptFiles) -> None:
    site.replies |= {"/1": [Reply(body="yksi €".encode())], "/2": [Reply(body=b"broken")]}
    with PageStore(files, "test", "7", lambda: NOW) as kept:

        async def ask(fetch: Fetcher) -> Page:
            answer = await fetch.get(f"{site.url}/1")
            await fetch.get(f"{site.url}/2")
            return Page(answer.url, answer.body, "s", 2, 3, 99, {"type": ["1"]}, {"k": {"a": ["b"]}})

        page, _ = run(ask, keep=kept.received)
        kept.add(page)
    assert list(read_pages(files, "test", "7")) == [page]
    kept_now = [f"pages/test/7/{name}" for name in ("0001.gz", "0002.gz", "index.jsonl")]
    assert files.find("pages/test/7/*") == kept_now


def test_an_index_that_breaks_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    page = Page("http://a/", b"body", "s")
    with PageStore(files, "test", "7", lambda: NOW) as kept:
        kept.add(page)
    with (tmp_path / "pages/test/7/index.jsonl").open("a") as index:
        index.write('{"file": "0002.gz", "sc')
    assert list(read_pages(files, "test", "7")) == [page]


def test_kept_pages_are_dropped_when_their_days_are_over(files: KeptFiles) -> None:
    for run_id, at in (("old", datetime(2026, 1, 1, tzinfo=UTC)), ("new", NOW)):
        with PageStore(files, "test", run_id, lambda at=at: at) as kept:  # type: ignore[misc]
            kept.add(Page("http://a/", b"body"))
    assert kept_runs(files, "test") == {"old", "new"}
    assert drop_old_pages(files, 90, NOW) == 1
    assert kept_runs(files, "test") == {"new"}
    assert files.find("pages/*/old/*") == []


@pytest.mark.parametrize(
    "rubbish", [b"rubbish\n", b"[]\n", b'{"scan": "a"}\n', b"[" * 100_000 + b"\n", b'{"file": 7}\n']
)
def test_a_damaged_index_is_named_and_dropped_with_the_old_ones(tmp_path: Path, rubbish: bytes) -> None:
    kept = FolderFiles(tmp_path)
    kept.append("pages/test/9/index.jsonl", rubbish)
    with pytest.raises(ParseError, match=r"damaged: pages/test/9/index.jsonl: line 1 is no entry"):
        list(read_pages(kept, "test", "9"))
    assert drop_old_pages(kept, 90, NOW) == 1
    assert kept_runs(kept, "test") == frozenset()


@pytest.mark.parametrize("damage", [b"", b"no gzip", gzip.compress(b"a page", mtime=0)[:-9]])
def test_a_damaged_page_is_named(tmp_path: Path, damage: bytes) -> None:
    kept = FolderFiles(tmp_path)
    with PageStore(kept, "test", "9", lambda: NOW) as store:
        store.add(Page("http://a/", b"body"))
    kept.write("pages/test/9/0001.gz", damage)
    with pytest.raises(ParseError, match=r"damaged: pages/test/9/0001.gz"):
        list(read_pages(kept, "test", "9"))
