"""tracker calls, tracker events: the calls that we remember, and the changes of them that are news."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import typer

from db.call_rows import unread_calls_named
from db.calls import CallStatus
from db.eligibility import Eligibility
from db.event_log import events_after
from db.overrides import FieldOverride
from db.readable import unread_rows
from db.types import LARGEST
from jobs.cli.grounds import grounds_in_words
from jobs.cli.invocation import Invocation, limit_option, reason_option
from jobs.cli.labels import cell, heading, word
from jobs.cli.tables import print_fields, print_text
from jobs.cli.wording import T_, say
from jobs.collecting.overrides import lift_override, set_field
from jobs.publishing import catalogue
from jobs.publishing.catalogue import CallInFull, ListedCall
from tracker.rounds.linking import Likeness
from tracker.tagging.explain import WordPlace, words_by_place

PLACES = {
    "title": T_("in the title"),
    "id": T_("in the code"),
    "call": T_("in the title of its topic or call"),
    "context": T_("in the topic that pays for it"),
    "programme": T_("in the programme"),
    "destination": T_("in the destination"),
    "action": T_("in the type of action"),
    "source": T_("in the source"),
    "audience": T_("in who may apply"),
}
LIKENESSES = {
    Likeness.ROUND: T_("another round"),
    Likeness.POSSIBLE: T_("possibly another round"),
    Likeness.SUBJECT: T_("another call on the same subject"),
}
group = typer.Typer(no_args_is_help=True, help="The calls that we remember.")
CALL = typer.Argument(metavar="CALL", help="Our id, the source's key, or the official identifier.")
EDIT_COLUMNS = ("field", "value", "said", "source_agrees", "author", "reason", "at")
UNREADABLE = T_("call %(id)s cannot be read (%(why)s); look at it with: tracker calls show %(id)s")
TOGETHER = T_("each of the words is in some call, but no call has all of them; name fewer")
IN_ORDER = (  # how a person reads a call
    *("id", "source", "key", "identifier", "title", "status", "kind", "programme", "type_of_action", "call_identifier"),
    *("call_title", "project", "opens_on", "closes_on", "deadlines", "deadline_model", "budget_total", "project_min"),
    *("project_max", "expected_grants", "audience", "who_may_apply", "consortium", "conditions", "destination"),
    *("mission", "keywords", "url", "note"),
    *("spearheads", "taggings", "edits", "same_as", "rounds", "events", "claimed_status", "first_seen_at"),
    *("changed_at", "absent_since", "withdrawn_at", "language", "text"),
)
COLUMNS = ("id", "status", "closes_on", "programme", "spearheads", "identifier", "title")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="calls")
    app.command("events")(list_events)


def listed_row(listed: ListedCall) -> dict[str, Any]:
    """A call as a row of a list, with its spearheads."""
    return listed.call.model_dump(mode="json") | {"status": listed.status, "spearheads": list(listed.spearheads)}


@group.command("list")
def show_calls(
    context: typer.Context,
    status: list[CallStatus] = typer.Option([], help="Only these; may be given more than once."),
    source: str = typer.Option("", help="Only calls of this source."),
    spearhead: str = typer.Option("", help="Only calls tagged with this spearhead."),
    limit: int = limit_option(100, "First N rows"),
) -> None:
    """List calls by closing date, the earliest first."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        calls = catalogue.listed_calls(session, app, status, source, spearhead, invocation.rows(limit))
        rows = [listed_row(call) for call in calls]
        filters = {"statuses": status, "source": source, "spearhead": spearhead}
        empty = "" if rows else _why_none(catalogue.without_each(session, app, filters))
        unreadable = unread_rows(session)
    invocation.show(rows, COLUMNS, empty)
    for row, why in unreadable.items():
        print_text(say(UNREADABLE, id=row.id, why=why), err=True)


def _why_none(without: Mapping[str, int]) -> str:
    """Why a list of calls is empty, and which filter to leave out."""
    if not without:
        return say("no call is stored yet; tracker collect reads the sources")
    options = {"statuses": "--status", "source": "--source", "spearhead": "--spearhead"}
    looser = [say("without %(option)s: %(n)d", option=options[name], n=n) for name, n in without.items()]
    return say("no call fits; %(looser)s", looser=", ".join(looser))


@group.command("show")
def show_call(context: typer.Context, name: str = CALL) -> None:
    """Show one call in full: facts, who may apply, spearheads with evidence, events, rounds, and the call elsewhere."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        stored = unread_calls_named(session, name)
        records = [] if stored else [_full_record(call) for call in catalogue.calls_in_full(session, app, name)]
    if invocation.as_json:
        invocation.show_fields(*stored, *records)
        return
    for record in (*stored, *map(_for_a_person, records)):
        print_fields(record)


def _full_record(call: CallInFull) -> dict[str, Any]:
    return listed_row(call.listed) | {
        "taggings": [tagging.model_dump(mode="json") for tagging in call.taggings],
        "events": [event.model_dump(mode="json") for event in call.events],
        "edits": [_override_row(override) for override in call.edits],
        "same_as": list(call.same_as),
        "rounds": [asdict(one) for one in (call.rounds.all if call.rounds else ())],
        "who_may_apply": call.eligibility.model_dump(mode="json") if call.eligibility else None,
    }


def _for_a_person(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record in the order in which a person reads it, without what only the program needs."""
    told = {
        "deadlines": [_deadline(deadline) for deadline in record["deadlines"]],
        "taggings": [_tagging(tagging) for tagging in record["taggings"]],
        "events": [_event(event) for event in record["events"]],
        "edits": [
            f"{edit['field']}: {cell(edit['value'])} ({edit['author']}: {edit['reason']})" for edit in record["edits"]
        ],
        "rounds": [_round(one) for one in record["rounds"]],
        "note": record["note"] and record["note"]["text"],
        "who_may_apply": grounds_in_words(Eligibility.model_validate(record["who_may_apply"] or {})),
    }
    return {name: told.get(name, record[name]) for name in IN_ORDER if name in record}


def _round(other: Mapping[str, Any]) -> str:
    """Another round: its id and year, what it is to this call, when it opened, and its last day."""
    span = " – ".join(str(day) for day in (other["opens_on"], *other["deadlines"][-1:]) if day)
    told = (str(other["call_id"]), str(other["year"]), say(LIKENESSES[other["likeness"]]), span, other["title"])
    return " · ".join(part for part in told if part)


def _deadline(deadline: Mapping[str, Any]) -> str:
    return str(deadline["at"] or deadline["on"])


def _tagging(tagging: Mapping[str, Any]) -> str:
    found = words_by_place(tagging["evidence"]).items()
    words = "; ".join(f"{_place(place)}: {', '.join(said)}" for place, said in found)
    return say(
        "%(spearhead)s, %(points)d points: %(words)s",
        spearhead=tagging["spearhead"],
        points=tagging["score"],
        words=words,
    )


def _place(place: WordPlace) -> str:
    """Where in a call words stand, for a person."""
    if place.field != "text":
        return say(PLACES[place.field]) if place.field in PLACES else place.field
    under = say("under “%(heading)s”", heading=place.under) if place.under else say("in the text")
    if not place.further_down:
        return under
    return say("%(place)s, further down", place=under) if place.under else say("further down")


def _event(event: Mapping[str, Any]) -> str:
    moved = " → ".join(cell(event[side]) for side in ("old", "new") if event[side])
    return f"{event['at'][:10]} {word(event['kind'])}" + (f": {moved}" if moved else "")


def _override_row(override: FieldOverride) -> dict[str, Any]:
    return override.model_dump(mode="json", exclude={"id", "call_id"}) | {"source_agrees": override.agrees}


@group.command("edit")
def edit_call(
    context: typer.Context,
    name: str = CALL,
    field: str = typer.Argument(help="A field as tracker calls show names it."),
    value: str = typer.Argument("", help="ISO days, whole euro or words; separate several with commas."),
    reason: str = reason_option("Why; kept with the field and in the audit."),
    lift: bool = typer.Option(False, "--lift", help="Give the field back to its source instead."),
) -> None:
    """Set a field of a call by hand; it overrides the source until it is lifted. Makes no news."""
    invocation: Invocation = context.obj
    with invocation.app() as app:
        with app.db.read() as session:
            call_id = catalogue.one_call(session, name).id or 0
        signed = invocation.signed(app, reason)
        if lift:
            lift_override(app, call_id, field, signed)
            print_text(say("%(field)s is again as the source says", field=heading(field)))
        else:
            invocation.show([_override_row(set_field(app, call_id, field, value, signed))], EDIT_COLUMNS)


@group.command("search")
def search_calls(
    context: typer.Context,
    words: list[str] = typer.Argument(help="Words in Finnish, Swedish or English; every inflected form is found."),
    limit: int = typer.Option(50, min=1, max=LARGEST, metavar="N", help="Best N rows."),
) -> None:
    """Find calls that contain all the words, the best match first."""
    invocation: Invocation = context.obj
    if not any(letter.isalnum() for letter in "".join(words)):
        raise typer.BadParameter(say("no word to look for; write one"), param_hint="WORDS")
    with invocation.app() as app, app.db.read() as session:
        rows = [listed_row(call) for call in catalogue.calls_with_words(session, app, words, limit)]
        missing = [] if rows else [one for one in words if not catalogue.calls_with_words(session, app, [one], 1)]
    none = say("no call has the words %(words)s", words=", ".join(missing)) if missing else say(TOGETHER)
    invocation.show(rows, COLUMNS, none)


def list_events(
    context: typer.Context,
    since: int = typer.Option(0, min=0, max=LARGEST, help="Only events with a number above this."),
) -> None:
    """List every event in order: seq, at, kind, source, key, identifier, title, old, new."""
    invocation: Invocation = context.obj
    with invocation.app() as app, app.db.read() as session:
        rows = [
            {
                "seq": event.seq,
                "at": event.at,
                "kind": event.kind,
                "source": call.source,
                "key": call.key,
                "identifier": call.identifier,
                "title": call.title,
                "old": event.old,
                "new": event.new,
            }
            for event, call in events_after(session, since)
        ]
    nothing = say("no event after number %(since)d; the first reading of a source makes none", since=since)
    invocation.show(rows, ("seq", "at", "kind", "source", "key", "identifier", "old", "new"), nothing)
