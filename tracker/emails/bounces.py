"""Bounces: what a mail that came back says: of which of our mails, and whether its mailbox is gone, full or offended.

Told apart are delivery reports (RFC 3464, and the older forms that flufl.bounce knows), complaints (ARF, RFC 5965) and
automatic answers (RFC 3834). Does not decide what follows for a subscriber (`jobs.bounces`) and keeps no address.
"""

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from flufl.bounce import all_failures

from db.bounces import BounceKind
from tracker.emails import mime, return_path

HARD, SOFT, COMPLAINT = BounceKind.HARD, BounceKind.SOFT, BounceKind.COMPLAINT
POLICY, DELAYED, UNREADABLE = BounceKind.POLICY, BounceKind.DELAYED, BounceKind.UNREADABLE

OUR_NUMBER = "X-Karkivahti-Delivery"
LONGEST_DETAIL = 300
LONGEST_TEXT = 20_000  # of a report without a form of its own
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])", re.ASCII)
ADDRESS = re.compile(r"[^\s<>;:,\"]+@[^\s<>;:,\"]+")
NO_SUCH_USER = re.compile(
    r"no such (user|mailbox|recipient|address)|(user|recipient|mailbox|address|account)( is)? (unknown|not found)|"
    r"unknown (user|recipient|mailbox|address|account)|does(n't| not) exist|invalid (recipient|mailbox|address)|"
    r"no mailbox|mailbox unavailable|account (is )?(disabled|deactivated|closed)",
    re.IGNORECASE,
)
FULL = re.compile(r"quota|mailbox( is)? full|storage|insufficient space", re.IGNORECASE)
# RFC 3463 and the IANA registry of its codes; what is not here is a trouble that may pass.
GONE = {(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 9), (1, 10), (2, 1)}
OUR_FAULT = {(1, 5), (1, 7), (1, 8), (2, 3), (3, 4)}  # our address, or the mail is too large
OUR_FAULTS = {5, 6, 7}  # the dialogue, the mail's form, somebody's rules
ABUSE = ("abuse", "fraud", "opt-out", "opt-out-list")
ANSWERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")


@dataclass(frozen=True, slots=True)
class Report:
    """What a returned mail says. `original` are the headers of our mail, as far as they came back."""

    kind: BounceKind
    detail: str  # on one line, without addresses
    hash: str
    paths: str  # where our return path may stand: where the report was sent to, and the sender that it names
    original: Message | None


def read(raw: bytes) -> Report:
    """What one returned mail says; nothing in it can make this fail."""
    message = email.message_from_bytes(raw)
    kind, said = _judged(message)
    detail = ADDRESS.sub("address", " ".join(said.split()))[:LONGEST_DETAIL]
    original = _original(message)
    return Report(kind, detail, hashlib.sha256(raw).hexdigest(), _paths(message, original), original)


def signed_origin(report: Report, secret: bytes) -> tuple[str, int] | None:
    """The purpose and number (`return_path`) of the mail that came back, by its return path."""
    return return_path.returned(secret, report.paths)


def signed_edition(report: Report, secret: bytes) -> tuple[int, int] | None:
    """Edition and subscriber of the mail that came back, by its Message-ID, whose hash only we can make."""
    return mime.named(secret, _header(report.original, "Message-ID"))


def unsigned_delivery(report: Report) -> int | None:
    """The delivery that the report names in clear: anybody may have written that."""
    number = _header(report.original, OUR_NUMBER).strip()
    return int(number) if re.fullmatch(r"[0-9]{1,18}", number, re.ASCII) else None


def refusal(reply: str) -> BounceKind | None:
    """What a server's refusal says of the mailbox; None where it says nothing of it. `reply` is the mailer's."""
    said = reply.rpartition("RCPT: ")[2] if "RCPT: " in reply else ""
    if not said:
        return None
    if said.startswith("4"):  # given up after many attempts
        return SOFT
    kind = _kind(said, said)
    return kind if kind in (HARD, SOFT) else None


def _judged(message: Message) -> tuple[BounceKind, str]:
    if feedback := _part(message, "message/feedback-report"):
        return _complaint(feedback)
    if report := _part(message, "message/delivery-status"):
        return _delivery_report(report)
    if _is_from_a_server(message):
        return _old_report(message) or (UNREADABLE, _header(message, "Subject"))
    if _is_answer(message):
        return BounceKind.AUTO_REPLY, _header(message, "Subject")
    return _old_report(message) or (UNREADABLE, _header(message, "Subject"))


def _complaint(part: Message) -> tuple[BounceKind, str]:
    fields = next(_blocks(part), part)
    kind = _header(fields, "Feedback-Type").strip().lower()
    said = f"feedback: {kind or 'none named'}"
    if kind == "not-spam":
        return BounceKind.AUTO_REPLY, said
    return (COMPLAINT if kind in ABUSE else UNREADABLE), said


def _delivery_report(part: Message) -> tuple[BounceKind, str]:
    """By the worst that it says of a recipient; our mails have one each."""
    blocks = [block for block in _blocks(part) if block["Action"] or block["Status"]]
    failed = [block for block in blocks if _action(block) == "failed"]
    if failed:
        said = f"{_header(failed[0], 'Status')} {_header(failed[0], 'Diagnostic-Code')}"
        return _kind(_header(failed[0], "Status"), said), said
    if any(_action(block) == "delayed" for block in blocks):
        return DELAYED, "a server tries still"
    if blocks and all(_action(block) in ("delivered", "relayed", "expanded") for block in blocks):
        return BounceKind.AUTO_REPLY, _action(blocks[0])
    return UNREADABLE, "a delivery report that names no outcome"


def _old_report(message: Message) -> tuple[BounceKind, str] | None:
    """A report in one of the forms that servers had before RFC 3464, and some have still."""
    try:
        passing, lasting = all_failures(message)
    except (ValueError, LookupError, TypeError, AttributeError):  # heuristics meet everything
        return None
    text = _text(message)
    if lasting:
        return _kind(text, text), _said(text)
    return (SOFT, _said(text)) if passing else None


def _kind(status: str, said: str) -> BounceKind:
    """What a failure says of the mailbox: by its enhanced status code, else by its words (RFC 3463, RFC 5321 4.2.3)."""
    found = STATUS.search(status) or STATUS.search(said)
    if found and found.groups()[1:] != ("0", "0"):
        return _kind_by_code(int(found[1]), int(found[2]), int(found[3]))
    if FULL.search(said):
        return SOFT
    if NO_SUCH_USER.search(said):
        return HARD
    return SOFT if found else POLICY


def _kind_by_code(group: int, subject: int, detail: int) -> BounceKind:
    if group != 5:
        return SOFT
    if (subject, detail) in OUR_FAULT or subject in OUR_FAULTS:
        return POLICY
    return HARD if (subject, detail) in GONE else SOFT


def _is_from_a_server(message: Message) -> bool:
    sender = _header(message, "From").lower()
    return "mailer-daemon" in sender or "postmaster" in sender or "X-Failed-Recipients" in message


def _is_answer(message: Message) -> bool:
    """RFC 3834 5, and what programs older than it write."""
    automatic = _header(message, "Auto-Submitted").split(";")[0].strip().lower()
    precedence = _header(message, "Precedence").strip().lower()
    old = any(name in message for name in ANSWERS)
    return automatic not in ("", "no") or precedence in ("auto_reply", "auto-reply") or old


def _original(message: Message) -> Message | None:
    """The headers of the mail that came back, where the report holds them."""
    for part in message.walk():
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers") and part is not message:
            inner = part.get_payload()
            held = inner[0] if isinstance(inner, list) and inner else email.message_from_string(str(inner))
            return held if isinstance(held, Message) else None
    quoted = re.search(r"(?im)^[> ]*(Message-ID: *<[^<>\s]+>)", _text(message))
    return email.message_from_string(f"{quoted[1]}\n\n") if quoted else None


def _paths(message: Message, original: Message | None) -> str:
    """A complaint does not come to the return path and names it instead (RFC 5965 3.2)."""
    to = [_header(message, name) for name in ("Delivered-To", "X-Original-To", "To")]
    fields = next(_blocks(_part(message, "message/feedback-report") or Message()), None)
    return " ".join([*to, _header(fields, "Original-Mail-From"), _header(original, "Return-Path")])


def _part(message: Message, kind: str) -> Message | None:
    return next((part for part in message.walk() if part.get_content_type() == kind), None)


def _blocks(part: Message) -> Iterator[Message]:
    """The groups of fields of a report's machine-readable part."""
    inner = part.get_payload()
    if isinstance(inner, list):
        yield from (block for block in inner if isinstance(block, Message))
    else:
        yield from (email.message_from_string(text) for text in str(inner).replace("\r", "").split("\n\n"))


def _action(block: Message) -> str:
    return _header(block, "Action").strip().lower()


def _text(message: Message) -> str:
    """The beginning of what a report says to people."""
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            return payload[:LONGEST_TEXT].decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return ""


def _said(text: str) -> str:
    """The line of a report that gives the reason."""
    lines = text.splitlines()
    return next((line for line in lines if STATUS.search(line) or NO_SUCH_USER.search(line) or FULL.search(line)), "")


def _header(message: Message | None, name: str) -> str:
    return str(message.get(name, "")) if message is not None else ""
