"""Consent: the words that a person agrees to, and the version of them.

Does not keep who agreed (`db.consents`). Whoever changes the words gives them a new version: what was agreed to is kept
with the person's consent, and must be told apart from what is asked today.
"""

from tracker import l10n
from tracker.l10n import N_

VERSION = "2026-11"

TEXT = N_(
    "I order the Kärkivahti digest of funding calls to this address, and later changes to those calls. "
    "My address and my choices are used for sending it and for nothing else, and are not given to anybody. "
    "I can change my choices, pause, or leave at any time by the links in every mail; after leaving, "
    "my address is erased."
)


def consent_text(language: str) -> str:
    """What is agreed to, in a language (fi, sv, en)."""
    return l10n.catalogue(language).gettext(TEXT)
