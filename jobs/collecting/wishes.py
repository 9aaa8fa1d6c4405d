"""Wishes of the desk for a source: read it now, read it at other times, watch these calls.

A reading that is asked for is done by the process that serves (`jobs.running.serve`), not here.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from db import asked_jobs, audit
from db.acts import Act
from db.asked_jobs import READING, AskedJob
from db.audit import Signed
from db.source_choices import ChoiceField, SourceChoice
from jobs.base.app import App
from jobs.base.source_settings import settings_now
from jobs.collecting.status import known_source
from jobs.rulebook.saving import must_have_reason
from tracker.crontab import Crontab
from tracker.errors import Code, Fault, InputFaults, Refusal

MOST_CANARIES, LONGEST_CANARY = 50, 200
ACTS = {ChoiceField.SCHEDULE: Act.CADENCE_CHOSEN, ChoiceField.CANARIES: Act.CANARIES_CHOSEN}


def ask_reading(app: App, key: str, signed: Signed) -> AskedJob:
    """Ask that a source be read now; who asks again while it waits asks for the same. Refusal if it is switched off."""
    source = known_source(app, key).key
    if not app.settings.source(source).enabled:
        raise Refusal(Code.SOURCE_OFF, source=source)
    with app.db.write() as session:
        if waiting := asked_jobs.asked_and_not_ended(session, READING, source):
            return waiting[0]
        asked = AskedJob(job=READING, subject=source, author=signed.author, asked_at=signed.at)
        session.add(asked)
        audit.append_audit(session, signed, Act.READING_ASKED, f"source {source}")
    return asked


def somebody_serves(app: App) -> bool:
    """Whether a process runs the jobs of this database now."""
    with app.db.only_one("serve") as is_free:
        return not is_free


def choose_schedule(app: App, key: str, line: str, signed: Signed) -> None:
    """Read a source on a crontab line of its own from now on; an empty one gives it back to the configuration.

    InputFaults for a line that is none, or without a reason.
    """
    line = " ".join(line.split())
    try:
        value = TypeAdapter(Crontab).validate_python(line) if line else None
    except ValidationError as error:
        raise InputFaults(Fault(Code.NO_CRONTAB, "line", {"given": line})) from error
    _choose(app, key, ChoiceField.SCHEDULE, value, signed)


def choose_canaries(app: App, key: str, names: Sequence[str] | None, signed: Signed) -> None:
    """Expect these calls (keys or identifiers) of every reading of a source, until they are over; None: as configured.

    InputFaults for too many or too long names, or without a reason.
    """
    found = None if names is None else list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if found and (len(found) > MOST_CANARIES or max(map(len, found)) > LONGEST_CANARY):
        raise InputFaults(Fault(Code.TOO_MANY_CANARIES, "canaries", {"most": MOST_CANARIES}))
    _choose(app, key, ChoiceField.CANARIES, found, signed)


def _choose(app: App, key: str, field: ChoiceField, value: Any, signed: Signed) -> None:
    """Put a choice above the configuration, or take it away (None)."""
    must_have_reason(signed)
    source = known_source(app, key).key
    with app.db.write() as session:
        before = getattr(settings_now(session, app, source), field)
        chosen = session.get(SourceChoice, (source, field))
        if value is not None:
            given = {"value": value} | signed._asdict()
            session.merge(SourceChoice(source=source, field=field, **given))
        elif chosen:
            session.delete(chosen)
        session.flush()
        after = getattr(settings_now(session, app, source), field)
        sides = {"before": {field.value: before}, "after": {field.value: after}}
        audit.append_audit(session, signed, ACTS[field], f"source {source}", **sides)
