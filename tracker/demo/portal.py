"""A stand-in for the EU Funding & Tenders Portal on loopback that serves the demo's history over HTTP.

It has the habits of the API that a client must cope with: a query counts only as a multipart part typed
application/json, a page may silently be smaller than requested, rows that lack the sort field are left out, and at one
moment the pages of the first pass overlap. It has no detail pages and no faults.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from tracker.demo.history import HISTORY, Row, portal_rows

PAGE_SIZE = 25  # the API's cap is 100; the demo has too few calls to show paging with that
SEARCH_PATH = "/search-api/prod/rest/search"


class NotUnderstood(ValueError):
    """A request that the API would refuse; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Question:
    """One search request. `page` counts from 1; `sort_field` None keeps the order of the records."""

    query: Any
    languages: list[str] | None
    sort_field: str | None
    descending: bool
    page: int
    size: int


class DemoPortal(ThreadingHTTPServer):
    """The server at one moment of the history; it counts how often each scan was begun at that moment."""

    daemon_threads = True
    page_size = PAGE_SIZE

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._lock = Lock()
        self.set_moment(0)

    @property
    def url(self) -> str:
        """The server's address, without a trailing slash."""
        return f"http://127.0.0.1:{self.server_port}"

    def set_moment(self, moment: int) -> None:
        """Serve `HISTORY[moment]` from now on; every scan begins anew."""
        rows = portal_rows(moment)
        with self._lock:
            self._moment, self._rows, self._passes = HISTORY[moment], rows, Counter[str]()

    def encoded(self, question: Question) -> bytes:
        """Answer a search in the bytes that the API would send. Raises NotUnderstood as `answer` does."""
        return json.dumps(self.answer(question), ensure_ascii=False).encode()

    def answer(self, question: Question) -> dict[str, Any]:
        """Answer a search as the API would. Raises NotUnderstood for a clause that the API does not know."""
        with self._lock:
            moment, rows, passes = self._moment, self._rows, self._passes
            scan = json.dumps(question.query, sort_keys=True)
            passes[scan] += question.page == 1
            overlap = moment.overlap and passes[scan] == 1
        matches = self.found(rows, question)
        total = len(matches)
        if overlap:
            matches = _overlapping(matches, question.size)
        start = (question.page - 1) * question.size
        return _envelope(matches[start : start + question.size], total, question)

    def found(self, rows: list[Row], question: Question) -> list[Row]:
        """Find the rows that meet a question, in its order."""
        return _sorted([row for row in rows if _wanted(row, question)], question)


@contextmanager
def demo_portal() -> Iterator[DemoPortal]:
    """Run a portal on a free loopback port, at the first moment, until the block ends."""
    with DemoPortal() as portal, served(portal):
        yield portal


@contextmanager
def served(server: ThreadingHTTPServer) -> Iterator[None]:
    """Answer what a server is asked, in a thread, until the block ends."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if url.path != SEARCH_PATH:
                raise NotUnderstood(404, f"no such page: {url.path}")
            portal = cast(DemoPortal, self.server)
            question = _question(parse_qs(url.query), self.headers.get("Content-Type") or "", body, portal.page_size)
            self._send(200, portal.encoded(question))
        except NotUnderstood as refusal:
            self._refuse(refusal.status, str(refusal))

    def do_GET(self) -> None:
        self._refuse(404, "the demo's portal has no pages to get")

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, json.dumps({"type": "businessError", "message": message}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the demo's own report is the output."""

    def _send(self, status: int, raw: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)


def _question(address: dict[str, list[str]], content_type: str, body: bytes, page_size: int) -> Question:
    if not {"apiKey", "text"} <= address.keys():
        raise NotUnderstood(400, "apiKey and text are mandatory")
    parts = _parts(content_type, body)
    if "query" not in parts:  # the API would answer its whole index, which no demo wants to show
        raise NotUnderstood(400, "a multipart part named query is missing")
    sort = parts.get("sort") or {}
    return Question(
        query=parts["query"],
        languages=parts.get("languages"),
        sort_field=sort.get("field"),
        descending=sort.get("order", "ASC") == "DESC",
        page=int(address.get("pageNumber", ["1"])[0]),
        size=min(int(address.get("pageSize", ["10"])[0]), page_size),
    )


def _parts(content_type: str, body: bytes) -> dict[str, Any]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body)
    parts = {}
    for part in cast(list[Message], message.get_payload() if message.is_multipart() else []):
        name = part.get_param("name", header="content-disposition")
        if part.get_content_type() != "application/json":
            raise NotUnderstood(500, f"the part {name} is not typed application/json")
        parts[str(name)] = json.loads(cast(bytes, part.get_payload(decode=True)))
    return parts


def _wanted(row: Row, question: Question) -> bool:
    if question.languages and row["language"] not in question.languages:
        return False
    return _holds(question.query, row["metadata"])


def _holds(clause: Any, metadata: dict[str, list[str]]) -> bool:
    """Tell whether a row's metadata meet a clause of the search API's query language."""
    match clause:
        case {"bool": dict(parts)} if parts.keys() <= {"must", "must_not", "should"}:
            return _all_hold(parts, metadata)
        case {"terms": dict(conditions)}:
            return all(set(metadata.get(name, ())) & set(values) for name, values in conditions.items())
        case {"term": dict(conditions)}:
            return all(value in metadata.get(name, ()) for name, value in conditions.items())
        case {"exists": {"field": str(name)}}:
            return bool(metadata.get(name))
        case {"range": dict(conditions)}:
            return all(_within(metadata.get(name, []), limits) for name, limits in conditions.items())
        case _:
            raise NotUnderstood(400, f"unsupported query clause: {json.dumps(clause)[:80]}")


def _all_hold(parts: dict[str, Any], metadata: dict[str, list[str]]) -> bool:
    must, must_not, should = (
        [_holds(clause, metadata) for clause in parts.get(name, [])] for name in ("must", "must_not", "should")
    )
    return all(must) and not any(must_not) and (not should or any(should))


def _within(values: list[str], limits: dict[str, str]) -> bool:
    """Compare dates as text: the index writes them all the same way, in the same zone."""
    compare = {"gte": str.__ge__, "gt": str.__gt__, "lte": str.__le__, "lt": str.__lt__}
    if not limits.keys() <= compare.keys():
        raise NotUnderstood(400, f"unsupported limits: {', '.join(limits)}")
    return any(all(compare[name](value, limit) for name, limit in limits.items()) for value in values)


def _sorted(rows: list[Row], question: Question) -> list[Row]:
    field = question.sort_field
    if field is None:
        return rows
    sortable = [row for row in rows if row["metadata"].get(field)]
    return sorted(sortable, key=lambda row: (row["metadata"][field][0], row["reference"]), reverse=question.descending)


def _overlapping(rows: list[Row], size: int) -> list[Row]:
    return rows[:size] + rows[size - 1 : size] + rows[size + 1 :] if len(rows) > size else rows


def _envelope(page: list[Row], total: int, question: Question) -> dict[str, Any]:
    return {
        "apiVersion": "2.146",
        "terms": "***",
        "totalResults": total,
        "pageNumber": question.page,
        "pageSize": question.size,
        "groupByField": "sortStatus",
        "queryLanguage": {"language": "en", "probability": 0.0},
        "bestBets": [],
        "results": page,
        "warnings": [],
    }
