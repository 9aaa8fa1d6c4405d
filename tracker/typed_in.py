"""What was typed in and does not fit its model: pydantic's errors as faults of ours, which can be said in any language.

Does not check anything itself.
"""

import re
from typing import Any

from pydantic import ValidationError

from tracker.errors import Code, Fault

NUMBER = ("int_type", "int_parsing", "int_parsing_size", "int_from_float")
DAY = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")
CODES = {
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
# What our sentences call the bounds that pydantic names otherwise.
BOUNDS = {"max_length": "most", "le": "most", "min_length": "least", "ge": "least"}


class Unusable(ValueError):
    """A value that a model of ours refuses, with the code of what is wrong and the values of its sentence."""

    def __init__(self, code: Code, **values: object) -> None:
        super().__init__(code.value)
        self.code = code
        self.values = values


def faults_in(error: ValidationError) -> list[Fault]:
    """A fault for each of pydantic's; its subject is the field's dotted key, places in lists counted from 1."""
    return [_fault(one) for one in error.errors(include_url=False)]


def _fault(one: Any) -> Fault:
    subject = ".".join(str(part + 1 if isinstance(part, int) else part) for part in one["loc"])
    context = one.get("ctx", {})
    if isinstance(cause := context.get("error"), Unusable):
        return Fault(cause.code, subject, cause.values)
    values = {BOUNDS[name]: bound for name, bound in context.items() if name in BOUNDS} | {"given": one["input"]}
    if "expected" in context:
        values["known"] = tuple(re.findall(r"'([^']*)'", context["expected"]))
    return Fault(CODES.get(one["type"], Code.BAD_VALUE), subject, values)
