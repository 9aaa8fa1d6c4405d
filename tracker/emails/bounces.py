"""Read a returned mail: which of our mails it is about, and whether the mailbox is gone, full, or its owner complained.

Knows delivery reports (RFC 3464, and the older forms that flufl.bounce knows), complaints (ARF, RFC 5965) and automatic
replies (RFC 3834). Keeps no address. Does not decide what follows for a subscriber (`jobs.delivery.bounces`).
"""

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message

from flufl.bounce import all_failures

from db.bounces import BounceKind
from tracker.emails import mime, return_path
from tracker.emails.refusals import FULL, NO_SUCH_USER, STATUS, bounce_kind

HARD, SOFT, COMPLAINT, POLICY = BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT, BounceKind.POLICY
DELAYED, UNREADABLE, AUTO_REPLY = BounceKind.DELAYED, BounceKind.UNREADABLE, BounceKind.AUTO_REPLY
WORST_FIRST = (HARD, SOFT, POLICY)

OUR_NUMBER = "X-Karkivahti-Delivery"
LONGEST_DETAIL = 300
LONGEST_TEXT = 20_000  # of a report in no standard form
ADDRESS = re.compile(r"(?<![^\s<>;:,\"])[^\s<>;:,\"@]++@[^\s<>;:,\"]+")
ABUSE = ("abuse", "fraud", "opt-out", "opt-out-list")
COMPLAINED = re.compile(r"^complaint about message\b", re.IGNORECASE)  # Microsoft's JMRP, without a feedback report
ANSWERED = re.compile(  # subjects of programs that reply without saying so in a header
    r"^(?:automaattinen vastaus|automatic reply|auto(?:matic)?[- ]?(?:reply|response)|autosvar|automatiskt svar"
    r"|poissa\b|out of (?:the )?office|frånvarande|på semester|on (?:leave|holiday|vacation)|lomalla\b)",
    re.IGNORECASE,
)
ANSWERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a returned mail says. `original` holds the headers of our mail, as far as they came back."""

    kind: BounceKind
    detail: str  # on one line, without addresses
    hash: str
    paths: str  # the addresses that may hold our return path: the report's recipients and the sender it names
    original: Message | None


def read(raw: bytes) -> BounceReport:
    """Read one returned mail; no content of it can make this fail."""
    message = email.message_from_bytes(raw)
    kind, words = _judged(message)
    detail = ADDRESS.sub("address", " ".join(words.split())[: 2 * LONGEST_DETAIL])[:LONGEST_DETAIL]
    original = _original(message)
    return BounceReport(kind, detail, hashlib.sha256(raw).hexdigest(), _paths(message, original), original)


def signed_origin(report: BounceReport, secret: bytes) -> tuple[str, int] | None:
    """The purpose and number (see `return_path`) of the mail that came back, by its return path."""
    return return_path.returned(secret, report.paths)


def signed_edition(report: BounceReport, secret: bytes) -> tuple[int, int] | None:
    """The edition and subscriber of the mail that came back, by its Message-ID, whose hash only we can make."""
    return mime.edition_and_subscriber(secret, _header(report.original, "Message-ID"))


def unsigned_delivery(report: BounceReport) -> int | None:
    """The delivery that the report names without a signature: anybody may have written that."""
    number = _header(report.original, OUR_NUMBER).strip()
    return int(number) if re.fullmatch(r"[0-9]{1,18}", number, re.ASCII) else None


def _judged(message: Message) -> tuple[BounceKind, str]:
    if feedback := _part(message, "message/feedback-report"):
        return _complaint(feedback)
    if report := _part(message, "message/delivery-status"):
        return _delivery_report(report)
    subject = _subject(message)
    if _part(message, "message/disposition-notification"):  # a read receipt, RFC 8098
        return AUTO_REPLY, subject
    if COMPLAINED.search(subject) and _part(message, "message/rfc822"):
        return COMPLAINT, subject
    if _is_from_a_server(message):
        return _old_report(message) or _plain_report(message) or (UNREADABLE, subject)
    if _is_answer(message):
        return AUTO_REPLY, subject
    return _old_report(message) or (UNREADABLE, subject)


def _complaint(part: Message) -> tuple[BounceKind, str]:
    fields = next(_blocks(part), part)
    kind = _header(fields, "Feedback-Type").strip().lower()
    detail = f"feedback: {kind or 'none named'}"
    if kind == "not-spam":
        return AUTO_REPLY, detail
    return (COMPLAINT if kind in ABUSE else UNREADABLE), detail


def _delivery_report(part: Message) -> tuple[BounceKind, str]:
    """The worst outcome of any recipient; our mails have one recipient each, which may be a group."""
    blocks = [block for block in _blocks(part) if block["Action"] or block["Status"]]
    failed = [_failure(block) for block in blocks if _action(block) == "failed"]
    if failed and any(_action(block) == "expanded" for block in blocks):
        return POLICY, f"a member of a group, not the group: {failed[0][1]}"
    if failed:
        return min(failed, key=lambda failure: WORST_FIRST.index(failure[0]))
    if any(_action(block) == "delayed" for block in blocks):
        return DELAYED, "a server tries still"
    if blocks and all(_action(block) in ("delivered", "relayed", "expanded") for block in blocks):
        return AUTO_REPLY, _action(blocks[0])
    return UNREADABLE, "a delivery report that names no outcome"


def _failure(block: Message) -> tuple[BounceKind, str]:
    status, diagnosis = _header(block, "Status"), _header(block, "Diagnostic-Code")
    return bounce_kind(status, f"{status} {diagnosis}"), f"{status} {diagnosis}"


def _plain_report(message: Message) -> tuple[BounceKind, str] | None:
    """A server's plain-text report, judged by the line that gives the reason."""
    line = _reason_line(_text(message))
    return (bounce_kind(line, line), line) if line else None


def _old_report(message: Message) -> tuple[BounceKind, str] | None:
    """A report in one of the forms from before RFC 3464, which some servers still use."""
    try:
        passing, lasting = all_failures(message)
    except (ValueError, LookupError, TypeError, AttributeError):  # flufl's heuristics fail on odd mails in any way
        return None
    text = _text(message)
    if lasting:
        line = _reason_line(text) or text
        return bounce_kind(line, line), _reason_line(text)
    return (SOFT, _reason_line(text)) if passing else None


def _is_from_a_server(message: Message) -> bool:
    sender = _header(message, "From").lower()
    return "mailer-daemon" in sender or "postmaster" in sender or "X-Failed-Recipients" in message


def _is_answer(message: Message) -> bool:
    """Whether a mail is an automatic reply, by RFC 3834 section 5 or by what older programs write."""
    automatic = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    if automatic:
        return automatic != "no"
    old = any(name in message for name in ANSWERS)
    return old or precedence in ("auto_reply", "auto-reply") or ANSWERED.search(_subject(message)) is not None


def _original(message: Message) -> Message | None:
    """The headers of the mail that came back, if the report holds them."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers") and part is not message:
            inner = part.get_payload()
            headers = inner[0] if isinstance(inner, list) and inner else email.message_from_string(str(inner))
            return headers if isinstance(headers, Message) else None
    quoted = re.search(r"(?im)^[> ]*(Message-ID: *<[^<>\s]+>)", _text(message))
    return email.message_from_string(f"{quoted[1]}\n\n") if quoted else None


def _paths(message: Message, original: Message | None) -> str:
    """All addresses that may hold our return path; a complaint is not sent to it but names it (RFC 5965 3.2)."""
    to = [_header(message, name) for name in ("Delivered-To", "X-Original-To", "To")]
    fields = next(_blocks(_part(message, "message/feedback-report") or Message()), None)
    return " ".join([*to, _header(fields, "Original-Mail-From"), _header(original, "Return-Path")])


def _part(message: Message, kind: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields in a report's machine-readable part."""
    inner = part.get_payload()
    if isinstance(inner, list):
        yield from (block for block in inner if isinstance(block, Message))
    else:
        yield from (email.message_from_string(text) for text in str(inner).replace("\r", "").split("\n\n"))


def _action(block: Message) -> str:
    return _header(block, "Action").strip().lower()


def _text(message: Message) -> str:
    """The beginning of a report's text for people."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload[:LONGEST_TEXT].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _reason_line(text: str) -> str:
    """The line of a report that gives the reason."""
    lines = text.splitlines()
    return next((line for line in lines if STATUS.search(line) or NO_SUCH_USER.search(line) or FULL.search(line)), "")


def _subject(message: Message) -> str:
    """The decoded subject."""
    try:
        return str(make_header(decode_header(_header(message, "Subject"))))
    except (ValueError, LookupError):
        return _header(message, "Subject")


def _header(message: Message | None, name: str) -> str:
    return str(message.get(name, "")) if message is not None else ""
