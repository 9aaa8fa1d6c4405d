"""Words for what lists and records show: the words of states, and values as cells.

JSON has the keys and codes themselves. Headings are `jobs.cli.headings`; `jobs.cli.tables` prints.
"""

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any

from jobs.cli.headings import HEADINGS
from jobs.cli.reasons import Reason, reason_in_words
from jobs.cli.wording import T_, say

WORDS = {
    # calls and events
    "forthcoming": T_("forthcoming"),
    "open": T_("open"),
    "closed": T_("closed"),
    "topic": T_("topic"),
    "cascade": T_("cascade call"),
    "external": T_("external action"),
    "tender": T_("tender"),
    "national": T_("national call"),
    "interreg": T_("Interreg call"),
    "new": T_("new"),
    "opened": T_("opened"),
    "deadline_earlier": T_("deadline earlier"),
    "deadline_later": T_("deadline later"),
    "cutoffs": T_("cut-offs"),
    "budget": T_("budget"),
    "retitled": T_("retitled"),
    "text": T_("text changed"),
    "reopened": T_("reopened"),
    "withdrawn": T_("withdrawn"),
    "late": T_("added late"),
    "selection": T_("letter of the month"),
    "identifier": T_("same identifier"),
    "link": T_("same link"),
    "title_deadline": T_("same title and deadline"),
    "proposed": T_("proposed"),
    "joined": T_("joined"),
    "apart": T_("apart"),
    # runs and sources
    "running": T_("running"),
    "accepted": T_("accepted"),
    "quarantined": T_("quarantined"),
    "done": T_("done"),
    "failed": T_("failed"),
    "interrupted": T_("interrupted"),
    "never read": T_("never read"),
    "off": T_("off"),
    "broke": T_("broke"),
    "healed": T_("recovered"),
    "changed": T_("changed"),
    "incomplete": T_("incomplete"),
    "bans_held": T_("bans held"),
    "unread": T_("unreadable rows"),
    "left_out": T_("left out"),
    # rules
    "strong": T_("strong"),
    "repeated": T_("repeated"),
    "medium": T_("medium"),
    "weak": T_("weak"),
    "spearhead": T_("spearhead"),
    "eu": T_("EU"),
    "own": T_("own region"),
    "strategy": T_("strategy"),
    "mask": T_("mask"),
    "example": T_("example"),
    "include": T_("include"),
    "exclude": T_("exclude"),
    # readers
    "pending": T_("pending"),
    "active": T_("active"),
    "left": T_("left"),
    "banned": T_("banned"),
    "erased": T_("erased"),
    "asked": T_("asked"),
    "confirmed": T_("confirmed"),
    "added": T_("added"),
    "preferences": T_("preferences"),
    "cadence": T_("cadence"),
    "paused": T_("paused"),
    "resumed": T_("resumed"),
    "followed": T_("followed"),
    "muted": T_("muted"),
    "unmuted": T_("no longer muted"),
    "not_for_us": T_("not for us"),
    "came_back": T_("came back"),
    "unbanned": T_("let have mail again"),
    "backed_off": T_("rests after a bounce"),
    "feed_link_replaced": T_("feed link replaced"),
    "hand": T_("by hand"),
    "pin": T_("pin"),
    "readers": T_("readers"),
    "follow": T_("follows"),
    "mute": T_("mutes"),
    "company": T_("company"),
    "university": T_("university or research organisation"),
    "education": T_("educational institution"),
    "municipality": T_("municipality"),
    "development_company": T_("development company"),
    "association": T_("association"),
    "other": T_("other"),
    "would be erased": T_("would be erased"),
    "would be added": T_("would be added"),
    "would be asked": T_("would be asked"),
    # editions and mails
    "daily": T_("daily"),
    "weekly": T_("weekly"),
    "monthly": T_("monthly"),
    "urgent": T_("urgent"),
    "welcome": T_("welcome"),
    "switch": T_("change of cadence"),
    "release": T_("released part"),
    "correction": T_("correction"),
    "planned": T_("planned"),
    "built": T_("built"),
    "held": T_("held"),
    "released": T_("released"),
    "dropped": T_("dropped"),
    "rendered": T_("waiting"),
    "sending": T_("sending"),
    "sent": T_("sent"),
    "refused": T_("refused"),
    "deferred": T_("deferred"),
    "unknown": T_("unknown"),
    "skipped": T_("skipped"),
    "confirm": T_("confirmation"),
    "known": T_("already subscribed"),
    "receipt": T_("receipt"),
    "goodbye": T_("goodbye"),
    "invited": T_("invited"),
    "subscribes": T_("subscribes already"),
    "takes_no_mail": T_("takes no mail"),
    "asked_lately": T_("was asked before, or left"),
    "answer": T_("answer"),
    "reports": T_("reports"),
    "answered": T_("answered"),
    "error": T_("error"),
    "accessibility": T_("accessibility"),
    "unconfirmed": T_("banned before it was confirmed"),
    "applied": T_("banned by a person"),
    "undone": T_("undone"),
    "hard": T_("mailbox gone"),
    "soft": T_("mailbox in trouble"),
    "complaint": T_("complaint"),
    "auto_reply": T_("automatic reply"),
    "delayed": T_("delayed"),
    "policy": T_("refused by policy"),
    "unreadable": T_("unreadable"),
}
# The fields of a record as a person reads them: these first, in this order, then the others; and what nobody reads.
FIRST = (
    *(
        "id",
        "key",
        "edition",
        "kind",
        "period",
        "on",
        "job",
        "subject",
        "address",
        "recipient",
        "rule",
        "text",
        "words",
    ),
    *("spearhead", "weight", "language", "cadence", "state", "verdict", "baseline", "reason", "reasons", "detail"),
    *(
        "started_at",
        "finished_at",
        "planned_at",
        "made_at",
        "sending_at",
        "settled_at",
        "retry_at",
        "attempts",
        "counts",
    ),
)
UNREAD = {"content_id", "segment_id", "from_seq", "region", "parser_version", "actor_id", "run_id", "edition_id"}
WORDED = {
    "claimed_status",
    "decision",
    "done",
    "kind",
    "last_verdict",
    "next_run_at",
    "status",
    "weight",
}  # columns whose plain words are codes


def heading(name: str) -> str:
    """The heading of a column, or the label of a field; where a state is one, its word."""
    return say(HEADINGS[name]) if name in HEADINGS else word(name)


def in_reading_order(record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record that a person reads, in their order."""
    names = [name for name in FIRST if name in record] + [name for name in record if name not in FIRST]
    return {name: record[name] for name in names if name not in UNREAD}


def word(code: str) -> str:
    """A state, a kind or a verdict in the language that is spoken; a code without a word as it stands."""
    return say(WORDS[code]) if code in WORDS else code.replace("_", " ")


def cell(value: Any, column: str = "") -> str:
    """A value as a cell of a table."""
    match value:
        case None:
            return ""
        case bool():
            return say("yes") if value else say("no")
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case StrEnum():
            return reason_in_words(value) if isinstance(value, Reason) else word(value.value)
        case Enum():
            return word(value.name.lower())
        case Mapping():
            said = {heading(str(name)): cell(inner) for name, inner in value.items()}
            return ", ".join(f"{name} {inner}" for name, inner in said.items() if inner)
        case list() | tuple() | set() | frozenset():
            return ("; " if any(isinstance(inner, Mapping) for inner in value) else ", ").join(map(cell, value))
        case str() if column in WORDED:
            return word(value)
        case _:
            return str(value)
