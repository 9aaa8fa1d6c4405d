"""tracker sources, tracker notices: the sources, how they fare, and what admins are told of them.

Does not read calls from them (`tracker collect`).
"""

import asyncio
from pathlib import Path
from typing import Any

import typer

from db.runs import Verdict
from db.source_drafts import SourceDraft, all_drafts
from db.sources import list_notices
from db.types import LARGEST
from jobs.base.app import App
from jobs.cli.invocation import Invocation, failed, limit_option, reason_option
from jobs.cli.tables import print_text
from jobs.cli.wording import say
from jobs.collecting import sources_page
from jobs.collecting.new_source import record
from jobs.collecting.portal_audit import check_portal
from jobs.collecting.source_drafts import begin_draft, choose_parts, remove_draft, seen_draft
from jobs.collecting.status import ListedSource, SourceHealth, list_health, list_sources, source_in_full
from jobs.collecting.wishes import ask_reading, choose_canaries, choose_schedule, somebody_serves
from tracker import sources
from tracker.sources.portal import search as portal

SOURCE = typer.Argument(help="Its key in tracker sources list.")
DRAFT = typer.Argument(metavar="DRAFT", max=LARGEST, help="Its number in tracker sources drafts.")
DRAFT_COLUMNS = ("id", "key", "name", "url", "author")
CADENCE_COLUMNS = ("source", "line", "next_run_at")
group = typer.Typer(no_args_is_help=True, help="The sources that calls come from.")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="sources")
    app.command("notices")(notices)


@group.command("list")
def show_sources(context: typer.Context) -> None:
    """List every source: publisher, licence, last and next run, its past, and what of it was never seen live."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [_listed_row(listed) for listed in list_sources(session, app)]
    columns = ("key", "publisher", "licence", "last_run_at", "last_verdict", "next_run_at", "past", "never_seen_live")
    invocation.show(rows, columns)


def _listed_row(listed: ListedSource) -> dict[str, Any]:
    source, last = listed.source, listed.last
    return {
        "key": source.key,
        "name": source.name,
        "enabled": listed.is_enabled,
        "publisher": source.publisher,
        "home": source.home,
        "licence": source.licence,
        "last_run_at": last.started_at if last else None,
        "last_verdict": last.verdict if last else "never read",
        "next_run_at": listed.next_run_at if listed.is_enabled else "off",
        "read_at": listed.read.accepted_at,
        "blind_since": listed.read.blind_since,
        "past": source.past.what if source.past else "",
        "never_seen_live": source.never_seen_live,
    }


@group.command("health")
def show_health(
    context: typer.Context,
    keys: list[str] = typer.Argument(None, metavar="[SOURCE]...", help="Only these sources."),
    limit: int = typer.Option(
        50, min=1, max=LARGEST, metavar="N", help="Look back at each source's newest N readings."
    ),
) -> None:
    """Show how each source fares: its history in words, since when it is blind, and the load of its last reading."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [_health_row(health) for health in list_health(session, app, keys or [], limit)]
    invocation.show(
        rows, ("key", "accepted_at", "blind_since", "next_try_at", "history", "funnel", "checked", "receipt")
    )


def _health_row(health: SourceHealth) -> dict[str, Any]:
    return {
        "key": health.read.source,
        "accepted_at": health.read.accepted_at,
        "blind_since": health.read.blind_since,
        "troubled_runs": health.read.troubled_runs,
        "next_try_at": health.next_try_at,
        "history": list(health.history),
        "funnel": health.funnel,
        "checked": health.checked,
        "receipt": health.receipt,
    }


@group.command("read")
def ask_to_read(context: typer.Context, source: str = SOURCE) -> None:
    """Ask the process that serves to read a source now; it does so within a minute. tracker collect reads it here."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        asked = ask_reading(app, source, invocation.signed(app, ""))
        invocation.show([asked.model_dump(mode="json")], ("id", "subject", "asked_at", "taken_at"))
        if not somebody_serves(app):
            print_text(say("nothing reads now; start tracker serve"), err=True)


@group.command("cadence")
def choose_cadence(
    context: typer.Context,
    source: str = SOURCE,
    line: str = typer.Argument("", help="A crontab line: minute hour day month weekday; none: as configured."),
    reason: str = reason_option("Why; kept in the audit."),
) -> None:
    """Read a source on a crontab line of its own, above the configuration, or again on the configured one."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        choose_schedule(app, source, line, invocation.signed(app, reason))
        with app.db.read() as session:
            full = source_in_full(session, app, source)
    invocation.show([{"source": source, "line": full.line, "next_run_at": full.listed.next_run_at}], CADENCE_COLUMNS)


@group.command("canaries")
def watch_calls(
    context: typer.Context,
    source: str = SOURCE,
    names: list[str] = typer.Argument(None, metavar="[CALL]...", help="Keys or identifiers; none: nothing is watched."),
    lift: bool = typer.Option(False, "--lift", help="Watch again what the configuration says."),
    reason: str = reason_option("Why; kept in the audit."),
) -> None:
    """Expect these calls of every reading of a source until they are over; a reading that lacks one is not believed."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        choose_canaries(app, source, None if lift else names or [], invocation.signed(app, reason))
        with app.db.read() as session:
            watched = source_in_full(session, app, source).watched
    rows = [{"name": name, "call": call and call.id, "title": call and call.title} for name, call in watched.items()]
    invocation.show(rows, ("name", "call", "title"), say("no call is watched"))


@group.command("drafts")
def list_drafts(context: typer.Context) -> None:
    """List the drafts of sources that were made at the desk; none of them is read."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [_draft_row(draft) for draft in all_drafts(session)]
    invocation.show(rows, DRAFT_COLUMNS, say("there is no draft of a source"))


def _draft_row(draft: SourceDraft) -> dict[str, Any]:
    entry = draft.entry
    return {"id": draft.id, "key": draft.key, "name": entry["name"], "url": entry["url"], "author": draft.author}


@group.command("draft")
def draft_source(
    context: typer.Context,
    url: str = typer.Argument(help="The page that lists the calls."),
    name: str = typer.Option(..., help="The source's name as readers know it."),
    publisher: str = typer.Option(..., help="Who publishes it."),
    language: str = typer.Option("fi", help="The language of its titles: fi, sv or en."),
) -> None:
    """Fetch a page that lists calls, guess what on it is a call, and print it as text of the configuration."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        draft = begin_draft(app, url, name, publisher, language, invocation.signed(app, ""))
        _print_draft(app, draft)


@group.command("choose")
def choose_of_draft(
    context: typer.Context,
    number: int = DRAFT,
    parts: list[str] = typer.Argument(help="card=SELECTOR, title=, link=, period=, opens=, closes=; empty: none."),
) -> None:
    """Say what on a draft's page is a call's card, its title, link and days, and print the text again."""
    invocation: Invocation = context.obj
    choices = dict(part.split("=", 1) for part in parts if "=" in part)
    with invocation.app() as app:
        _print_draft(app, choose_parts(app, number, choices, invocation.signed(app, "")))


@group.command("remove-draft")
def throw_draft_away(context: typer.Context, number: int = DRAFT) -> None:
    """Throw a draft away, with its page."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        remove_draft(app, number, invocation.signed(app, ""))


def _print_draft(app: App, draft: SourceDraft) -> None:
    view = seen_draft(app, draft)
    typer.echo(view.text)
    calls = [call for call in view.calls if call.facts]
    print_text(say("draft %(id)d gives %(n)d calls", id=draft.id or 0, n=len(calls)), err=True)


@group.command("check")
def check_source(
    context: typer.Context,
    source: str = typer.Argument(help="The source to check: portal, the only one that publishes a complete list."),
) -> None:
    """Compare the calls that we know of a source with its publisher's own list; changes no call."""
    invocation: Invocation = context.obj
    if source != portal.SOURCE.key:
        raise typer.BadParameter(
            say("%(source)s publishes no complete list; only portal does", source=source), param_hint="SOURCE"
        )
    with invocation.app() as app, invocation.progress(say("checking %(source)s against its own list", source=source)):
        run = asyncio.run(check_portal(app))
    row = run.counts | {
        "verdict": run.verdict,
        "reasons": [f"{reason.name}: {reason.detail}" for reason in run.reasons],
    }
    invocation.show([row | {"run": run.id}], ("listed", "missing", "unlisted", "share", "verdict", "reasons", "run"))
    if run.verdict is not Verdict.DONE or run.reasons:
        raise failed(
            say(
                "%(source)s: calls are missing, or the list could not be fetched; see tracker runs show %(run)s",
                source=source,
                run=run.id,
            )
        )


@group.command("record")
def record_page(
    context: typer.Context,
    source: str = typer.Argument(help="The key of the source, an existing or a new one."),
    url: str = typer.Argument(help="The page to record."),
    into: Path = typer.Option(Path("."), help="The checkout to write to."),
) -> None:
    """Record a page, as it comes, beside the tests; for a new source, also write the files that it starts with."""
    invocation: Invocation = context.obj
    with invocation.progress(say("fetching %(url)s", url=url)):
        files = asyncio.run(record(invocation.settings(), invocation.clock(), into, source, url))
    invocation.show([{"file": file} for file in files], ("file",))


@group.command("page")
def write_page(
    context: typer.Context, into: Path = typer.Option(Path("."), help="The checkout that this program runs from.")
) -> None:
    """Write docs/sources.md again, from what the source modules say about themselves."""
    invocation: Invocation = context.obj
    if not (into / sources_page.PAGE).exists():
        raise typer.BadParameter(say("%(folder)s is not a checkout of this program", folder=into), param_hint="--into")
    invocation.show([{"file": sources_page.write_sources_page(into, sources.modules())}], ("file",))


def notices(context: typer.Context, limit: int = limit_option(50)) -> None:
    """List what admins should know: sources that broke or recovered, watched pages that changed, gaps found."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [notice.model_dump() for notice in list_notices(session, invocation.rows(limit))]
    invocation.show(rows, ("at", "source", "kind", "detail", "run_id"), say("there is nothing that admins should know"))
