"""Turn pydantic's errors about typed-in values into our faults, which can be worded in any language."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from tracker.errors import Code, Fault

NUMBER = ("int_type", "int_parsing", "int_parsing_size", "int_from_float")
DAY = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")
CODES = {
    "extra_forbidden": Code.UNKNOWN_NAME,
    "json_invalid": Code.NOT_A_JSON_LINE,
    "missing": Code.MISSING,
    "string_type": Code.MISSING,
    "string_too_short": Code.MISSING,
    "string_too_long": Code.TOO_LONG,
    "too_long": Code.TOO_MANY,
    "too_short": Code.TOO_FEW,
    "greater_than_equal": Code.TOO_SMALL,
    "less_than_equal": Code.TOO_LARGE,
    "enum": Code.NOT_ONE_OF,
    "literal_error": Code.NOT_ONE_OF,
    "bool_type": Code.NOT_YES_OR_NO,
    "bool_parsing": Code.NOT_YES_OR_NO,
    **dict.fromkeys(NUMBER, Code.NOT_A_NUMBER),
    **dict.fromkeys(DAY, Code.NOT_A_DAY),
}
# The names that our sentences have for pydantic's bounds.
BOUNDS = {"max_length": "most", "le": "most", "min_length": "least", "ge": "least"}


class Unusable(ValueError):
    """A value that a validator of ours refuses; `values` fill the sentence of `code`."""

    def __init__(self, code: Code, **values: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.values = values


def faults_in(error: ValidationError) -> list[Fault]:
    """Turn each pydantic error into a fault; its subject is the field's dotted key, list places counted from 1.

    A list that is too short because what stood in it is at fault is no fault of its own.
    """
    return faults_of_details(error.errors(include_url=False))


def faults_of_details(every: Sequence[Any]) -> list[Fault]:
    """As `faults_in`, of the errors' details."""
    return [_fault(one) for one in every if not (one["type"] == "too_short" and _is_about_more(one, every))]


def _is_about_more(one: Any, every: Sequence[Any]) -> bool:
    """Whether another error is about something inside this one's value."""
    place = one["loc"]
    return any(len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in every)


def _fault(details: Any) -> Fault:
    subject = ".".join(str(part + 1 if isinstance(part, int) else part) for part in details["loc"])
    context = details.get("ctx", {})
    if isinstance(cause := context.get("error"), Unusable):
        return Fault(cause.code, subject, cause.values)
    values = {BOUNDS[name]: bound for name, bound in context.items() if name in BOUNDS} | {"given": details["input"]}
    if "expected" in context:
        values["known"] = tuple(re.findall(r"'([^']*)'", context["expected"]))
    return Fault(CODES.get(details["type"], Code.BAD_VALUE), subject, values)
