"""Word the faults of configuration and region files, one line each with the dotted key.

These stay in English, for the operator; faults of typed-in values are in `tracker.typed_in`.
"""

from typing import Any

from pydantic import ValidationError

from tracker.sources import Tables, settings_type


class SourceFaults(ValueError):
    """Faults in the tables of the sources, each with its dotted key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def faults_of(error: ValidationError, *above: str) -> list[str]:
    """Word each fault in one line. The given value is not shown: it may be a password."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        key = ".".join([*above, *map(str, fault["loc"])])
        cause = fault.get("ctx", {}).get("error")
        lines += cause.faults if isinstance(cause, SourceFaults) else [f"{key}: {_worded(fault['type'], fault['msg'])}"]
    return lines


def source_faults(tables: Tables) -> list[str]:
    """Check tables [sources.<key>], each against the settings of its source or kind; returns their faults."""
    lines = []
    for key, table in tables.items():
        try:
            settings_type(key, table, tables).model_validate(table)
        except ValidationError as error:
            lines += faults_of(error, "sources", key)
        except ValueError as error:  # ValidationError is one too, and comes first
            lines.append(f"sources.{key}: {error}")
    return lines


def tables_in(given: Any) -> dict[str, dict[str, Any]]:
    """Pick the tables under `sources`; values of another shape are skipped."""
    return {key: table for key, table in given.items() if isinstance(table, dict)} if isinstance(given, dict) else {}


def _worded(kind: str, message: str) -> str:
    ours = {
        "extra_forbidden": "unknown key",
        "tuple_type": 'must be a list; in the environment as JSON: ["one", "two"]',
    }
    return ours.get(kind, message.removeprefix("Value error, "))
