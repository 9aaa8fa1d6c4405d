"""The language that the command line speaks in this process, and its texts in that language.

The texts are English in the code; `locales/` beside this module has them in Finnish and Swedish. Imports nothing heavy,
as the first word waits for it. Does not word errors (`tracker.refusals`).
"""

import gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

DOMAIN = "commands"
LOCALES = Path(__file__).parent / "locales"
SPOKEN = ContextVar("spoken", default="en")  # set once, before a word is said


@cache
def texts(language: str) -> gettext.NullTranslations:
    """The command line's catalogue of a language (fi, sv, en); English is the source."""
    if language == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALES, [language])


def T_(text: str) -> str:
    """Mark a text of the command line in a table for translation."""
    return text


def say(text: str, **values: object) -> str:
    """A text of the command line in the language it speaks, with these values filled in."""
    said = texts(SPOKEN.get()).gettext(text) if text else ""
    return said % values if values else said
