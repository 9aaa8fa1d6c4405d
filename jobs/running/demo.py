"""The demo: three days of a small portal of our own and one edition to five sample readers, all on this machine.

Runs the real jobs over real HTTP and SMTP on loopback; the configured database and mail server are not touched.
"""

import asyncio
import email
import email.policy
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlmodel import Session

from db import call_lists, event_log, strategies, subscribers
from db.runs import Run
from db.subscribers import Cadence, Interest, Subscriber
from jobs.base.app import App
from jobs.collecting.collect import collect_all
from jobs.delivery.deliver import deliver
from jobs.editions.planning import make_edition
from jobs.opening import open_app
from tracker import config
from tracker.config import Settings
from tracker.demo.actors import SAMPLE_ACTORS
from tracker.demo.history import HISTORY
from tracker.demo.mailbox import Mailbox, demo_mailbox
from tracker.demo.portal import DemoPortal, demo_portal

MOST_CALLS, LEAST_CALLS = 200, 20


@dataclass(frozen=True, slots=True)
class DemoReading:
    """One reading of the demo portal."""

    at: datetime
    what: str
    run: Run


@dataclass(frozen=True, slots=True)
class ArrivedMail:
    """A mail that arrived, and the file with its HTML."""

    recipient: str
    subject: str
    file: Path


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did. `tags` counts calls by spearhead."""

    moments: tuple[DemoReading, ...]
    calls: int
    events: Counter[str]
    tags: Counter[str]
    mails: tuple[ArrivedMail, ...]


Afterwards = Callable[[App, DemoReport], None]


def run_demo(out: Path, tell: Callable[[str], None], afterwards: Afterwards | None = None, port: int = 0) -> DemoReport:
    """Run the demo and write its mails (.eml and .html) to `out`; `tell` is called with each line of progress.

    `afterwards` gets the app before its data goes; the links in mails then lead to this port of this machine.
    """
    out.mkdir(parents=True, exist_ok=True)
    data = Path(tempfile.mkdtemp(prefix="karkivahti-demo-"))
    try:
        with demo_portal() as portal, demo_mailbox() as mailbox:
            settings = _settings(data, portal, mailbox, port)
            return _play(settings, portal, mailbox, out, tell, afterwards)
    finally:
        shutil.rmtree(data)


def _settings(data: Path, portal: DemoPortal, mailbox: Mailbox, port: int) -> Settings:
    return config.given(
        {
            "data": {"dir": data},
            "fetch": {"gap_seconds": 0},
            "mail": {
                "transport": "smtp",
                "host": mailbox.host,
                "port": mailbox.port,
                "sender": "karkivahti@demo.example.org",
                "list_id": "digest.demo.example.org",
                "base_url": f"http://127.0.0.1:{port}" if port else "https://karkivahti.example.org",
                "contact": "Kärkivahti – demo",
            },
            "web": {"port": port},
            "sources": {
                "portal": {"api_url": portal.url, "least": LEAST_CALLS, "most": MOST_CALLS, "gone_after_days": 0}
            },
        }
    )


def _play(
    settings: Settings,
    portal: DemoPortal,
    mailbox: Mailbox,
    out: Path,
    tell: Callable[[str], None],
    afterwards: Afterwards | None,
) -> DemoReport:
    now = HISTORY[0].at
    app = open_app(settings, lambda: now)
    _enrol(app)
    moments = []
    for number, moment in enumerate(HISTORY):
        now = moment.at
        portal.set_moment(number)
        [run] = asyncio.run(collect_all(app, ["portal"]))
        moments.append(DemoReading(now, moment.what, run))
        tell(_line(moments[-1]))
    make_edition(app, Cadence.WEEKLY)
    deliver(app)
    with app.db.read() as session:
        report = _report(session, tuple(moments), _keep(mailbox, out))
    if afterwards:
        afterwards(app, report)
    app.db.dispose()
    return report


def _line(moment: DemoReading) -> str:
    counts, run = moment.run.counts, moment.run
    why = "; ".join(reason.detail for reason in run.reasons)
    figures = f"{counts.get('calls', 0)} calls, {counts.get('new', 0)} new, {counts.get('events', 0)} changes"
    return f"{moment.at:%Y-%m-%d %H:%M}  {run.verdict.value}: {figures}{' – ' + why if why else ''}  ({moment.what})"


def _enrol(app: App) -> None:
    with app.db.write() as session:
        for sample in SAMPLE_ACTORS:
            actor = subscribers.actor_named(session, sample.name, sample.type, sample.municipality)
            reader = Subscriber(
                address=sample.address,
                actor_id=actor.id,
                language=sample.language,
                cadence=sample.cadence,
                created_at=app.clock(),
            )
            subscribers.enrol(session, reader, [Interest(spearheads=sample.spearheads, cursor=0)])


def _keep(mailbox: Mailbox, out: Path) -> tuple[ArrivedMail, ...]:
    mails = []
    for received in mailbox.messages:
        message = email.message_from_bytes(received.body, policy=email.policy.default)
        html = message.get_body(("html",))
        [recipient] = received.recipients
        file = out / f"{recipient.partition('@')[2].partition('.')[0]}.html"
        file.write_text(html.get_content() if html else "", encoding="utf-8")
        file.with_suffix(".eml").write_bytes(received.body)
        mails.append(ArrivedMail(recipient, message["Subject"], file))
    return tuple(sorted(mails, key=lambda mail: mail.recipient))


def _report(session: Session, moments: tuple[DemoReading, ...], mails: tuple[ArrivedMail, ...]) -> DemoReport:
    all_calls = call_lists.list_calls(session, (), "", None, None, moments[-1].at.date())
    tags = strategies.taggings_of(session, [call.id for call in all_calls if call.id is not None])
    return DemoReport(
        moments=moments,
        calls=len(all_calls),
        events=Counter(event.kind.value for event, _ in event_log.events_after(session, 0)),
        tags=Counter(key for taggings in tags.values() for key in {tagging.spearhead for tagging in taggings}),
        mails=mails,
    )
