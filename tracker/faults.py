"""What is wrong with values that people wrote, a line each with its dotted key: of configuration and region files.

Does not read either.
"""

from typing import Any

from pydantic import ValidationError

from tracker.sources import Tables, settings_type


class SourceFaults(ValueError):
    """What is wrong with the tables of the sources; every fault with its dotted key."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def faults_of(error: ValidationError, *above: str) -> list[str]:
    """A line for each fault. What was given is not shown: it may be a password."""
    found = []
    for fault in error.errors(include_url=False, include_input=False):
        key = ".".join([*above, *map(str, fault["loc"])])
        cause = fault.get("ctx", {}).get("error")
        found += cause.faults if isinstance(cause, SourceFaults) else [f"{key}: {_said(fault['type'], fault['msg'])}"]
    return found


def source_faults(tables: Tables) -> list[str]:
    """What is wrong with tables [sources.<key>], each held against the settings of its source or its kind."""
    found = []
    for key, table in tables.items():
        try:
            settings_type(key, table, tables).model_validate(table)
        except ValidationError as error:
            found += faults_of(error, "sources", key)
        except ValueError as error:  # after the other, which is one too
            found.append(f"sources.{key}: {error}")
    return found


def tables_in(given: Any) -> dict[str, dict[str, Any]]:
    """The tables of what stands under `sources`; what has another shape is passed over."""
    return {key: table for key, table in given.items() if isinstance(table, dict)} if isinstance(given, dict) else {}


def _said(kind: str, message: str) -> str:
    ours = {
        "extra_forbidden": "unknown key",
        "tuple_type": 'must be a list; in the environment as JSON: ["one", "two"]',
    }
    return ours.get(kind, message.removeprefix("Value error, "))
