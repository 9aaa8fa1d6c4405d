"""tracker demo: see the whole service at work, offline.

Does not touch the configured database or mail server.
"""

from pathlib import Path

import typer

from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.running.demo import DemoReport, run_demo


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(out: Path = typer.Option(Path("demo"), help="Where to leave the mails, as .eml and .html.")) -> None:
    """Read three days of a small portal, make one edition and mail it to five sample readers, on this machine."""
    print_text(say("Reading three days of the demo's portal:"))
    report = run_demo(out, typer.echo)
    for line in _lines(report):
        print_text(line)
    if len(report.mails) == 0:
        raise typer.Exit(1)


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
    ]
