"""tracker demo: see the whole service at work, offline.

Does not touch the configured database or mail server.
"""

import asyncio
from pathlib import Path

import typer

from jobs.base.app import App
from jobs.cli.tables import print_text
from jobs.cli.web import until_stopped
from jobs.cli.wording import say
from jobs.running.demo import DemoReport, run_demo
from jobs.web.serving import ServedSite


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    out: Path = typer.Option(Path("demo"), help="Where to leave the mails, as .eml and .html."),
    serve: bool = typer.Option(False, "--serve", help="Then show the pages that the mails lead to, until Ctrl-C."),
    port: int = typer.Option(8000, min=1, max=65535, help="The port of this machine on which the pages are shown."),
) -> None:
    """Read three days of a small portal, make one edition and mail it to five sample readers, on this machine."""
    print_text(say("Reading three days of the demo's portal:"))
    report = run_demo(out, typer.echo, _show, port) if serve else run_demo(out, typer.echo)
    if not serve:
        _tell(report)
        print_text(say("The same as pages: tracker demo --serve, at http://127.0.0.1:%(port)d/", port=port))
    if len(report.mails) == 0:
        raise typer.Exit(1)


def _show(app: App, report: DemoReport) -> None:
    """Tell what the demo did, and show its pages until somebody stops it."""
    site = ServedSite(app)
    _tell(report)
    print_text(say("The pages: %(address)s (Ctrl-C ends them)", address=app.settings.mail.base_url))
    asyncio.run(until_stopped(site))


def _tell(report: DemoReport) -> None:
    for line in _lines(report):
        print_text(line)


def _lines(report: DemoReport) -> list[str]:
    events = ", ".join(f"{count} {kind}" for kind, count in report.events.most_common())
    tags = ", ".join(f"{key} {count}" for key, count in report.tags.most_common())
    mails = [f"  {mail.recipient}\n    {mail.subject}\n    {mail.file}" for mail in report.mails]
    arrived = len(report.mails)
    return [
        "",
        say("Calls remembered: %(n)d", n=report.calls),
        say("Events: %(events)s", events=events),
        say("Calls by spearhead and tag: %(tags)s", tags=tags),
        say("Mails that arrived by SMTP: %(n)d (open the .html in a browser; the .eml is the mail itself)", n=arrived),
        *mails,
        "",
    ]
