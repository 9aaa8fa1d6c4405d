"""Mailboxes: an IMAP folder is read over a real connection, and nothing is marked before it is dealt with."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import ValidationError

from tests.support.refused import refused
from tests.support.scripted import scripted
from tracker.emails.mailboxes import BounceSettings, in_imap, unread
from tracker.errors import MailboxError
from tracker.refusals import said

LOGIN = re.compile(r'LOGIN "?bounces"? "right"')


class ImapServer:
    """As much of an IMAP server as a reader of bounces needs (RFC 3501): mails by UID, and which of them are seen."""

    def __init__(self, **mails: bytes) -> None:
        self.mails = {name.removeprefix("uid"): content for name, content in mails.items()}
        self.seen: list[str] = []
        self.heard: list[str] = []

    def talk(self, connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        with connection.makefile("rb") as lines:
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                self.heard.append(command)
                connection.sendall(self.answer(tag, command))
                if command == "LOGOUT":
                    return

    def answer(self, tag: str, command: str) -> bytes:
        if command.startswith("LOGIN") and not LOGIN.fullmatch(command):
            return f"{tag} NO bounces@vahti.example may not\r\n".encode()
        if command.startswith("SELECT") and "INBOX" not in command:
            return f"{tag} NO there is none\r\n".encode()
        return self.untagged(command) + f"{tag} OK done\r\n".encode()

    def untagged(self, command: str) -> bytes:
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1\r\n"
        if command.startswith("SELECT"):
            return f"* {len(self.mails)} EXISTS\r\n".encode()
        if command == "UID SEARCH UNSEEN":
            return f"* SEARCH {' '.join(uid for uid in self.mails if uid not in self.seen)}\r\n".encode()
        if fetched := re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]\)", command):
            mail = self.mails[fetched[1]]
            return b"* 1 FETCH (UID %s BODY[] {%d}\r\n%s)\r\n" % (fetched[1].encode(), len(mail), mail)
        if stored := re.fullmatch(r"UID STORE (\d+) \+FLAGS \(\\Seen\)", command):
            self.seen.append(stored[1])
        return b""


@contextmanager
def serving(server: ImapServer, identity: ssl.SSLContext | None = None) -> Iterator[int]:
    """The server on a free port, for one connection after another; under TLS where it has an identity."""

    def talk(connection: socket.socket) -> None:
        with suppress(OSError):
            if identity is None:
                server.talk(connection)
                return
            with identity.wrap_socket(connection, server_side=True) as encrypted:
                server.talk(encrypted)

    with scripted(talk) as port:
        yield port


def settings(port: int, **more: object) -> BounceSettings:
    usual: dict[str, object] = {"source": "imap", "host": "localhost", "port": port, "security": "none"}
    login = {"username": "bounces", "password": "right", "timeout_seconds": 2}
    return BounceSettings.model_validate(usual | login | more)


def test_unseen_mails_are_read_and_seen_only_when_they_are_dealt_with() -> None:
    server = ImapServer(uid7=b"Subject: one\r\n\r\n", uid9=b"Subject: two\r\n\r\n")
    with serving(server) as port:
        mails = in_imap(settings(port))
        first = next(mails)
        assert (first.raw, server.seen) == (b"Subject: one\r\n\r\n", [])
        first.done()
        assert server.seen == ["7"]
        mails.close()
        assert [mail.raw for mail in in_imap(settings(port))] == [b"Subject: two\r\n\r\n"]


@pytest.mark.usefixtures("trusted")
def test_the_connection_is_encrypted_unless_it_is_told_otherwise(identity: ssl.SSLContext) -> None:
    with serving(ImapServer(uid1=b"x"), identity) as port:
        assert [mail.raw for mail in in_imap(settings(port, security="tls"))] == [b"x"]
    assert BounceSettings().security == "tls"


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(identity: ssl.SSLContext) -> None:
    server = ImapServer(uid1=b"x")
    with serving(server, identity) as port, refused(MailboxError, r"(?i)certificate"):
        list(in_imap(settings(port, security="tls")))
    assert server.heard == []


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"folder": "Elsewhere"}])
def test_a_mailbox_that_cannot_be_used_says_so_without_the_password_or_an_address(wrong: dict[str, str]) -> None:
    with serving(ImapServer(uid1=b"x")) as port, pytest.raises(MailboxError) as caught:
        list(in_imap(settings(port, **wrong)))
    [line] = said(caught.value, "en")
    assert line.startswith("bounces.host cannot be used: ")
    assert not re.search("wrong|vahti", f"{caught.value} {line}")


def test_a_server_that_is_gone_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    with refused(MailboxError, r"bounces\.host cannot be used: ConnectionRefusedError"):
        list(in_imap(settings(port)))


def test_where_no_source_is_named_nothing_is_read() -> None:
    assert list(unread(BounceSettings())) == []


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"source": "maildir"}, "path is missing"),
        ({"source": "imap"}, "host or username is missing"),
        ({"source": "imap", "host": "mail.example", "username": "x", "security": "none"}, "needs tls"),
        ({"source": "pop"}, "Input should be"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_is_missing(given: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        BounceSettings.model_validate(given)


def test_whoever_is_told_to_stop_waits_for_no_mailbox_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        with pytest.raises(InterruptedError):
            list(in_imap(settings(silent.getsockname()[1], timeout_seconds=30), stop))
