"""Acts: what people do that the audit log keeps, and for each of them what the log tells. Written by `db.audit`."""

from enum import StrEnum
from typing import NamedTuple


class Act(StrEnum):
    """What somebody did; the words are those of the log, and stay once they were written there."""

    RUN_ACCEPTED = "run accepted"
    RUN_REJECTED = "run rejected"
    READING_ASKED = "reading asked for"
    CADENCE_CHOSEN = "cadence chosen"
    CANARIES_CHOSEN = "canaries chosen"
    REPARSED = "kept pages read again"
    DRAFT_BEGUN = "source draft begun"
    DRAFT_CHOSEN = "source draft changed"
    DRAFT_REMOVED = "source draft removed"
    VIEW_SAVED = "view saved"
    VIEW_REMOVED = "view removed"
    FIELD_SET = "field overridden"
    FIELD_LIFTED = "override lifted"
    DUPLICATE_JOINED = "duplicate joined"
    DUPLICATE_APART = "duplicate apart"
    RULES_SAVED = "rules saved"
    EXAMPLE_KEPT = "example kept"
    EXAMPLE_CHANGED = "example changed"
    EXAMPLE_REMOVED = "example removed"
    PINNED_TO = "pinned to"
    PINNED_AWAY = "pinned away from"
    UNPINNED = "unpinned"
    JUDGED = "judged"
    JUDGEMENTS_GROWN = "judgements grown"
    JUDGEMENT_DROPPED = "judgement dropped"
    EDITION_HELD = "edition held"
    EDITION_RELEASED = "edition released"
    HOLD_RELEASED = "hold released"
    HOLD_DROPPED = "hold dropped"
    CORRECTION = "correction"
    FEEDBACK_CLOSED = "feedback closed"
    READERS_INVITED = "readers invited"
    READERS_TAKEN = "list of readers taken"
    LETTER_MADE = "letter begun"
    LETTER_DROPPED = "letter dropped"
    LETTER_SENT = "letter sent"
    DELIVERY_SENT = "delivery resolved as sent"
    DELIVERY_LOST = "delivery resolved as lost"
    DELIVERY_AGAIN = "delivery sent again"
    BANNED = "subscriber banned"
    UNBANNED = "subscriber unbanned"
    BANS_HELD = "bans held"
    REPORT_ANSWERED = "report answered"
    REPORT_CLOSED = "report closed"
    JOB_ASKED = "job asked for"
    BANNER_SET = "banner set"
    BANNER_ENDED = "banner taken down"
    ADMIN_ADDED = "admin added"
    ADMIN_INVITED = "admin invited again"
    ADMIN_ROLE = "admin's role changed"
    ADMIN_REMOVED = "admin removed"
    PASSWORD_CHOSEN = "password chosen"  # noqa: S105
    PASSWORD_CHANGED = "password changed"  # noqa: S105
    FACTOR_ON = "second factor switched on"
    FACTOR_OFF = "second factor switched off"
    PROPOSED = "proposed"
    PROPOSAL_APPROVED = "proposal approved"
    PROPOSAL_DECLINED = "proposal declined"
    PROPOSAL_WITHDRAWN = "proposal withdrawn"
    TWO_PERSONS_ON = "two persons needed"
    TWO_PERSONS_OFF = "one person enough"
    NEXT_PREPARED = "next strategy prepared"
    NEXT_SCHEDULED = "next strategy scheduled"
    NEXT_SWITCHED = "next strategy switched"
    NEXT_DROPPED = "next strategy dropped"
    SIGNED_IN = "signed in"
    SIGNED_OUT = "signed out everywhere"


class Tells(NamedTuple):
    """What the log tells of an act: the fields that it `changes`, before and after, and other facts `beside` them."""

    changes: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


LINE = ("spearhead", "text", "weight", "language", "enabled", "hides", "threshold", "full_until")  # of a rulebook
STATE = ("state",)
BANNER = ("words", "from_on", "until_on")
TELLS = {
    Act.RUN_ACCEPTED: Tells(STATE, ("source", "not believed for")),
    Act.RUN_REJECTED: Tells(beside=("source", "not believed for")),
    Act.READING_ASKED: Tells(),
    Act.CADENCE_CHOSEN: Tells(("schedule",)),
    Act.CANARIES_CHOSEN: Tells(("canaries",)),
    Act.REPARSED: Tells(beside=("run", "from", "calls", "versions")),
    Act.DRAFT_BEGUN: Tells(beside=("url",)),
    Act.DRAFT_CHOSEN: Tells(("card", "title", "link", "period", "opens", "closes")),
    Act.DRAFT_REMOVED: Tells(beside=("url",)),
    Act.VIEW_SAVED: Tells(("name", "query")),
    Act.VIEW_REMOVED: Tells(("name", "query")),
    Act.FIELD_SET: Tells(("value",), ("field", "source")),
    Act.FIELD_LIFTED: Tells(("value",), ("field",)),
    Act.DUPLICATE_JOINED: Tells(STATE, ("calls",)),
    Act.DUPLICATE_APART: Tells(STATE, ("calls",)),
    Act.RULES_SAVED: Tells(LINE, ("calls", "gained", "told", "lines", "revision")),
    Act.EXAMPLE_KEPT: Tells(("example",), ("spearhead", "revision")),
    Act.EXAMPLE_CHANGED: Tells(("example",), ("spearhead", "revision")),
    Act.EXAMPLE_REMOVED: Tells(("example",), ("spearhead", "revision")),
    Act.PINNED_TO: Tells(("pin",), ("spearhead",)),
    Act.PINNED_AWAY: Tells(("pin",), ("spearhead",)),
    Act.UNPINNED: Tells(("pin",), ("spearhead",)),
    Act.JUDGED: Tells(("grades",)),
    Act.JUDGEMENTS_GROWN: Tells(beside=("pin", "readers")),
    Act.JUDGEMENT_DROPPED: Tells(("grades",)),
    Act.EDITION_HELD: Tells(STATE),
    Act.EDITION_RELEASED: Tells(STATE),
    Act.HOLD_RELEASED: Tells(STATE, ("events",)),
    Act.HOLD_DROPPED: Tells(STATE, ("events",)),
    Act.CORRECTION: Tells(beside=("fact", "wrong", "right", "readers")),
    Act.FEEDBACK_CLOSED: Tells(beside=("readers",)),
    Act.READERS_INVITED: Tells(beside=("addresses", "invited")),
    Act.READERS_TAKEN: Tells(beside=("readers",)),
    Act.LETTER_MADE: Tells(("title",)),
    Act.LETTER_DROPPED: Tells(("title",)),
    Act.LETTER_SENT: Tells(beside=("spearheads", "calls", "edition")),
    Act.DELIVERY_SENT: Tells(("state", "reason", "detail", "attempts")),
    Act.DELIVERY_LOST: Tells(("state", "reason", "detail", "attempts")),
    Act.DELIVERY_AGAIN: Tells(("state", "reason", "detail", "attempts")),
    Act.BANNED: Tells(STATE, ("bounce",)),
    Act.UNBANNED: Tells(STATE, ("told_again",)),
    Act.BANS_HELD: Tells(),
    Act.REPORT_ANSWERED: Tells(STATE),
    Act.REPORT_CLOSED: Tells(STATE),
    Act.JOB_ASKED: Tells(),
    Act.BANNER_SET: Tells(BANNER),
    Act.BANNER_ENDED: Tells(BANNER),
    Act.ADMIN_ADDED: Tells(("role",)),
    Act.ADMIN_INVITED: Tells(),
    Act.ADMIN_ROLE: Tells(("role",)),
    Act.ADMIN_REMOVED: Tells(("role",)),
    Act.PASSWORD_CHOSEN: Tells(),
    Act.PASSWORD_CHANGED: Tells(),
    Act.FACTOR_ON: Tells(),
    Act.FACTOR_OFF: Tells(),
    Act.PROPOSED: Tells(STATE),
    Act.PROPOSAL_APPROVED: Tells(STATE, ("author",)),
    Act.PROPOSAL_DECLINED: Tells(STATE, ("author",)),
    Act.PROPOSAL_WITHDRAWN: Tells(STATE, ("author",)),
    Act.TWO_PERSONS_ON: Tells(),
    Act.TWO_PERSONS_OFF: Tells(),
    Act.NEXT_PREPARED: Tells(("name",)),
    Act.NEXT_SCHEDULED: Tells(("starts_on",)),
    Act.NEXT_SWITCHED: Tells(STATE),
    Act.NEXT_DROPPED: Tells(STATE),
    Act.SIGNED_IN: Tells(),
    Act.SIGNED_OUT: Tells(),
}
