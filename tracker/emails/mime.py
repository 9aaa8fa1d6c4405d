"""MIME: freeze a rendered mail as bytes with slots, and fill in one reader's values.

Many readers share one content, so a content is encoded once (`freeze`) and each reader's own values are put between its
pieces (`fill`). A slot is a name between unit separators: a byte that neither a header nor quoted-printable can hold,
so no text can forge one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr
from functools import lru_cache

from tracker.emails.digest_view import Links
from tracker.emails.mailer import MailSettings

SLOT = b"\x1f"
# In rendered text a slot is a name between two private characters; `sanitise.clean` removes those from scraped text.
MARK = re.compile("\ue000([a-z_]+)\ue001")
TOKENS = ("manage", "unsubscribe", "web_copy", "feedback")
LONGEST_TOKEN = 75  # a quoted-printable line has 76 characters; a token has a line of its own, with a "=" at its end

LATE_BLANK = re.compile(rb"^(.{74,})(=20|=09)$", re.MULTILINE)  # binascii has no room for it on the line, and adds it
CRLF = "\r\n"
LONGEST_LINE = 78  # of a header, by choice (RFC 5322 2.1.1)
LONGEST_WORD = 75  # an encoded word in a header (RFC 2047 section 2)

HEADERS_BYTES = 4000  # of a mail's headers and those of its parts, with a reader's longest values; at most
CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
PLAIN = re.compile(r"[!-~]+")
TOKEN = re.compile(rf"[A-Za-z0-9_.~-]{{1,{LONGEST_TOKEN}}}")


@dataclass(frozen=True, slots=True)
class Own:
    """One reader's own values in a mail. `sent_at` is aware; tokens are URL-safe (`tracker.emails.tokens`)."""

    to: str
    delivery_id: int
    message_id: str
    in_reply_to: str | None  # the Message-ID of the mail that this one replies to, if it is a reply
    sent_at: datetime
    manage: str
    unsubscribe: str
    web_copy: str
    feedback: str


@dataclass(frozen=True, slots=True)
class RenderedDigest:
    """A mail's content; `left_out` is the number of calls that only the web copy holds."""

    language: str
    subject: str
    text: str
    html: str
    left_out: int = 0


def mark(name: str) -> str:
    """The mark of a reader's own token (one of TOKENS) in rendered text."""
    return f"\ue000{name}\ue001"


def marked_links(base_url: str) -> Links:
    """The links of a mail for many readers, under the base URL; each personal one ends in its mark."""
    base = base_url.rstrip("/")
    return Links(
        manage=f"{base}/preferences/{mark('manage')}",
        unsubscribe=f"{base}/u/{mark('unsubscribe')}",
        web_copy=f"{base}/mail/{mark('web_copy')}",
        calls=f"{base}/calls",
        site=base,
        feedback=f"{base}/not-for-us/{mark('feedback')}",
    )


def message_id(secret: bytes, edition: int, subscriber: int, domain: str) -> str:
    """The Message-ID of an edition to a subscriber, always the same: <edition.subscriber.hash@domain> (RFC 5322 3.6.4).

    The hash tells two installations apart, and proves that a bounce which names the id is about our mail.
    """
    name = f"{edition}.{subscriber}"
    digest = hmac.digest(secret, b"message-id\0" + name.encode(), "sha256")
    return f"<{name}.{base64.b32encode(digest[:10]).decode().lower()}@{domain}>"


def edition_and_subscriber(secret: bytes, line: str) -> tuple[int, int] | None:
    """The edition and subscriber of a Message-ID that we made; None for any other."""
    match = re.search(r"<([0-9]{1,18})\.([0-9]{1,18})\.[a-z2-7]{16}@([^<>@\s]+)>", line, re.ASCII)
    if not match:
        return None
    edition, subscriber = int(match[1]), int(match[2])
    ours = message_id(secret, edition, subscriber, match[3])
    return (edition, subscriber) if hmac.compare_digest(match[0].encode(), ours.encode()) else None


def freeze(rendered: RenderedDigest, links: Links, settings: MailSettings, *, is_answer: bool = False) -> bytes:
    """Freeze a content as a MIME message with slots: multipart/alternative, quoted-printable, CRLF; always equal bytes.

    `links` are those that `rendered` was rendered with; `is_answer` adds headers that thread it under another mail.
    ValueError for a header value with a line break.
    """
    text, html = _quoted_printable(rendered.text), _quoted_printable(rendered.html)
    boundary = "=_" + hashlib.sha256(text + html).hexdigest()[:32]  # `=_` stands nowhere in quoted-printable
    part = "Content-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    edge = f"--{boundary}\r\n".encode()
    headers = _headers(rendered, links, settings, boundary, is_answer)
    lines = [sender_line(settings.sender_name, settings.sender), *(header_line(name, value) for name, value in headers)]
    plain = (edge, part.format("plain").encode(), text, b"\r\n")
    rich = (edge, part.format("html").encode(), html, f"\r\n--{boundary}--\r\n".encode())
    return b"".join((*lines, b"\r\n", *plain, *rich))


def size_of(rendered: RenderedDigest) -> int:
    """How many bytes a mail has at most as it leaves: both parts encoded, the longest tokens, and its headers."""
    parts = (rendered.text, rendered.html)
    tokens = LONGEST_TOKEN * sum(len(MARK.findall(part)) for part in parts)
    return HEADERS_BYTES + tokens + sum(len(_quoted_printable(part)) for part in parts)


def pieces(template: bytes) -> tuple[bytes, ...]:
    """Cut a frozen message at its slots into text and slot names in turn; once for many calls of `fill_pieces`."""
    return tuple(template.split(SLOT))


def fill(template: bytes, own: Own) -> bytes:
    """Make one reader's mail. ValueError if a value could break out of its line."""
    return fill_pieces(pieces(template), own)


def fill_pieces(cut: Sequence[bytes], own: Own) -> bytes:
    """Make one reader's mail from the pieces of a message; otherwise as `fill`."""
    values = {
        b"to": _plain("To", own.to),
        b"date": _date(own.sent_at),
        b"message_id": _plain("Message-ID", own.message_id),
        b"in_reply_to": _plain("In-Reply-To", own.in_reply_to or own.message_id),
        b"delivery": b"%d" % own.delivery_id,
        b"manage": _token(own.manage),
        b"unsubscribe": _token(own.unsubscribe),
        b"web_copy": _token(own.web_copy),
        b"feedback": _token(own.feedback),
    }
    filled = list(cut)
    filled[1::2] = [values[name] for name in cut[1::2]]
    return b"".join(filled)


def fill_text(marked: str, own: Own) -> str:
    """Fill in one reader's tokens in text or HTML, for the web copy and a dry run."""
    values: Mapping[str, str] = {name: getattr(own, name) for name in TOKENS}
    return MARK.sub(lambda match: values[match[1]], marked)


def _headers(
    rendered: RenderedDigest, links: Links, settings: MailSettings, boundary: str, is_answer: bool
) -> list[tuple[str, str]]:
    """The headers that bulk senders need: RFC 8058 (one click), RFC 2919 (List-Id), RFC 3834 (no automatic replies)."""
    ways_out = f"<{links.unsubscribe}>"
    if settings.unsubscribe_mailbox:
        ways_out += f", <mailto:{settings.unsubscribe_mailbox}?subject={mark('unsubscribe')}>"
    reply = [("Reply-To", settings.reply_to)] if settings.reply_to else []
    thread = [(name, mark("in_reply_to")) for name in ("In-Reply-To", "References") if is_answer]
    return [
        ("To", mark("to")),
        *reply,
        ("Subject", rendered.subject),
        ("Date", mark("date")),
        ("Message-ID", mark("message_id")),
        *thread,
        ("List-Id", f"<{settings.list_id}>"),
        ("List-Unsubscribe", ways_out),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
        ("Precedence", "bulk"),
        ("X-Auto-Response-Suppress", "OOF, AutoReply"),
        ("X-Karkivahti-Delivery", mark("delivery")),
        ("Content-Language", rendered.language),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/alternative; boundary="{boundary}"'),
    ]


def sender_line(display_name: str, address: str) -> bytes:
    """The header From, folded where it is long. ValueError for a name with a line break."""
    plain = formataddr((_without_control("From", display_name), address))
    if display_name.isascii() and len(plain) <= LONGEST_LINE - len("From: "):
        return f"From: {plain}\r\n".encode("ascii")
    words = _encoded_words("From", display_name)
    is_full = len(f"From: {words}".rpartition("\n")[2]) + len(f" <{address}>") > LONGEST_LINE
    return f"From: {words}{CRLF if is_full else ''} <{address}>\r\n".encode("ascii")


def header_line(name: str, value: str) -> bytes:
    """A header of one value, which is encoded and folded where it is not ASCII. ValueError for a line break in it."""
    value = _without_control(name, value)
    if not MARK.search(value) and not value.isascii():
        value = _encoded_words(name, value)
    return f"{name}: {MARK.sub(_slot, value)}\r\n".encode("ascii")


def _without_control(name: str, value: str) -> str:
    if CONTROL.search(value):
        raise ValueError(f"{name}: a header must not hold a line break or control character: {value!r}")
    return value


def _encoded_words(name: str, value: str) -> str:
    """Encoded words (RFC 2047 section 2: none has more than 75 characters), one on each line of the header."""
    return Header(value, "utf-8", LONGEST_WORD, name).encode(linesep=CRLF)


def _slot(match: re.Match[str]) -> str:
    return f"\x1f{match[1]}\x1f"


def _quoted_printable(marked: str) -> bytes:
    """Encode text with each token on a line of its own, so that no token makes a line too long or is broken by one."""
    pieces = MARK.split(marked.replace("\r", ""))
    encoded = [_encoded(piece + "~")[:-1] for piece in pieces[:-1]]  # leaves room for the "=" at the line's end
    encoded[1::2] = [b"=\n\x1f%b\x1f=\n" % name.encode() for name in pieces[1::2]]
    return b"".join([*encoded, _encoded(pieces[-1])]).replace(b"\n", b"\r\n")


def _encoded(text: str) -> bytes:
    return LATE_BLANK.sub(rb"\1=\n\2", binascii.b2a_qp(text.encode(), istext=True))


@lru_cache(64)
def _date(at: datetime) -> bytes:
    return format_datetime(at).encode()


def _plain(name: str, value: str) -> bytes:
    if not PLAIN.fullmatch(value):
        raise ValueError(f"{name}: only visible ASCII without spaces can stand there: {value!r}")
    return value.encode()


def _token(value: str) -> bytes:
    if not TOKEN.fullmatch(value):
        raise ValueError(f"a link's token must be URL-safe and at most {LONGEST_TOKEN} characters long: {value!r}")
    return value.encode()
