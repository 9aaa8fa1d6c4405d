"""The log's words for a person: what was done, to what, and how it was and is."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from db.acts import LINE, Act
from db.admins import Role
from db.audit import AuditEntry
from jobs.web.admin.line_view import ABSENT, FieldChange, LineWords
from jobs.web.admin.words import FIELDS, ROLES
from tracker import l10n
from tracker.l10n import N_
from tracker.refusals import WORDS

ACTS = {
    Act.RUN_ACCEPTED: N_("Reading accepted"),
    Act.RUN_REJECTED: N_("Reading rejected"),
    Act.READING_ASKED: N_("Reading asked for"),
    Act.CADENCE_CHOSEN: N_("Times of reading changed"),
    Act.CANARIES_CHOSEN: N_("Test calls of a source changed"),
    Act.REPARSED: N_("Kept pages read again"),
    Act.DRAFT_BEGUN: N_("Draft of a source begun"),
    Act.DRAFT_CHOSEN: N_("Draft of a source changed"),
    Act.DRAFT_REMOVED: N_("Draft of a source removed"),
    Act.VIEW_SAVED: N_("List given a name"),
    Act.VIEW_REMOVED: N_("Name of a list taken away"),
    Act.FIELD_SET: N_("Fact set by hand"),
    Act.FIELD_LIFTED: N_("Fact given back to the source"),
    Act.DUPLICATE_JOINED: N_("Duplicates joined"),
    Act.DUPLICATE_APART: N_("Duplicates told apart"),
    Act.RULES_SAVED: N_("Rules saved"),
    Act.EXAMPLE_KEPT: N_("Example kept"),
    Act.EXAMPLE_CHANGED: N_("Example changed"),
    Act.EXAMPLE_REMOVED: N_("Example removed"),
    Act.PINNED_TO: N_("Call pinned to a spearhead"),
    Act.PINNED_AWAY: N_("Call pinned away from a spearhead"),
    Act.UNPINNED: N_("Pin removed"),
    Act.JUDGED: N_("Call judged"),
    Act.JUDGEMENTS_GROWN: N_("Judgements taken from pins and readers"),
    Act.JUDGEMENT_DROPPED: N_("Judgement dropped"),
    Act.EDITION_HELD: N_("Edition held"),
    Act.EDITION_RELEASED: N_("Edition released"),
    Act.HOLD_RELEASED: N_("Held part released"),
    Act.HOLD_DROPPED: N_("Held part dropped"),
    Act.CORRECTION: N_("Correction sent"),
    Act.FEEDBACK_CLOSED: N_("Readers' answers on a call closed"),
    Act.READERS_INVITED: N_("Readers invited"),
    Act.READERS_TAKEN: N_("List of readers taken as a file"),
    Act.LETTER_MADE: N_("Letter of the month begun"),
    Act.LETTER_DROPPED: N_("Letter of the month deleted"),
    Act.LETTER_SENT: N_("Letter of the month sent"),
    Act.DELIVERY_SENT: N_("Mail settled: it arrived"),
    Act.DELIVERY_LOST: N_("Mail settled: it did not arrive"),
    Act.DELIVERY_AGAIN: N_("Mail sent again"),
    Act.BANNED: N_("Mailbox closed to mail"),
    Act.UNBANNED: N_("Mailbox opened to mail"),
    Act.BANS_HELD: N_("Bans held back"),
    Act.REPORT_ANSWERED: N_("Report answered"),
    Act.REPORT_CLOSED: N_("Report closed"),
    Act.JOB_ASKED: N_("Job asked for"),
    Act.BANNER_SET: N_("Notice to readers set"),
    Act.BANNER_ENDED: N_("Notice to readers taken down"),
    Act.ADMIN_ADDED: N_("Admin added"),
    Act.ADMIN_INVITED: N_("Admin invited again"),
    Act.ADMIN_ROLE: N_("Role changed"),
    Act.ADMIN_REMOVED: N_("Admin's account ended"),
    Act.PASSWORD_CHOSEN: N_("Password chosen"),
    Act.PASSWORD_CHANGED: N_("Password changed"),
    Act.FACTOR_ON: N_("Second factor switched on"),
    Act.FACTOR_OFF: N_("Second factor switched off"),
    Act.PROPOSED: N_("Proposal made"),
    Act.PROPOSAL_APPROVED: N_("Proposal approved"),
    Act.PROPOSAL_DECLINED: N_("Proposal declined"),
    Act.PROPOSAL_WITHDRAWN: N_("Proposal withdrawn"),
    Act.TWO_PERSONS_ON: N_("Two persons needed"),
    Act.TWO_PERSONS_OFF: N_("One person enough"),
    Act.NEXT_PREPARED: N_("Strategy of the next period prepared"),
    Act.NEXT_SCHEDULED: N_("Day of the next strategy chosen"),
    Act.NEXT_SWITCHED: N_("Next strategy took over, or could not"),
    Act.NEXT_DROPPED: N_("Next strategy given up"),
    Act.SIGNED_IN: N_("Signed in"),
    Act.SIGNED_OUT: N_("Signed out everywhere"),
}
SUBJECTS = {  # the first word of a subject
    "rule": N_("Rule"),
    "mask": N_("Mask"),
    "threshold": N_("Points of a spearhead"),
    "example": N_("Example"),
    "call": N_("Call"),
    "edition": N_("Edition"),
    "hold": N_("Held part"),
    "delivery": N_("Mail"),
    "subscriber": N_("Reader"),
    "bounce": N_("Mail that came back"),
    "report": N_("Report"),
    "letter": N_("Letter of the month"),
    "readers": N_("Readers"),
    "admin": N_("Admin"),
    "run": N_("Reading"),
    "source": N_("Source"),
    "duplicate": N_("Duplicates"),
    "proposal": N_("Proposal"),
    "region": N_("Region"),
    "job": N_("Job"),
    "view": N_("List with a name"),
    "draft": N_("Draft of a source"),
    "banner": N_("Notice to readers"),
    "strategy": N_("Strategy"),
    "pins": N_("Pins and readers"),
}
SCREENS = {  # where a subject is seen: an address of `jobs.web.addresses` and the name of its gap
    "rule": ("admin_rule", "key"),
    "mask": ("admin_mask", "key"),
    "threshold": ("admin_scoring", "key"),
    "example": ("admin_example", "example_id"),
    "call": ("admin_call", "call_id"),
    "proposal": ("admin_proposal", "proposal_id"),
    "edition": ("admin_edition", "edition_id"),
    "run": ("admin_run", "run_id"),
    "source": ("admin_source", "key"),
    "duplicate": ("admin_duplicate", "duplicate_id"),
    "draft": ("admin_source_draft", "draft_id"),
    "delivery": ("admin_delivery", "delivery_id"),
    "letter": ("admin_letter", "letter_id"),
}
VALUES = {
    "state": N_("State"),
    "value": N_("Value"),
    "pin": N_("Pin"),
    "example": N_("Example"),
    "grades": N_("Grades"),
    "role": N_("Role"),
    "reason": N_("Reason"),
    "detail": N_("Detail"),
    "attempts": N_("Attempts"),
    "name": N_("Name"),
    "starts_on": N_("Takes over on"),
    "schedule": N_("Times"),
    "canaries": N_("Test calls"),
    "words": N_("Text"),
    "query": N_("Address"),
    "card": N_("Card"),
    "link": N_("Link"),
    "period": N_("Opens and closes"),
    "opens": N_("Opens"),
    "closes": N_("Closes"),
    "title": N_("Title"),
    "from_on": N_("From the day"),
    "until_on": N_("To the day"),
}
BESIDE = {
    "field": N_("Fact"),
    "source": N_("Source"),
    "url": N_("Address"),
    "run": N_("Reading"),
    "from": N_("From the day"),
    "versions": N_("Stored"),
    "calls": N_("Calls"),
    "gained": N_("Gained a spearhead"),
    "told": N_("Told to readers"),
    "lines": N_("Lines changed"),
    "spearhead": N_("Spearhead"),
    "events": N_("Events"),
    "fact": N_("Fact"),
    "readers": N_("Readers"),
    "author": N_("Prepared by"),
    "told_again": N_("Told again"),
    "wrong": N_("Wrong"),
    "right": N_("Right"),
    "not believed for": N_("Not believed for"),
}
IN_BRACKETS = re.compile(r"\(([\w-]+)\)$")
PINS = {"in": N_("in"), "out": N_("out")}


class ActWords:
    """Words for entries of the log, in a language."""

    def __init__(self, session: Session, language: str) -> None:
        self._said = l10n.catalogue(language).gettext
        self._lines = LineWords(session, language)

    def act(self, action: str) -> str:
        """What was done; the stored words of acts that are not done any more."""
        return self._said(ACTS[Act(action)]) if action in list(Act) else action

    def subject(self, subject: str) -> str:
        """What it was done to."""
        first, _, rest = subject.partition(" ")
        if first not in SUBJECTS:
            return subject
        named = IN_BRACKETS.sub(lambda found: f"({self._lines.spearhead(found[1])})", rest)
        known = {"pins": "", "threshold": self._lines.spearhead(rest)}.get(first, named)
        return f"{self._said(SUBJECTS[first])} {known}".strip()

    def screen(self, subject: str) -> tuple[str, dict[str, str]] | None:
        """The screen of a subject, by its name and its parts; None where there is none."""
        first, _, rest = subject.partition(" ")
        key = rest.partition(" ")[0]
        if first not in SCREENS or not key or key == "any" or "/" in key:
            return None
        name, gap = SCREENS[first]
        return name, {gap: key}

    def changes(self, entry: AuditEntry) -> list[FieldChange]:
        """The fields that it changed, in words."""
        before, after = entry.detail.get("before"), entry.detail.get("after")
        if not isinstance(before, dict) or not isinstance(after, dict):
            return []
        names = dict.fromkeys([*before, *after])
        if names.keys() & set(LINE):
            return self._lines.fields(before or None, after or None)
        return [FieldChange(self._name(name), self._value(name, before), self._value(name, after)) for name in names]

    def facts(self, entry: AuditEntry) -> list[tuple[str, str]]:
        """What the log tells beside them."""
        return [
            (
                self._said(BESIDE[name]),
                self._said(FIELDS[value]) if name == "field" and value in FIELDS else _plain(value),
            )
            for name, value in entry.detail.items()
            if name in BESIDE and value not in (None, "", [])
        ]

    def _name(self, name: str) -> str:
        return self._said(VALUES.get(name, name))

    def _value(self, name: str, side: Mapping[str, Any]) -> str:
        if name not in side:
            return ""
        value = side[name]
        if name == "role" and value in list(Role):
            return self._said(ROLES[Role(value)]).partition(":")[0]
        if name == "pin":
            return self._said(PINS.get(value, value))
        if isinstance(value, str):
            return self._said(WORDS.get(value, value)) or ABSENT
        return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {inner}" for key, inner in value.items()) or ABSENT
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return ABSENT if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
