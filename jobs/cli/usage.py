"""What the parser says of words that were typed wrong, in the language that is spoken: typer has it in English only.

A sentence that is not known here is left as it is.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from jobs.cli.wording import SPOKEN, T_, say

USAGE_ERROR: Any = typer.BadParameter.__mro__[1]  # of click, or of the copy of it in typer
SENTENCES = [
    (re.compile(rf"\A{pattern}", re.DOTALL), text)
    for pattern, text in (
        (r"Missing (?:argument|option|parameter) (?P<what>[^.]+)\.", T_("%(what)s is missing.")),
        (r"No such option: (?P<what>\S+)", T_("There is no option %(what)s.")),
        (
            r"No such option: (?P<what>\S+) \(Possible options: (?P<known>[^)]*)\)",
            T_("There is no option %(what)s. Did you mean %(known)s?"),
        ),
        (r"Option (?P<what>\S+) requires [^.]+\.", T_("%(what)s needs a value.")),
        (r"Got unexpected extra argument\(s\) \((?P<what>[^)]*)\)", T_("Too many words were typed: %(what)s")),
        (r"Invalid value for (?P<what>[^:]+): (?P<why>.+)", T_("%(what)s: %(why)s")),
        (r"(?:Value error, )?(?P<what>'[^']*') is not one of (?P<known>.+)\.", T_("%(what)s is none of %(known)s.")),
        (r"(?P<why>[^.]+\.) Did you mean (?P<what>[^?]+)\?", T_("%(why)s Did you mean %(what)s?")),
    )
]


@contextmanager
def in_our_words(parsed: Any = None) -> Iterator[None]:
    """Have what is wrong with the words that were typed said in the language that is spoken."""
    try:
        yield
    except USAGE_ERROR as error:
        if error.__cause__ and (wrong := _wrong_value(error)):
            error.message = wrong
        said, context = str(error.format_message()), error.ctx or parsed
        if context is None or SPOKEN.get() == "en" or (ours := _in_ours(said)) == said:
            raise
        context.fail(ours)


def _in_ours(sentence: str) -> str:
    for pattern, text in SENTENCES:
        if found := pattern.fullmatch(sentence):
            values = found.groupdict()
            return say(text, **values | {"why": _in_ours(values.get("why", ""))})
    return sentence


def _wrong_value(error: Any) -> str:
    """What pydantic finds wrong with a value, in our words; empty where the parser words it itself."""
    from pydantic import ValidationError  # what only a wrong word needs

    from tracker.errors import Code, Fault
    from tracker.refusals import worded
    from tracker.typed_in import faults_in

    if not isinstance(error.__cause__, ValidationError):
        return ""
    fault = faults_in(error.__cause__)[0]
    is_day = error.param is not None and error.param.type_descriptor.is_datetime
    code = Code.NOT_A_DAY if is_day else fault.code
    return "" if code is Code.BAD_VALUE else worded(Fault(code, "", fault.values), SPOKEN.get())
