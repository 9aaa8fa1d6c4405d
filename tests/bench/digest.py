"""Benchmark an edition: plan, build, render and send it to many subscribers, against only sending the same bytes.

    python tests/bench/digest.py [--subscribers 5000] [--segments 50]        # the target size: 100000 and 200

The server is Debian's smtp-sink (package postfix); the floor is bare smtplib with the configured number of threads and
of mails per connection. The measured work runs in a separate process, to measure its memory alone; the floor's mails
are rebuilt from the frozen rows, some hundred at a time, and only their sending is timed.
"""

import argparse
import contextlib
import json
import os
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from figures import figure, no_log_lines, seconds

from db import calls, deliveries, event_log, strategies
from db.calls import CallFacts, CallKind, CallStatus, CallTracking, Deadline
from db.deliveries import DeliveryState
from db.event_log import EventKind, NewEvent
from db.runs import Run, Verdict
from db.strategies import NewTagging
from db.subscribers import Cadence, Interest, Language, Subscriber
from jobs.base.app import App
from jobs.delivery.deliver import Messages, deliver
from jobs.editions.planning import make_edition
from jobs.opening import open_app
from tracker import config

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
ON = date(2026, 11, 23)
CALLS = 24  # with news in the week; a reader's digest holds about eight of them
SPEARHEADS = ("sport", "food", "manufacturing", "circular", "design", "experiences")


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """Run a mail server that takes everything and keeps nothing; yield its port."""
    binary = shutil.which("smtp-sink", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    if binary is None:
        sys.exit("smtp-sink is missing: apt-get install postfix")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    server = subprocess.Popen([binary, *as_nobody, f"127.0.0.1:{port}", "1000"])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield port
    finally:
        server.kill()
        server.wait()


def fill(app: App, subscribers: int, segments: int) -> None:
    """Add calls with news, and readers in `segments` different sets of interests."""
    with app.db.write() as session:
        run = Run(job="collect", subject="portal", started_at=NOW, verdict=Verdict.ACCEPTED)
        session.add(run)
        session.flush()
        ids = list(calls.upsert_calls(session, [call(n) for n in range(CALLS)]).values())
        events = [NewEvent(call_id=i, run_id=run.id or 0, kind=EventKind.NEW, at=NOW, new={}) for i in ids]
        event_log.add_events(session, events)
        tags = [tagging(call_id, n) for n, call_id in enumerate(ids)]
        strategies.replace_taggings(session, ids, tags)
        readers = [subscriber_row(n, n % segments) for n in range(1, subscribers + 1)]
        session.connection().execute(sa.insert(Subscriber), readers)
        interest_queries = [interest_row(n, n % segments) for n in range(1, subscribers + 1)]
        session.connection().execute(sa.insert(Interest), interest_queries)


def call(n: int) -> tuple[CallFacts, CallTracking]:
    facts = CallFacts(
        source="portal",
        key=f"{n}TOPICSen",
        kind=CallKind.TOPIC,
        identifier=f"HORIZON-CL6-2027-01-{n:03d}",
        title=f"Strengthening regional value chains in field number {n}",
        programme=("HORIZON", "LIFE", "ERASMUS", "I3")[n % 4],
        type_of_action="HORIZON Innovation Actions",
        claimed_status=CallStatus.OPEN,
        opens_on=ON,
        deadlines=(Deadline(on=ON + timedelta(days=30 + n)),),
        budget_total=10_000_000,
        project_min=2_000_000,
        project_max=3_000_000,
        url=f"https://ec.europa.eu/topic/{n}",
        text="Proposals should show how the region's actors work together. " * 20,
    )
    ours = CallTracking(
        fingerprint=str(n),
        parser_version=1,
        status=CallStatus.OPEN,
        closes_on=facts.deadlines[0].on,
        first_seen_at=NOW,
        changed_at=NOW,
    )
    return facts, ours


def tagging(call_id: int, n: int) -> NewTagging:
    words = [{"rule": "r", "field": "title", "points": 8, "spans": [[0, 5]], "words": ["regional value chains"]}]
    spearhead = SPEARHEADS[n % len(SPEARHEADS)]
    return NewTagging(call_id=call_id, strategy="2026", spearhead=spearhead, score=8, evidence=words, tagged_at=NOW)


def subscriber_row(n: int, segment: int) -> dict[str, object]:
    return {
        "address": f"reader{n}@example.org", "actor_id": None, "language": list(Language)[segment % 3],
        "cadence": Cadence.WEEKLY, "state": "active", "lead_days": (28, 7), "created_at": NOW,
    }  # fmt: skip


def interest_row(n: int, segment: int) -> dict[str, object]:
    """Make an interest: a segment follows one or two spearheads, some of them in certain programmes only."""
    first = SPEARHEADS[segment % 6]
    second = SPEARHEADS[(segment // 6) % 6]
    programmes = [(), ("HORIZON",), ("LIFE",), ("HORIZON", "I3"), ("ERASMUS",), ("HORIZON", "LIFE")][
        (segment // 36) % 6
    ]
    followed = tuple(dict.fromkeys((first, second)))
    return {"subscriber_id": n, "spearheads": followed, "programmes": programmes, "sources": (), "cursor": 0}


def send_bare(app: App) -> tuple[float, float]:
    """Measure the floor: seconds, and seconds of CPU, to send the same bytes with the same threads and nothing else."""
    mail, message = app.settings.mail, Messages(app)

    def send(part: list[tuple[str, bytes]]) -> None:
        with smtplib.SMTP(mail.host, mail.port, local_hostname="localhost") as smtp:
            for recipient, content in part:
                smtp.sendmail(mail.sender, [recipient], content)

    with app.db.read() as session:
        done = deliveries.list_deliveries(session, [DeliveryState.SENT], None, None)
    taken, cpu, at_once = 0.0, 0.0, mail.connections * mail.messages_per_connection
    with ThreadPoolExecutor(mail.connections) as pool:
        for begin in range(0, len(done), at_once):
            mails = [(str(delivery.recipient), message(delivery)) for delivery in done[begin : begin + at_once]]  # type: ignore[arg-type]
            parts = [mails[n :: mail.connections] for n in range(mail.connections)]
            before = time.process_time()
            taken += seconds(lambda parts=parts: list(pool.map(send, parts)))  # type: ignore[misc]
            cpu += time.process_time() - before
    return taken, cpu


@dataclass(frozen=True)
class Round:
    """The cost of one edition: seconds, of CPU too, SQL statements and the process's peak memory."""

    made: float
    sent: float
    cpu: float
    statements: int
    peak_mb: float


def work(settings: dict[str, object]) -> None:
    """Plan, build, render and send, and print the cost. Runs in a separate process."""
    app = open_app(config.given(settings), lambda: NOW)
    counted = []
    sa.event.listen(app.db.engine, "before_cursor_execute", lambda *_: counted.append(1))
    before = time.process_time()
    made = seconds(lambda: make_edition(app, Cadence.WEEKLY))
    sent = seconds(lambda: deliver(app))
    cpu = time.process_time() - before
    [peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    print(json.dumps([made, sent, cpu, len(counted), int(peak) / 1024]))


def one_round(options: argparse.Namespace, port: int) -> tuple[Round, tuple[float, float]]:
    """Make and send an edition; return its cost, and the seconds (and those of CPU) of sending its bytes alone."""
    smtp = {"transport": "smtp", "host": "127.0.0.1", "port": port, "connections": options.connections}
    with tempfile.TemporaryDirectory() as data:
        settings = {"data": {"dir": data}, "mail": smtp}
        app = open_app(config.given(settings), lambda: NOW)
        fill(app, options.subscribers, options.segments)
        measured = [sys.executable, __file__, "--work", json.dumps(settings)]
        took = Round(*json.loads(subprocess.run(measured, check=True, capture_output=True, text=True).stdout))
        floor = send_bare(app)
        with app.db.read() as session:
            states = deliveries.count_states(session)
        app.db.dispose()
    if states.keys() - {DeliveryState.SENT, DeliveryState.SKIPPED}:  # some segments want what no call is
        sys.exit(f"not every mail was sent: {states}")
    return took, floor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--segments", type=int, default=50)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3, help="the best of this many runs counts")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    no_log_lines()
    if options.work:
        work(json.loads(options.work))
        return
    with smtp_sink() as port:
        rounds = [one_round(options, port) for _ in range(options.runs)]
    floor, floor_cpu = (min(floor[n] for _, floor in rounds) for n in range(2))
    made, sent = min(took.made for took, _ in rounds), min(took.sent for took, _ in rounds)
    against = f"bare smtplib, {floor:.2f} s for {options.subscribers} mails"
    figure("digest.whole_over_sending", (made + sent) / floor, against)
    figure("digest.build_over_sending", made / floor, against)
    figure("digest.send_over_sending", sent / floor, against)
    cpu = min(took.cpu for took, _ in rounds)
    figure("digest.whole_cpu_over_sending_cpu", cpu / floor_cpu, f"bare smtplib, {floor_cpu:.2f} s of CPU")
    took = rounds[0][0]
    figure(
        "digest.statements_per_1000_readers", took.statements / options.subscribers * 1000, f"{took.statements} in all"
    )
    figure("digest.peak_mb", max(took.peak_mb for took, _ in rounds), "none")


if __name__ == "__main__":
    main()
