"""Mailboxes: fetch returned mails from a Maildir, an IMAP folder, or a pipe.

The only module that imports imaplib. A mail is marked as read only when the caller calls `done`, so one whose handling
failed is fetched again. Does not interpret a mail (`tracker.emails.bounces`).
"""

import imaplib
import re
import ssl
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, Self

from pydantic import Field, SecretStr, model_validator

from tracker.emails.mailer import LOOPBACK
from tracker.errors import Code, MailboxError
from tracker.strict import Strict
from tracker.waiting import done_unless_stopped

SEEN = "S"
SEEN_FLAG = r"(\Seen)"


class BounceSettings(Strict):
    """Where to read returned mails from, and how many mailboxes they may ban."""

    source: Literal["", "maildir", "imap"] = ""
    path: Path = Field(Path(), description="of maildir: the folder that holds new and cur")
    host: str = ""
    port: int = Field(993, ge=1, le=65535)
    security: Literal["tls", "none"] = "tls"
    username: str = ""
    password: SecretStr = SecretStr("")
    folder: str = "INBOX"
    timeout_seconds: float = Field(30, gt=0)
    most_bans: int = Field(5, ge=0, description="mailboxes banned in a day without a person's word, …")
    most_bans_percent: float = Field(2, ge=0, le=100, description="… or so many of a hundred, whichever is more")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.source == "maildir" and self.path == Path():
            raise ValueError("path is missing: source maildir needs it")
        if self.source == "imap" and not (self.host and self.username):
            raise ValueError("host or username is missing: source imap needs both")
        if self.source == "imap" and self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("security is none: a login needs tls, unless the server is on this machine")
        return self


class ReturnedMail(NamedTuple):
    """A returned mail, and the function to call when it has been dealt with."""

    raw: bytes
    done: Callable[[], None]


def piped(raw: bytes) -> list[ReturnedMail]:
    """The one mail that a mail server pipes in."""
    return [ReturnedMail(raw, lambda: None)]


def in_maildir(folder: Path) -> Iterator[ReturnedMail]:
    """Every unread mail, oldest first; `done` moves it to `cur` as seen. MailboxError if the folder is no Maildir."""
    if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
        raise MailboxError(Code.NO_MAILDIR, folder=folder)
    unread = [file for part in ("new", "cur") for file in (folder / part).iterdir() if SEEN not in _flags(file)]
    for file in sorted(unread, key=lambda file: file.name):
        yield ReturnedMail(file.read_bytes(), partial(_mark_seen, file, folder))


def _flags(file: Path) -> str:
    return file.name.partition(":2,")[2]


def _mark_seen(file: Path, folder: Path) -> None:
    name, _, flags = file.name.partition(":2,")
    file.replace(folder / "cur" / f"{name}:2,{''.join(sorted(flags + SEEN))}")


def in_imap(settings: BounceSettings, stop: threading.Event | None = None) -> Generator[ReturnedMail, None, None]:
    """Every unseen mail of the folder; `done` marks it as seen. MailboxError if the server cannot be used.

    InterruptedError if the process is told to stop before there is a session.
    """
    with _logged_in(settings, stop or threading.Event()) as imap:
        for uid in _data_of(imap.uid("SEARCH", "UNSEEN")).split():
            yield ReturnedMail(_content(imap, uid), partial(_store_seen, imap, uid))


@contextmanager
def _logged_in(settings: BounceSettings, stop: threading.Event) -> Iterator[imaplib.IMAP4]:
    try:
        with done_unless_stopped(stop, partial(_dial, settings)) as imap:
            imap.login(settings.username, settings.password.get_secret_value())
            _data_of(imap.select(f'"{settings.folder}"'))
            yield imap
    except InterruptedError:
        raise
    except (imaplib.IMAP4.error, OSError) as error:
        masked = re.sub(r"[^\s<>'\"]+@[^\s<>'\"]+", "address", str(error))
        raise MailboxError(Code.NO_MAILBOX, why=f"{type(error).__name__}: {masked}") from None


def _dial(settings: BounceSettings) -> imaplib.IMAP4:
    if settings.security == "none":
        return imaplib.IMAP4(settings.host, settings.port, settings.timeout_seconds)
    trusted = ssl.create_default_context()
    return imaplib.IMAP4_SSL(settings.host, settings.port, ssl_context=trusted, timeout=settings.timeout_seconds)


def _content(imap: imaplib.IMAP4, uid: bytes) -> bytes:
    answer = imap.uid("FETCH", uid.decode(), "(BODY.PEEK[])")  # without PEEK the server marks it as seen at once
    parts = [part for part in answer[1] if isinstance(part, tuple)]
    if answer[0] != "OK" or not parts:
        raise imaplib.IMAP4.error(f"mail {uid.decode()} cannot be fetched")
    return bytes(parts[0][1])


def _store_seen(imap: imaplib.IMAP4, uid: bytes) -> None:
    _data_of(imap.uid("STORE", uid.decode(), "+FLAGS", SEEN_FLAG))


def _data_of(answer: tuple[str, list[bytes | None]]) -> bytes:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(f"the server says {answer[0]}")
    return (answer[1][0] or b"") if answer[1] else b""


def unread(settings: BounceSettings, stop: threading.Event | None = None) -> Iterator[ReturnedMail]:
    """Every unread mail of the configured source; none if no source is configured."""
    if settings.source == "maildir":
        return in_maildir(settings.path)
    if settings.source == "imap":
        return in_imap(settings, stop)
    return iter(())
