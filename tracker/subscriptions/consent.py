"""Consent: the text that a person agrees to, and its version.

Whoever changes the text must give it a new version: each consent (`db.consents`) is stored with the version that was
agreed to, which must not be confused with today's.
"""

from tracker import l10n
from tracker.l10n import N_

VERSION = "2026-11-27"

TEXT = N_(
    "I subscribe to the Kärkivahti digest of funding calls, and of changes to them, at this address. "
    "My address and my choices are used for sending it and for nothing else, and are not given to anybody. "
    "I can change my choices, pause or end the subscription at any time with the links in every mail. "
    "My address is deleted %(days)d days after the subscription has ended; until then I can resume it."
)


def consent_text(language: str, days: int) -> str:
    """The text of the consent in a language (fi, sv, en); `days` is how long an address is kept after leaving."""
    return l10n.catalogue(language).gettext(TEXT) % {"days": days}
