"""Overrides: the fields of a call that a person may set in place of its source's, and the facts with them applied.

Pure. Does not store overrides (`db.overrides`).
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from db.calls import FIELDS, CallFacts
from tracker.errors import Code, Fault, InputFaults
from tracker.typed_in import faults_in

EDITABLE = tuple(name for name, use in FIELDS.items() if use.editable)


def read_value(field: str, text: str) -> Any:
    """Read a field's value as a person writes it: a word, a number, an ISO day, or JSON; empty for "not known".

    Deadlines and lists may be written with commas: `2026-10-01, 2027-02-01`. InputFaults says what is wrong with it.
    """
    if field not in EDITABLE:
        raise InputFaults(Fault(Code.NOT_EDITABLE, "", {"name": field, "known": EDITABLE}))
    try:
        return _adapter(field).validate_python(_given(field, text.strip()))
    except ValidationError as error:
        why = replace(faults_in(error)[0], subject="")
    except json.JSONDecodeError:
        why = Fault(Code.NOT_JSON)
    except ValueError:
        why = Fault(Code.NOT_A_DAY, "", {"given": text})
    raise InputFaults(Fault(Code.NOT_ITS_VALUE, field, {"given": text, "why": why}))


def _given(field: str, text: str) -> Any:
    """The typed text as the value that the field's own check takes."""
    is_list = CallFacts.model_fields[field].default == ()
    if text.startswith(("[", "{")):
        return json.loads(text)
    if is_list:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        return [{"on": date.fromisoformat(part)} for part in parts] if field == "deadlines" else parts
    return text or None


def as_json(field: str, value: Any) -> Any:
    """A field's value in JSON."""
    return _adapter(field).dump_python(value, mode="json")


def above(facts: CallFacts, held: Mapping[str, Any]) -> CallFacts:
    """Apply overrides (field → JSON value) to the facts of a call."""
    return facts.model_copy(update={field: _adapter(field).validate_python(value) for field, value in held.items()})


@cache
def _adapter(field: str) -> TypeAdapter[Any]:
    info = CallFacts.model_fields[field]
    kind: Any = Annotated[info.annotation, *info.metadata, Field()]
    return TypeAdapter(kind)
