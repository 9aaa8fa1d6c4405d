"""The values of a letter of the month in one language, before any form."""

from dataclasses import dataclass

from tracker.emails.call_view import CallView


@dataclass(frozen=True, slots=True)
class LetterCall:
    """A chosen call in words, with the officer's notes; `spoken` is the language of its title, empty if unknown."""

    view: CallView
    notes: tuple[str, ...]
    spoken: str

    @property
    def when(self) -> str:
        """Its date, and how long that is from now."""
        return " – ".join(filter(None, (self.view.when, self.view.left)))


@dataclass(frozen=True, slots=True)
class LetterPage:
    """A letter in words: `about` says for which region and day, `contact` who sends it."""

    language: str
    title: str
    about: str
    foreword: tuple[str, ...]
    calls: tuple[LetterCall, ...]
    contact: str
    colours: tuple[str, str]
