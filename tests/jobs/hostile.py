"""A world of 40 sources of which 10 are hostile, each in a way of its own; the suite reads it, and a benchmark.

Every publisher answers on this machine. `NAMED` says what each hostile one is called in its run.
"""

import gzip
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

GOOD, CALLS = 30, 20  # good sources, and the calls of each
WORDS = "Calls of the council, the open ones and the closed ones, with their last days and all conditions."


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: a body, and the coding that it claims to have."""

    body: bytes
    coding: str = ""


def html(body: str) -> bytes:
    return f"<!DOCTYPE html><html><body><main><p>{WORDS}</p>{body}</main></body></html>".encode()


def card(number: int, closes: str = "31.3.2099") -> str:
    return f'<div class="card"><a href="/calls/{number}">Call {number}</a><i class="closes">{closes}</i></div>'


def cards(count: int = CALLS) -> str:
    return "".join(card(number, "31.3.2050") for number in range(count))


def feed(*items: str) -> bytes:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>C</title>{"".join(items)}</channel></rss>'.encode()


def item(number: int, link: str = "", text: str = "") -> str:
    where = link or f"https://publisher.example/{number}"
    told = f"<title>Call {number}</title><link>{where}</link><guid>one</guid><description>{text}</description>"
    return f"<item>{told}</item>"


def post(number: int, **more: Any) -> dict[str, Any]:
    said = {"id": number, "link": f"https://publisher.example/{number}", "title": {"rendered": f"Call {number}"}}
    return said | {"content": {"rendered": "<p>Deadline: 31 March 2050</p>"}} | more


def bomb(size: int = 50_000_000) -> bytes:
    return gzip.compress(gzip.compress(b"\0" * size))


LISTING = {"kind": "listing", "card": ".card", "closes": ".closes"}
FEED = {"kind": "feed", "labels": ["Deadline"]}
POSTS = {"kind": "wordpress", "labels": ["Deadline"]}


def numbered(make: Callable[[int], str], count: int = CALLS) -> str:
    return "".join(map(make, range(count)))


def shared(number: int) -> str:
    """Two items to each link, which say different deadlines."""
    return item(number, f"https://publisher.example/{number // 2}", f"Deadline: {number + 1} March 2050")


def dashed(number: int) -> str:
    """A card whose text took a pattern for addresses quadratic time."""
    return f'<div class="card"><a href="/calls/{number}">Call</a><i class="closes">soon</i><p>{"a-" * 4000}</p></div>'


HOSTILE: dict[str, tuple[dict[str, Any], Callable[[], Reply], str]] = {  # settings, answer, and what it is called
    "ends_of_time": (LISTING, lambda: Reply(html(numbered(lambda n: card(n, "31.12.9999")))), "unreadable_rows"),
    "nobodys_years": (LISTING, lambda: Reply(html(numbered(lambda n: card(n, "31.3.2070")))), "unreadable_rows"),
    "odd_shapes": (POSTS, lambda: Reply(json.dumps([post(n, title=n) for n in range(1, CALLS)]).encode()), "shape"),
    "odd_items": (FEED, lambda: Reply(feed(numbered(lambda n: item(n, "http://[site:url]/")))), "link"),
    "shared_link": (FEED, lambda: Reply(feed(numbered(shared, 8))), "shared_link"),
    "endless_comments": (FEED, lambda: Reply(feed() + b"<!--" + 5000 * b"--><!--"), "truncated"),
    "stacked_codings": (LISTING, lambda: Reply(bomb(), "gzip, gzip"), "coding"),
    "deep": (LISTING, lambda: Reply(html("<div>" * 50_000)), "too_deep"),
    "many": (FEED, lambda: Reply(feed("<item/>" * 50_000)), "too_many_items"),
    "quadratic": (LISTING | {"text": "p"}, lambda: Reply(html(numbered(dashed))), "unreadable_rows"),
}
# What no bound sees: it takes minutes to read, and ends at the limit of processor time or memory.
HOG: dict[str, tuple[dict[str, Any], Callable[[], Reply], str]] = {
    "hog": (
        {"kind": "listing", "card": "b:has(a)", "link": "a", "text": "*", "undated": "take"},
        lambda: Reply(html("<b>" * 300 + "<a href='/x'>x</a> " * 15_000 + "</b>" * 300)),
        "too_long",
    )
}


ODD = HOSTILE | HOG


def tables(port: int, keys: list[str]) -> dict[str, dict[str, Any]]:
    """The configuration of these sources."""
    said = {"publisher": "P", "home": "https://publisher.example/", "season": False}
    return {
        key: (ODD[key][0] if key in ODD else LISTING) | {"name": key, "url": f"http://127.0.0.1:{port}/{key}"} | said
        for key in keys
    }


def good() -> list[str]:
    return [f"good_{number}" for number in range(GOOD)]


@contextmanager
def publishers() -> Iterator[int]:
    """Serve every source under its key; yields the port."""
    made: dict[str, Reply] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = urlsplit(self.path).path.strip("/")
            reply = made.setdefault(key, ODD[key][1]() if key in ODD else Reply(html(cards())))
            self.send_response_only(404 if key == "robots.txt" else 200)
            if reply.coding:
                self.send_header("Content-Encoding", reply.coding)
            self.send_header("X-WP-Total", str(CALLS - 1))
            self.send_header("X-WP-TotalPages", "1")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- processes --------------------------------------------------------------------------------------------------------


def descendants(pid: int) -> list[int]:
    """The processes that a process started, and what these started; not the process itself."""
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            children += map(int, thread.read_text().split())
    return [*children, *(below for child in children for below in descendants(child))]


def processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
