"""What a region's file says for the public pages: who answers for the service, and what the law asks to be said.

An empty text is not written yet: pages say so, and `gaps` says what to write. Does not word the pages (`jobs.web`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from db.subscribers import Language
from tracker.strict import Strict

Words = dict[Language, str]  # by language; empty where it is not written yet
Mailbox = Annotated[str, Field(pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")]
NOBODYS = (".example", ".invalid", ".test", "example.com", "example.org", "example.net")  # RFC 2606: no real mailbox
YEAR = timedelta(days=365)


class AccessibilityTexts(Strict):
    """What only the operator knows of the accessibility statement (306/2019, section 8)."""

    state: Literal["", "full", "partial", "none"] = ""
    shortcomings: Words = Field(default_factory=dict)
    assessed_by: Words = Field(default_factory=dict)
    assessed_on: date | None = None
    reviewed_on: date | None = None


class PrivacyTexts(Strict):
    """What only the operator knows of the privacy notice (GDPR, article 13)."""

    dpo: Words = Field(default_factory=dict)
    dpo_email: Mailbox = ""
    recipients: Words = Field(default_factory=dict)
    reviewed_on: date | None = None


class Public(Strict):
    """The table [public] of a region's file."""

    controller: Words = Field(default_factory=dict)
    business_id: str = ""
    postal_address: Words = Field(default_factory=dict)
    email: Mailbox = ""
    phone: str = ""
    accessibility: AccessibilityTexts = AccessibilityTexts()
    privacy: PrivacyTexts = PrivacyTexts()


# What must be written before the service goes public, and what to write.
NEEDED = {
    "controller": "who answers for the service and is the controller of its data: the organisation's name",
    "business_id": "the organisation's business ID (Y-tunnus)",
    "postal_address": "the organisation's postal address",
    "email": "the mailbox to which people can write about the service",
    "phone": "the telephone number by which people reach those who run the service",
    "privacy.dpo": "the data protection officer, by name or by office (GDPR, articles 13 and 37)",
    "privacy.dpo_email": "the mailbox of the data protection officer",
    "privacy.recipients": "who handles readers' data for you (server, mail), and whether any of it leaves the EEA",
    "accessibility.state": '"full", "partial" or "none": how far the pages meet WCAG 2.1 AA, as they were assessed',
    "accessibility.shortcomings": "what is not accessible, why, and when it will be mended",
    "accessibility.assessed_by": "who assessed the pages: yourselves, or an expert by name",
}
DATES = {
    "accessibility.assessed_on": "assess the pages",
    "accessibility.reviewed_on": "read the accessibility statement through",
    "privacy.reviewed_on": "read the privacy notice through",
}


def gaps(public: Public, languages: Sequence[str], on: date) -> list[str]:
    """What keeps a region from going public on a day, one line each: a dotted key, and what to write there."""
    return [f"public.{line}" for line in (*_missing(public, languages), *_out_of_date(public, on))]


def _missing(public: Public, languages: Sequence[str]) -> Iterator[str]:
    for key, what in NEEDED.items():
        if key == "accessibility.shortcomings" and public.accessibility.state == "full":
            continue
        value = _at(public, key)
        if isinstance(value, Mapping):
            for language in languages:
                if not value.get(Language(language), "").strip():
                    yield f"{key}.{language}: missing; write {what}"
        elif not str(value).strip():
            yield f"{key}: missing; write {what}"
        elif key.endswith("email") and str(value).lower().endswith(NOBODYS):
            yield f"{key}: {value} is nobody's mailbox; write {what}"


def _out_of_date(public: Public, on: date) -> Iterator[str]:
    for key, what in DATES.items():
        day = _at(public, key)
        if not isinstance(day, date):
            yield f"{key}: missing; {what}, and write the day, like {on}"
        elif day > on:
            yield f"{key}: {day} is still to come; write the day on which it was done"
        elif on - day > YEAR:
            yield f"{key}: {day} is more than a year ago; {what} again, and write the day"


def _at(public: Public, key: str) -> object:
    value: object = public
    for name in key.split("."):
        value = getattr(value, name)
    return value
