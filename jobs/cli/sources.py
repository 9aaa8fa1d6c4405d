"""tracker sources: the places we read.

Does not read them.
"""

import typer

from db.runs import coverage
from jobs.cli.invocation import Invocation
from tracker import sources

group = typer.Typer(no_args_is_help=True, help="The places we read.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")


@group.command("list")
def list_sources(context: typer.Context) -> None:
    """Every source with its publisher, its terms, and how well it was read last."""
    asked: Invocation = context.obj
    rows = []
    with asked.desk() as desk, desk.db.read() as session:
        for key, module in sources.modules(desk.settings.sources).items():
            source, read = module.SOURCE, coverage(session, key)
            rows.append(
                {
                    "key": key,
                    "name": source.name,
                    "enabled": desk.settings.source(key).enabled,
                    "publisher": source.publisher,
                    "home": source.home,
                    "licence": source.licence,
                    "read_at": read.accepted_at,
                    "blind_since": read.blind_since,
                    "never_seen_live": source.never_seen_live,
                }
            )
    asked.show(rows, ("key", "name", "enabled", "publisher", "read_at", "blind_since"))
