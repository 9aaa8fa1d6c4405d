"""Consent: the text that a person agrees to, and its version.

Whoever changes the text must give it a new version: each consent (`db.consents`) is stored with the version that was
agreed to, which must not be confused with today's.
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
    """The text of the consent in a language (fi, sv, en)."""
    return l10n.catalogue(language).gettext(TEXT)
