"""The mailer: send one mail to one recipient, over SMTP or into a folder, and report exactly what became of it.

The only module that imports smtplib. A caller with several sender threads opens one transport in each. Exceptions are
exact: `Refused` and `Deferred` mean that the server certainly has not taken the mail, `OutcomeUnknown` that it may have
(RFC 5321 4.2.5 and 6.1). If the server offers it, MAIL, RCPT and DATA are sent in one write (RFC 2920); the mail itself
only after all three were answered.
"""

import re
import smtplib
import socket
import ssl
import threading
import time
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from tracker.addresses import sought_address, sought_domain
from tracker.emails.tokens import LEAST_SECRET
from tracker.errors import Deferred, OutcomeUnknown, Refused
from tracker.files import write_whole
from tracker.strict import Strict
from tracker.waiting import done_unless_stopped

ADDRESS = re.compile(r'[^\s<>(),;:"\\\[\]@]+@[A-Za-z0-9.-]+', re.ASCII)
LIST_ID = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LONGEST_BOUNCES = 18  # of a local part's 64 characters (RFC 5321 4.5.3.1.1), 46 belong to the +, a mark and the token
LOOPBACK = ("localhost", "127.0.0.1", "::1")
REPLY_LENGTH = 300
WANTS_LOGIN = 530  # the server wants STARTTLS or a login first: our configuration is wrong, not the recipient
WANTS_MAIL = 354
STOPPED = "told to stop before there was a session"
SESSION_OVER = (421, 452)  # "closing" and, from several servers, "too many mails in this session"


class MailSettings(Strict):
    """How mail is sent. By default none is: each mail becomes a file in the outbox."""

    transport: Literal["files", "smtp"] = Field("files", description="files: one .eml a mail in the outbox; or smtp")
    host: str = Field("", description="the SMTP server; best a local one that queues and signs (DKIM)")
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: SecretStr = SecretStr("")
    connections: int = Field(4, ge=1, le=50, description="how many mails leave at once")
    messages_per_connection: int = Field(100, ge=1, description="OpenSMTPD, for one, refuses the 101st")
    timeout_seconds: float = Field(30, gt=0)
    per_minute: int | None = Field(None, ge=1, description="mails a minute over all connections; empty: no limit")
    per_day: int | None = Field(None, ge=1, description="an emergency brake: mails a day; empty: none")
    stale_days: int = Field(3, ge=1, description="after so many days an edition's mails need a person's word")
    sender: str = Field("karkivahti@localhost", description="address in From; digests only, not confirmations")
    sender_name: str = "Kärkivahti"
    service_sender: str = Field("", description="address in From of letters to one person; empty: the same as sender")
    reply_to: str = ""
    bounces: str = Field("", description="where bounces go, with a signed +token; empty: to the sender")
    list_id: str = Field("karkivahti.localhost", description="RFC 2919, a name under a domain of the sender's")
    unsubscribe_mailbox: str = Field("", description="a mailbox that is read for leaving by mail; may be empty")
    allow: tuple[str, ...] = Field((), description="addresses and domains that SMTP may reach; empty: everyone")
    base_url: str = Field("http://localhost:8000", description="what the links in mails begin with")
    secret: SecretStr = Field(
        SecretStr(""), description="signs links; at least 16 characters; empty: one is made beside the data"
    )
    contact: str = Field("", description="the last line of a mail: who sends it, postal address, telephone")

    @field_validator("sender", "service_sender", "reply_to", "unsubscribe_mailbox", "bounces")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("must be one plain address, name@domain, in ASCII")
        return value

    @field_validator("allow")
    @classmethod
    def _as_stored(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        """Addresses and domains in the form in which recipients are stored."""
        return tuple(sought_address(word) if "@" in word.lstrip(" @") else sought_domain(word) for word in words)

    @field_validator("bounces")
    @classmethod
    def _has_room(cls, value: str) -> str:
        name = value.partition("@")[0]
        if len(name) > LONGEST_BOUNCES or "+" in name:
            raise ValueError(f"its part before the @ must be at most {LONGEST_BOUNCES} characters long, without a +")
        return value

    @field_validator("sender_name", "contact")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line without control characters")
        return value

    @field_validator("list_id")
    @classmethod
    def _is_list_id(cls, value: str) -> str:
        if not LIST_ID.fullmatch(value):
            raise ValueError("must be a dotted name such as digest.karkivahti.example")
        return value

    @field_validator("secret")
    @classmethod
    def _is_long(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"must have at least {LEAST_SECRET} characters")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_secure(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            not value.isascii()
            or not value.isprintable()
            or parts.scheme not in ("http", "https")
            or not parts.hostname
        ):
            raise ValueError("must be an https address")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("must be https: one-click unsubscribing needs it (RFC 8058)")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.transport == "smtp" and not self.host:
            raise ValueError("host is missing: transport smtp needs it")
        if self.transport == "smtp" and self.host not in LOOPBACK and self.sender.endswith("@localhost"):
            raise ValueError("sender is missing: the address that the digests come from")
        if self.username and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("security is none: a login needs starttls or tls")
        return self


class NoConnection(Deferred):
    """There was no usable session (no answer, no TLS, no login); the next mail would fare the same."""


class _SessionOver(Deferred):
    """The server ended the session before it took the mail; it may take it in a new one."""


class Pace:
    """Spaces mails evenly, at most `per_minute` over all threads that share it."""

    def __init__(self, per_minute: int) -> None:
        self._gap = 60 / per_minute
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self, stop: threading.Event) -> None:
        """Sleep until this thread's turn. NoConnection if it is told to stop meanwhile."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
        if turn > now and stop.wait(turn - now):
            raise NoConnection(STOPPED)


class FileTransport:
    """Writes each mail as one .eml file named by its Message-ID, so the same mail again is the same file."""

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox
        outbox.mkdir(parents=True, exist_ok=True)

    def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Write the mail whole or not at all. OSError if the folder cannot be written."""
        write_whole(self._outbox / _file_name(message), message)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class SmtpTransport:
    """One connection to the SMTP server at a time, kept for up to `messages_per_connection` mails. For one thread.

    After `stop` nothing is waited for but the answers to a mail that was begun.
    """

    def __init__(self, settings: MailSettings, pace: Pace | None = None, stop: threading.Event | None = None) -> None:
        self._settings = settings
        self._pace = pace
        self._stop = stop or threading.Event()
        self._smtp: smtplib.SMTP | None = None
        self._tried = 0

    def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Hand a mail (CRLF lines) to the server; `sender` is the envelope sender, where bounces go.

        Refused: 5xx, or an address that is not allowed or not valid. Deferred: 4xx, or the connection was lost before
        the final dot. NoConnection: no session at all. OutcomeUnknown: no final answer after the dot. ValueError: the
        mail or the sender's address is malformed, and nothing was sent.
        """
        if not ADDRESS.fullmatch(recipient):
            raise Refused("not an address that SMTP can carry")
        if not ADDRESS.fullmatch(sender):
            raise ValueError("the envelope's sender is not an address that SMTP can carry")
        if not is_allowed(self._settings, recipient):
            raise Refused("not on mail.allow; nothing was sent")
        if self._pace:
            self._pace.wait(self._stop)
        try:
            self._transfer(message, sender, recipient)
        except _SessionOver:
            self._transfer(message, sender, recipient)

    def close(self) -> None:
        """Quit the session, if one is open."""
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()
        self._smtp = None

    def _transfer(self, message: bytes, sender: str, recipient: str) -> None:
        body = _stuffed(message)
        smtp = self._session()
        self._tried += 1
        try:
            _announce(smtp, len(message), sender, recipient)
            _hand_over(smtp, body + b".\r\n")
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
            self._drop()
            raise _SessionOver(f"connection lost before the mail was sent: {error}") from None
        except (Refused, Deferred) as error:
            self._after(error)
            raise
        self._conclude(smtp)

    def _conclude(self, smtp: smtplib.SMTP) -> None:
        try:
            code, reply = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException) as error:
            self._drop()
            raise OutcomeUnknown(f"no answer after the mail was sent: {error}") from None
        if not 200 <= code < 600 or 300 <= code < 400:
            self._drop()
            raise OutcomeUnknown(f"an answer that says nothing: {code} {_readable(reply)}")
        try:
            _expect("end of mail", code, reply)
        except Deferred as error:
            self._after(error)
            raise

    def _after(self, error: Refused | Deferred) -> None:
        """Reset the session for the next mail, or end it."""
        if isinstance(error, (_SessionOver, NoConnection)) or self._smtp is None:
            self._drop()
            return
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def _session(self) -> smtplib.SMTP:
        if self._smtp is not None and self._tried >= self._settings.messages_per_connection:
            self.close()
        if self._smtp is None:
            self._smtp = _connected(self._settings, self._stop)
            self._tried = 0
        return self._smtp


Transport = FileTransport | SmtpTransport


def open_transport(
    settings: MailSettings, outbox: Path, pace: Pace | None = None, stop: threading.Event | None = None
) -> Transport:
    """Open the configured transport for one thread; close it at the end. All threads share one `pace` and `stop`.

    No connection is made before the first mail.
    """
    if settings.transport == "files":
        return FileTransport(outbox)
    return SmtpTransport(settings, pace, stop)


def open_pace(settings: MailSettings) -> Pace | None:
    """The pace that all sender threads share; None if the settings set no limit."""
    return Pace(settings.per_minute) if settings.per_minute else None


def is_allowed(settings: MailSettings, recipient: str) -> bool:
    """Whether mail may be sent to this address: it or its domain is on `allow`, or the list is empty."""
    address = sought_address(recipient) if settings.allow else recipient
    return not settings.allow or address in settings.allow or address.rpartition("@")[2] in settings.allow


def _connected(settings: MailSettings, stop: threading.Event) -> smtplib.SMTP:
    """Open a session. NoConnection if that fails, or if we are told to stop first."""
    try:
        return done_unless_stopped(stop, partial(_connect, settings))
    except InterruptedError:
        raise NoConnection(STOPPED) from None


def _connect(settings: MailSettings) -> smtplib.SMTP:
    """Open a session, encrypted and logged in as the settings say. NoConnection if that fails."""
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _dial(settings)
        _greet(smtp, settings)
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: a host name that cannot be one
        if smtp is not None:
            smtp.close()
        raise NoConnection(f"no session with mail.host: {_readable(str(error).encode())}") from None
    return smtp


def _dial(settings: MailSettings) -> smtplib.SMTP:
    host, port, timeout = settings.host, settings.port, settings.timeout_seconds
    # Without a name from us smtplib asks the resolver for one, which can take very long.
    name = settings.sender.rpartition("@")[2]
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, name, timeout=timeout)


def _greet(smtp: smtplib.SMTP, settings: MailSettings) -> None:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("closed at the greeting")
    smtp.sock.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    )  # else a mail's last bytes wait until its first are acknowledged
    if settings.security == "starttls":
        smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo_or_helo_if_needed()
    if settings.username:
        smtp.login(settings.username, settings.password.get_secret_value())


def _announce(smtp: smtplib.SMTP, size: int, sender: str, recipient: str) -> None:
    """Send MAIL, RCPT and DATA, until the server asks for the mail; in one write with PIPELINING, else one by one."""
    sized = f" size={size}" if smtp.has_extn("size") else ""
    commands = {"MAIL": f"MAIL FROM:<{sender}>{sized}", "RCPT": f"RCPT TO:<{recipient}>", "DATA": "DATA"}
    if smtp.has_extn("pipelining"):
        smtp.send("".join(f"{command}\r\n" for command in commands.values()))
        _expect_all(smtp, tuple(commands))
        return
    for phase, command in commands.items():
        _expect(phase, *smtp.docmd(command))


def _expect_all(smtp: smtplib.SMTP, phases: tuple[str, ...]) -> None:
    """Read the answer to every phase, then raise the first bad one: an unread answer would be taken for a later one's.

    If the server refused and still asks for the mail, the connection is cut: even an empty mail might be delivered.
    """
    fault: Refused | Deferred | None = None
    for phase in phases:
        try:
            code, reply = smtp.getreply()
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException):
            if fault is None:
                raise
            smtp.close()
            break
        if fault is not None and phase == "DATA" and code == WANTS_MAIL:
            smtp.close()
        try:
            _expect(phase, code, reply)
        except (Refused, Deferred) as error:
            fault = fault or error
    if fault is not None:
        raise fault


def _hand_over(smtp: smtplib.SMTP, mail: bytes) -> None:
    """Write a mail with its final dot; an error proves that the dot was not sent.

    Uses `send` and not `sendall`: the bytes of a failed call were not taken, so the last call, which holds the dot,
    either hands it to the system or raises.
    """
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("closed")
    rest = memoryview(mail)
    try:
        while rest:
            rest = rest[smtp.sock.send(rest) :]
    except OSError as error:
        smtp.close()
        raise smtplib.SMTPServerDisconnected(str(error)) from None


def _expect(phase: str, code: int, reply: bytes) -> None:
    """Raise what the answer means, unless it is the one that the phase hopes for."""
    if code == WANTS_MAIL if phase == "DATA" else 200 <= code < 300:
        return
    detail = f"{phase}: {code} {_readable(reply)}"
    if code == WANTS_LOGIN:
        raise NoConnection(f"{detail} (see mail.security, mail.username)")
    if code in SESSION_OVER:
        raise _SessionOver(detail)
    if 500 <= code < 600:
        raise Refused(detail)
    raise (Deferred if 400 <= code < 500 else _SessionOver)(detail)


def _readable(reply: bytes) -> str:
    """A server's reply on one line, without addresses: replies are stored and shown, addresses are not."""
    text = " ".join(reply.decode("ascii", "replace").split())
    return re.sub(r"[^\s<>]+@[^\s<>]+", "address", text)[:REPLY_LENGTH]


def _stuffed(message: bytes) -> bytes:
    """A mail with its dots stuffed for DATA (RFC 5321 4.5.2). ValueError for a bare CR or LF: it can fool servers."""
    ends = message.count(b"\r\n")
    if message.count(b"\n") != ends or message.count(b"\r") != ends or not message.endswith(b"\r\n"):
        raise ValueError("a mail's lines must all end in CRLF")
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if message.startswith(b".") else stuffed


def _file_name(message: bytes) -> str:
    head = message.partition(b"\r\n\r\n")[0]
    header = re.search(rb"(?im)^Message-ID: *<([^<>\r\n]+)>", head)
    name = header[1].decode("ascii", "replace") if header else sha256(message).hexdigest()
    return re.sub(r"[^A-Za-z0-9.@_-]", "_", name).lstrip(".") + ".eml"
