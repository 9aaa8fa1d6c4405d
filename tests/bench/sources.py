"""Benchmark sources: the parsing speed of each source's pages, and a tick of all sources against slow publishers.

    python tests/bench/sources.py [--runs 5] [--answer-ms 200]

Pages are recorded ones (../shared) for the portal and the hand-made ones for all other sources, with six times as many
rows. The floor of parsing is `json.loads` for data and lxml's own parser for web pages. Each publisher is a host of its
own on loopback (127.0.0.2, .3, …) and answers after 200 ms; the floor of the tick is the time that the slowest source's
requests take one after another. Tagging is left out.
"""

import argparse
import asyncio
import gzip
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import lxml.html
from figures import figure, no_log_lines, pairs, seconds

from db.engine import Database, upgrade
from db.runs import Run
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from tests.tracker.sources.own_site import Headed, Request, pages_of, site
from tests.tracker.sources.publishers import PUBLISHERS, Mood, Publisher
from tracker import config, sources
from tracker.regions import load_region, region_file
from tracker.sources import Page

DAYS = ROOT.parent / "shared" / "recorded" / "portal" / "days"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
MB = 1_000_000
KINDS = ("1", "8", "2")
Answer = Callable[[Request], bytes | int | Headed]
TOPICS = 800  # as many as the portal has open, on eight pages and one more for each other type


# --- parsing ----------------------------------------------------------------------------------------------------------


def parse_all(module: ModuleType, pages: list[Page]) -> None:
    for page in pages:
        for row in module.rows(page):
            module.facts(row)


def bare(pages: list[Page]) -> None:
    """Parse the pages with nothing but json.loads or lxml: the floor."""
    for page in pages:
        if page.body.lstrip()[:1] in (b"{", b"["):
            json.loads(page.body)
        else:
            lxml.html.fromstring(page.body)


def own_pages(key: str) -> list[Page]:
    module, publisher = sources.modules()[key], PUBLISHERS[key]
    with site(lambda request: publisher.answer(request, Mood.WELL)) as here:
        return pages_of(module, module.Settings.model_validate(publisher.settings_at(here.url)))


def recorded_page() -> list[Page]:
    with gzip.open(DAYS / "2026-05-05.jsonl.gz") as file:
        rows = file.read().splitlines()[:100]
    return [Page("", b'{"totalResults":100,"results":[%s]}' % b",".join(rows))]


def parsing(runs: int) -> None:
    for key, module in sources.modules().items():
        pages = own_pages(key) if key in PUBLISHERS else recorded_page() if DAYS.exists() else []
        if not pages:
            continue
        size = sum(len(page.body) for page in pages) / MB
        ours, floor = pairs(
            runs, lambda m=module, p=pages: seconds(lambda: parse_all(m, p)), lambda p=pages: seconds(lambda: bare(p))
        )
        figure(f"sources.parse_mb_per_s.{key}", size / ours, f"json.loads or lxml alone, {size / floor:.1f} MB/s")


# --- a tick -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Slow:
    """One slow publisher on a host of its own, which counts its requests."""

    host: str
    answer: Answer
    asked: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@contextmanager
def serving(slow: Slow, answer_seconds: float) -> Iterator[Slow]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            slow.asked += 1
            parts = urlsplit(self.path)
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            is_json = "json" in (self.headers.get("Content-Type") or "") and sent.startswith(b"{")
            query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
            time.sleep(answer_seconds)
            request = Request(self.command, parts.path, query, {}, json.loads(sent) if is_json else sent)
            answer = 404 if parts.path == "/robots.txt" else slow.answer(request)
            body = answer.body if isinstance(answer, Headed) else b"" if isinstance(answer, int) else answer
            self.send_response_only(answer if isinstance(answer, int) else 200)
            self.send_header("Date", format_datetime(NOW, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            for name, value in answer.headers.items() if isinstance(answer, Headed) else ():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        daemon_threads = True

    server = Server((slow.host, 0), Handler)
    slow.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield slow
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def remembering(answer: Answer) -> Answer:
    """Make each answer only once: the publisher's own time is not measured."""
    made: dict[str, bytes | int | Headed] = {}

    def answer_once(request: Request) -> bytes | int | Headed:
        is_form = isinstance(request.body, bytes) and bool(request.body)  # it has a new boundary every time
        name = repr((request.method, request.path, request.query, kind_of(request.body) if is_form else request.body))
        if name not in made:
            made[name] = answer(request)
        return made[name]

    return answer_once


def kind_of(form: bytes) -> str:
    """Return the type of calls that a portal request asks for."""
    return next(kind for kind in KINDS if b'"type": ["%s"]' % kind.encode() in form)


def portal_answer(request: Request) -> bytes:
    """Answer with one hand-made record under many references, page by page, of the requested type."""
    kind = kind_of(request.body)
    number, total = int(request.query["pageNumber"]), TOPICS if kind == "1" else 1
    numbers = range((number - 1) * 100, min(number * 100, total))
    return json.dumps({"totalResults": total, "results": [topic(n, kind) for n in numbers]}).encode()


def topic(number: int, kind: str) -> dict[str, Any]:
    metadata = {
        "type": [kind],
        "status": ["31094502"],
        "DATASOURCE": ["SEDIA"],
        "language": ["en"],
        "title": ["A call"],
    }
    metadata |= {"identifier": [f"CALL-{number}"], "deadlineDate": ["2027-03-01T00:00:00.000+0000"]}
    metadata |= {"descriptionByte": ["Text."], "callccm2Id": [f"{number}"], "caName": ["A call"]}
    return {"reference": f"{number}T{kind}", "language": "en", "metadata": metadata}


def answers() -> dict[str, Answer]:
    """Return each publisher's answer function, by the source's key."""
    portal_only: dict[str, Answer] = {"portal": remembering(portal_answer)}
    well = {key: partial(publisher.answer, mood=Mood.WELL) for key, publisher in PUBLISHERS.items()}
    return portal_only | {key: remembering(answer) for key, answer in well.items()}


def tick(by_source: dict[str, Answer], answer_seconds: float) -> tuple[float, float]:
    """Measure a first reading of all sources, and the slowest source's requests one after another, in seconds."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        slow = {key: Slow(f"127.0.0.{n}", answer) for n, (key, answer) in enumerate(by_source.items(), 2)}
        for publisher in slow.values():
            stack.enter_context(serving(publisher, answer_seconds))
        app = app_in(folder, {key: settings_of(PUBLISHERS.get(key), publisher.url) for key, publisher in slow.items()})
        begun = time.perf_counter()
        runs = asyncio.run(collect_all(app, list(slow)))
        taken = time.perf_counter() - begun
        app.db.dispose()
    check(runs)
    return taken, max(publisher.asked for publisher in slow.values()) * answer_seconds


def settings_of(publisher: Publisher | None, url: str) -> dict[str, Any]:
    return publisher.settings_at(url) if publisher else {"api_url": url}


def app_in(folder: str, tables: dict[str, dict[str, Any]]) -> App:
    db = Database(f"sqlite:///{folder}/tracker.sqlite3", "paijat_hame")
    upgrade(db)
    fetch = {"gap_seconds": 0}
    settings = config.given({"data": {"dir": folder}, "fetch": fetch, "sources": tables})
    return App(db, settings, load_region(region_file("paijat_hame")), b"a secret of the bench", lambda: NOW)


def check(runs: list[Run]) -> None:
    if doubted := [f"{run.subject}: {run.verdict} {run.reasons}" for run in runs if run.verdict != "accepted"]:
        sys.exit("the bench's readings are not believed:\n" + "\n".join(doubted))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="the best of this many runs counts")
    parser.add_argument("--ticks", type=int, default=3, help="the best of this many runs counts")
    parser.add_argument("--answer-ms", type=int, default=200)
    options = parser.parse_args()
    no_log_lines()
    parsing(options.runs)
    by_source = answers()
    tick(by_source, 0.0)  # makes the answers
    ticks = [tick(by_source, options.answer_ms / 1000) for _ in range(options.ticks)]
    taken, floor = min(ticks, key=lambda seconds_of: seconds_of[0] / seconds_of[1])
    figure("sources.tick_over_slowest", taken / floor, f"the slowest source's own requests, {floor:.2f} s")


if __name__ == "__main__":
    main()
