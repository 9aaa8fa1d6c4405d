"""The current rules, compiled once and kept between runs until they change.

Does not tag (`jobs.rulebook.tagging`) or edit rules (`jobs.rulebook.saving`).
"""

import threading

from sqlmodel import Session

from db import strategies
from tracker.tagging.index import Index, compile_rules, rulebook_fingerprint
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook


class CompiledRules:
    """The lemmas and the newest index of this process."""

    def __init__(self) -> None:
        self._lemmas: Lemmas | None = None
        self._index: Index | None = None
        self._fingerprint = ""
        self._lock = threading.Lock()

    @property
    def lemmas(self) -> Lemmas:
        """The dictionaries, loaded on first use."""
        if self._lemmas is None:
            self._lemmas = Lemmas()
        return self._lemmas

    def beside(self) -> "CompiledRules":
        """For another rulebook, with the same dictionaries."""
        other = CompiledRules()
        other._lemmas = self.lemmas
        return other

    def index(self, session: Session) -> tuple[Index, str]:
        """The index of the rules in the database, and its fingerprint. RuleError if a rule cannot be parsed."""
        rulebook = stored_rulebook(session)
        now = rulebook_fingerprint(rulebook, self.lemmas)
        with self._lock:
            if self._index is None or now != self._fingerprint:
                self._index, self._fingerprint = compile_rules(rulebook, self.lemmas), now
            return self._index, self._fingerprint


def stored_rulebook(session: Session) -> Rulebook:
    """The rulebook as stored in the database."""
    return Rulebook(
        strategies=strategies.all_strategies(session),
        spearheads=strategies.all_spearheads(session),
        rules=strategies.all_rules(session),
        masks=strategies.all_masks(session),
    )
