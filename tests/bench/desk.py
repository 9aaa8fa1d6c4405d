"""Benchmark the screens of the desk over 20,000 calls with whole texts, 5,000 readers and 100,000 deliveries.

    python tests/bench/desk.py [--calls 20000] [--readers 5000] [--editions 20] [--rounds 12] [--data FOLDER]

Each screen that is looked at is asked for several times by an admin who is signed in; the effect of a new rule is asked
for by another word of the archive each time, as it is while somebody types. The floor is the start of the sign-in page,
which asks the database nothing, from the same server. --data keeps what was filled in.
"""

import argparse
import http.client
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import sqlalchemy as sa
from digest import interest_row, subscriber_row
from figures import figure, no_log_lines
from preview import NOW, words_by_chance
from web import fill, opened, p95, site

from db.admins import Role
from db.audit import Signed
from db.deliveries import Delivery, DeliveryState
from db.editions import Edition, EditionState
from db.engine import Database, upgrade
from db.event_log import EventKind, NewEvent, add_events
from db.runs import Run, Verdict
from db.subscribers import Cadence, Interest, Language, Subscriber
from jobs.admins import accounts, sign_in
from jobs.base.app import App
from jobs.editions.planning import make_edition
from jobs.publishing.monthly_letters import add_chosen, begin_letter
from jobs.web import addresses
from jobs.web.admin.permissions import MAY
from tracker import sources

PASSWORD = "a long word of the bench"
NEWS, SOURCE_RUNS, DAYS = 40, 2, 365
KEYS = {"sources": "portal", "spearheads": "food", "rules": "food-en", "masks": "none"}


def fill_mails(app: App, readers: int, editions: int) -> None:
    """Enrol readers, make one edition, and copy it into the weeks before."""
    with app.db.write() as session:
        run = Run(job="collect", subject="portal", started_at=NOW, verdict=Verdict.ACCEPTED)
        session.add(run)
        session.flush()
        events = [NewEvent(call_id=n, run_id=run.id or 0, kind=EventKind.NEW, at=NOW, new={}) for n in range(1, NEWS)]
        add_events(session, events)
        session.connection().execute(sa.insert(Subscriber), [subscriber_row(n, n % 50) for n in range(1, readers + 1)])
        session.connection().execute(sa.insert(Interest), [interest_row(n, n % 50) for n in range(1, readers + 1)])
    make_edition(app, Cadence.WEEKLY)
    with app.db.write() as session:
        for week in range(1, editions):
            _copy(session.connection(), week)


def _copy(connection: sa.Connection, week: int) -> None:
    """The first edition and its deliveries once more, as sent some weeks ago."""
    columns = {"id": None, "period": f"2020-W{week:02d}", "state": EditionState.BUILT.value}
    _insert_again(connection, Edition, columns, sa.column("id") == 1)
    edition = connection.scalar(sa.select(sa.func.max(Edition.id)))
    sent = {"id": None, "edition_id": edition, "state": DeliveryState.SENT.value}
    _insert_again(connection, Delivery, sent, sa.column("edition_id") == 1)


def _insert_again(
    connection: sa.Connection, table: type, other: dict[str, object], which: sa.ColumnElement[bool]
) -> None:
    stored: sa.Table = table.__table__  # type: ignore[attr-defined]
    names = [column.name for column in stored.columns if column.name != "id"]
    values = [sa.literal(other[name]).label(name) if name in other else stored.c[name] for name in names]
    connection.execute(sa.insert(stored).from_select(names, sa.select(*values).where(which)))


def fill_letter(app: App) -> None:
    """A letter of the month with thirty calls."""
    signed = Signed("bench", "bench", NOW)
    number = begin_letter(app, "The best of the bench", signed).id or 0
    add_chosen(app, number, range(1, 31), signed)


def fill_runs(app: App) -> None:
    """A year of readings of every source."""
    with app.db.write() as session:
        rows = [
            {"job": "collect", "subject": key, "started_at": at, "finished_at": at, "verdict": Verdict.ACCEPTED}
            for day in range(DAYS)
            for at in [NOW - timedelta(days=DAYS - day)]
            for key in sources.modules(app.settings.sources)
        ]
        empty = {"reasons": (), "baseline": False, "counts": {}, "receipt": {}}
        session.connection().execute(sa.insert(Run), [row | empty for row in rows for _ in range(SOURCE_RUNS)])


def signed_in(app: App) -> str:
    """The cookie of a new admin."""
    signed = Signed("bench", "bench", NOW)
    made = accounts.add_admin(app, f"{perf_counter():.6f}@bench.example", "Bench", Role.ADMIN, Language.FI, signed)
    sign_in.choose_password(app, made.token, PASSWORD)
    return f"karkivahti_desk={sign_in.sign_in(app, made.admin.address, PASSWORD)}"


def screens() -> Iterator[str]:
    """Every screen that is looked at, with something of its kind in its gaps."""
    for method, address in MAY:
        if method == "GET":
            kind = address.split("/")[2] if address.count("/") > 1 else ""
            yield address.replace("{key}", KEYS.get(kind, "food")).replace("{number}", "1").format_map(_Ones())


class _Ones(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return "1"


def asked(connection: http.client.HTTPConnection, path: str, cookie: str, body: str = "") -> tuple[float, int]:
    """Seconds until the first byte of an answer, and its status."""
    headers = {"cookie": cookie, "sec-fetch-site": "same-origin", "hx-request": "true"} if body else {"cookie": cookie}
    if body:
        headers["content-type"] = "application/x-www-form-urlencoded"
    begun = perf_counter()
    connection.request("POST" if body else "GET", path, body or None, headers)
    answer = connection.getresponse()
    taken = perf_counter() - begun
    answer.read()
    return taken, answer.status


def measure(app: App, url: str, folder: Path, rounds: int) -> None:
    cookie = signed_in(app)
    words = words_by_chance(app.db, rounds * 5)
    with site(url, folder, keeps=False) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        asked(connection, addresses.ADMIN_SIGN_IN, "")  # untimed: the first answer reads the templates
        floor = p95([asked(connection, addresses.ADMIN_SIGN_IN, "")[0] for _ in range(rounds)])
        against = f"p95 of the sign-in page, {floor * 1000:.1f} ms; wanted: 250 ms"
        told_screens(connection, cookie, rounds, against)
        told_preview(connection, cookie, words)


def told_screens(connection: http.client.HTTPConnection, cookie: str, rounds: int, against: str) -> None:
    taken: dict[str, Sequence[float]] = {}
    for path in screens():
        status = asked(connection, path, cookie)[1]
        if status == 200:
            taken[path] = [asked(connection, path, cookie)[0] for _ in range(rounds)]
        else:
            print(f"# {path} is answered by {status} and not measured")
    slowest = sorted(taken, key=lambda path: -p95(taken[path]))
    figure("desk.screen_first_byte_ms_p95", p95([one for path in taken for one in taken[path]]) * 1000, against)
    for path in slowest[:5]:
        median = statistics.median(taken[path]) * 1000
        figure("desk.slowest_screen_ms_p95", p95(taken[path]) * 1000, f"{path}, its median {median:.1f}; {against}")


def told_preview(connection: http.client.HTTPConnection, cookie: str, words: Sequence[str]) -> None:
    path = addresses.ADMIN_NEW_RULE_EFFECT.format(key="food")
    times = []
    for word in words:
        seconds, status = asked(
            connection, path, cookie, urlencode({"text": word, "weight": "medium", "language": "any"})
        )
        if status != 200:
            sys.exit(f"{path} is answered by {status}")
        times.append(seconds)
    figure("desk.preview_ms_p95", p95(times) * 1000, f"median {statistics.median(times) * 1000:.1f}; wanted: 300 ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("calls", 20_000), ("readers", 5_000), ("editions", 20), ("rounds", 12)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--data", type=Path, help="keep what is filled in here, for another run")
    options = parser.parse_args()
    no_log_lines()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = options.data or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{folder}/tracker.sqlite3"
        db = Database(url, "paijat_hame")
        is_new = not sa.inspect(db.engine).has_table("calls")
        upgrade(db)
        if is_new:
            fill(db, options.calls)
        app = opened(url, folder)
        if is_new:
            fill_mails(app, options.readers, options.editions)
            fill_runs(app)
            fill_letter(app)
        measure(app, url, folder, options.rounds)


if __name__ == "__main__":
    main()
