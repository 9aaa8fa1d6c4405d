"""Mailer: what became of one mail, against servers that accept, refuse, defer, hang up and ask for a login."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import ValidationError

from tests.support.scripted import Play, scripted
from tracker.emails.mailer import (
    FileTransport,
    MailSettings,
    NoConnection,
    Pace,
    SmtpTransport,
    is_allowed,
    open_pace,
    open_transport,
)
from tracker.errors import Deferred, OutcomeUnknown, Refused

SENDER = "digest@vahti.example"
ANNA = "anna@lahti.example"
MAIL = b"To: anna@lahti.example\r\nMessage-ID: <31.5.abc@vahti.example>\r\nSubject: x\r\n\r\nFirst\r\n.\r\n..two\r\n"


class Server:
    """An SMTP server's mind: what it took and saw, and by recipient's name whom it refuses or defers."""

    def __init__(self, pipelines: bool = False) -> None:
        self.pipelines = pipelines
        self.taken: list[tuple[str, bytes]] = []
        self.senders: list[str] = []
        self.greetings = 0
        self.most_in_a_session = 1000
        self.final = "250 OK"
        self._in_session: dict[object, int] = {}

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.greetings += 1
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]] if self.pipelines else responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._in_session[session] = self._in_session.get(session, 0) + 1
        if self._in_session[session] > self.most_in_a_session:
            return "452 4.5.3 Too many messages sent"
        if address.startswith("stranger@"):
            return f"550 5.7.1 Sender <{address}> not allowed"
        envelope.mail_from = address
        self.senders.append(address)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answers = {"nobody": f"550 5.1.1 <{address}>: no such user", "busy": "451 4.7.1 Greylisted, come back later"}
        answers["closing"] = "421 4.3.2 Shutting down"
        answer = answers.get(address.partition("@")[0], "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.final.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken += [(address, envelope.content) for address in envelope.rcpt_tos]
        return self.final


def settings(port: int, **more: object) -> MailSettings:
    base: dict[str, object] = {"transport": "smtp", "host": "127.0.0.1", "port": port, "timeout_seconds": 5}
    return MailSettings.model_validate(base | more)


@contextmanager
def serving(mind: Server, **options: Any) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number = free.getsockname()[1]
    controller = Controller(mind, hostname="127.0.0.1", port=number, **options)
    controller.start()
    try:
        yield number
    finally:
        controller.stop()


@contextmanager
def connected(port: int, **more: object) -> Iterator[SmtpTransport]:
    with closing(SmtpTransport(settings(port, **more))) as transport:
        yield transport


@pytest.fixture(params=[False, True], ids=["step by step", "pipelined"])
def mind(request: pytest.FixtureRequest) -> Server:
    return Server(pipelines=request.param)


@pytest.fixture
def port(mind: Server) -> Iterator[int]:
    with serving(mind) as listening:
        yield listening


@pytest.fixture
def transport(port: int) -> Iterator[SmtpTransport]:
    with connected(port) as opened:
        yield opened


def test_a_mail_arrives_as_it_was_with_its_dots(transport: SmtpTransport, mind: Server) -> None:
    transport.send(MAIL, SENDER, ANNA)
    assert mind.taken == [(ANNA, MAIL)]
    assert mind.senders == [SENDER]


def test_many_mails_share_one_connection_and_one_greeting(transport: SmtpTransport, mind: Server) -> None:
    for _ in range(30):
        transport.send(MAIL, SENDER, ANNA)
    assert (len(mind.taken), mind.greetings) == (30, 1)


def test_a_connection_is_renewed_after_so_many_mails(port: int, mind: Server) -> None:
    with connected(port, messages_per_connection=10) as transport:
        for _ in range(25):
            transport.send(MAIL, SENDER, ANNA)
    assert (len(mind.taken), mind.greetings) == (25, 3)


def test_a_server_that_has_had_enough_of_a_session_gets_the_mail_in_a_new_one(
    transport: SmtpTransport, mind: Server
) -> None:
    mind.most_in_a_session = 4
    for _ in range(10):
        transport.send(MAIL, SENDER, ANNA)
    assert (len(mind.taken), mind.greetings) == (10, 3)


def test_a_server_that_has_had_enough_at_once_is_not_asked_a_third_time(transport: SmtpTransport, mind: Server) -> None:
    mind.most_in_a_session = 0
    with pytest.raises(Deferred, match="MAIL: 452"):
        transport.send(MAIL, SENDER, ANNA)
    assert mind.greetings == 2


def test_an_unknown_mailbox_is_refused_and_the_next_mail_goes_on(transport: SmtpTransport, mind: Server) -> None:
    with pytest.raises(Refused, match=r"RCPT: 550 5\.1\.1"):
        transport.send(MAIL, SENDER, "nobody@lahti.example")
    transport.send(MAIL, SENDER, ANNA)
    assert [address for address, _ in mind.taken] == [ANNA]
    assert mind.greetings == 1


def test_what_is_kept_of_a_reply_names_no_address(transport: SmtpTransport) -> None:
    with pytest.raises(Refused) as caught:
        transport.send(MAIL, SENDER, "nobody@lahti.example")
    assert caught.value.reply == "RCPT: 550 5.1.1 <address>: no such user"


def test_a_greylisting_server_defers(transport: SmtpTransport, mind: Server) -> None:
    with pytest.raises(Deferred, match="RCPT: 451"):
        transport.send(MAIL, SENDER, "busy@lahti.example")
    assert mind.taken == []


def test_a_server_that_shuts_down_is_tried_once_more_then_deferred(transport: SmtpTransport, mind: Server) -> None:
    with pytest.raises(Deferred, match="RCPT: 421"):
        transport.send(MAIL, SENDER, "closing@lahti.example")
    assert mind.greetings == 2


def test_a_sender_that_the_server_refuses_is_refused(transport: SmtpTransport) -> None:
    with pytest.raises(Refused, match="MAIL: 550"):
        transport.send(MAIL, "stranger@elsewhere.example", ANNA)


@pytest.mark.parametrize(
    ("final", "outcome"), [("554 5.7.1 Looks like spam", Refused), ("451 4.3.0 Try again", Deferred)]
)
def test_a_mail_that_is_read_and_not_taken_says_so(
    transport: SmtpTransport, mind: Server, final: str, outcome: type[Exception]
) -> None:
    mind.final = final
    with pytest.raises(outcome, match=final[:3]):
        transport.send(MAIL, SENDER, ANNA)


@pytest.mark.parametrize(
    "recipient", ["anna", "anna@lähti.example", "a b@c.example", "a@b.example\r\nDATA", "<a@b.c>", ""]
)
def test_what_is_no_plain_address_never_reaches_the_server(
    transport: SmtpTransport, mind: Server, recipient: str
) -> None:
    with pytest.raises(Refused, match="not an address"):
        transport.send(MAIL, SENDER, recipient)
    assert mind.greetings == 0


def test_a_bare_line_end_is_not_sent(transport: SmtpTransport, mind: Server) -> None:
    with pytest.raises(ValueError, match="CRLF"):
        transport.send(b"Subject: x\r\n\r\nend\n.\nMAIL FROM:<x@y.example>\r\n", SENDER, ANNA)
    assert (mind.senders, mind.taken) == ([], [])


def test_nothing_goes_to_a_stranger_outside_production(port: int, mind: Server) -> None:
    with connected(port, allow=["region.example"]) as transport:
        with pytest.raises(Refused, match="on mail\\.allow"):
            transport.send(MAIL, SENDER, ANNA)
        transport.send(MAIL, SENDER, "ben@region.example")
    assert [address for address, _ in mind.taken] == ["ben@region.example"]


@pytest.mark.parametrize(
    ("allow", "recipient", "allowed"),
    [
        ((), ANNA, True),
        (("lahti.example",), ANNA, True),
        (("@LAHTI.example",), "Anna@Lahti.Example", True),
        ((ANNA,), ANNA, True),
        ((ANNA,), "ben@lahti.example", False),
        (("päijäthäme.example",), "info@xn--pijthme-5wacc.example", True),
        (("Info@PÄIJÄTHÄME.example",), "info@xn--pijthme-5wacc.example", True),
        (("xn--pijthme-5wacc.example",), "info@päijäthäme.example", True),
        (("info@päijäthäme.example",), "other@xn--pijthme-5wacc.example", False),
        (("lahti.example",), "anna@evil-lahti.example", False),
        (("lahti.example",), "anna@sub.lahti.example", False),
    ],
)
def test_the_allow_list_holds_addresses_and_whole_domains(
    allow: tuple[str, ...], recipient: str, allowed: bool
) -> None:
    assert is_allowed(MailSettings(allow=allow), recipient) is allowed


def test_no_server_at_all_is_told_apart_from_a_recipients_deferral() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with connected(reserved.getsockname()[1]) as transport, pytest.raises(NoConnection, match="no session"):
            transport.send(MAIL, SENDER, ANNA)


def until(end: bytes, connection: socket.socket) -> None:
    heard = b""
    while not heard.endswith(end):
        more = connection.recv(65536)
        if not more:
            return
        heard += more


def up_to_data(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        until(b"\r\n", connection)
        connection.sendall(answer)


def hangs_up_after_the_mail(connection: socket.socket) -> None:
    up_to_data(connection)
    until(b"\r\n.\r\n", connection)


def falls_silent_after_the_mail(connection: socket.socket) -> None:
    up_to_data(connection)
    until(b"\r\n.\r\n", connection)
    until(b"never", connection)


def talks_nonsense_after_the_mail(connection: socket.socket) -> None:
    up_to_data(connection)
    until(b"\r\n.\r\n", connection)
    connection.sendall(b"What was that?\r\n")
    until(b"never", connection)


def resets_instead_of_reading(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    up_to_data(connection)
    connection.recv(1)


def hangs_up_at_once(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    until(b"\r\n", connection)


def takes_the_mail(connection: socket.socket) -> None:
    up_to_data(connection)
    until(b"\r\n.\r\n", connection)
    connection.sendall(b"250 taken\r\n")
    until(b"quit\r\n", connection)


def then_drops_an_idle_session(connection: socket.socket) -> None:
    up_to_data(connection)
    until(b"\r\n.\r\n", connection)
    connection.sendall(b"250 taken\r\n")


@pytest.mark.parametrize("play", [hangs_up_after_the_mail, falls_silent_after_the_mail, talks_nonsense_after_the_mail])
def test_no_final_answer_leaves_the_outcome_unknown_and_the_mail_is_not_sent_again(play: Play) -> None:
    scenes: list[str] = []

    def counted(connection: socket.socket) -> None:
        scenes.append("played")
        play(connection)

    with scripted(counted) as port, connected(port, timeout_seconds=0.4) as transport, pytest.raises(OutcomeUnknown):
        transport.send(MAIL, SENDER, ANNA)
    assert scenes == ["played"]


def test_a_session_of_unknown_outcome_is_not_used_again() -> None:
    with scripted(hangs_up_after_the_mail, takes_the_mail) as port, connected(port) as transport:
        with pytest.raises(OutcomeUnknown):
            transport.send(MAIL, SENDER, ANNA)
        transport.send(MAIL, SENDER, ANNA)


def test_a_connection_lost_while_the_mail_is_on_its_way_was_certainly_no_delivery() -> None:
    large = MAIL + b"x" * 70 + b"\r\n" + (b"line\r\n" * 4_000_000)
    with (
        scripted(resets_instead_of_reading) as port,
        connected(port) as transport,
        pytest.raises(Deferred, match="before the mail was sent"),
    ):
        transport.send(large, SENDER, ANNA)


class Pipelining:
    """A raw server that offers PIPELINING and answers MAIL, RCPT and DATA as it is told, all at once; None: hangs up.

    `heard` is what came after the three commands, up to the end of the connection.
    """

    def __init__(self, *answers: str | None) -> None:
        self.answers = answers
        self.heard = b""
        self.lines = b""

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(b"220 hello\r\n")
        until(b"\r\n", connection)
        connection.sendall(b"250-hello\r\n250 PIPELINING\r\n")
        self.lines = read_lines(3, connection)
        for answer in self.answers:
            if answer is None:
                return
            connection.sendall(f"{answer}\r\n".encode())
        with suppress(OSError):
            while more := connection.recv(65536):
                self.heard += more
                if self.heard.endswith(b"\r\n.\r\n"):
                    connection.sendall(b"250 taken\r\n")
                elif self.heard.lower().endswith(b"rset\r\n"):
                    connection.sendall(b"250 ok\r\n")


def read_lines(count: int, connection: socket.socket) -> bytes:
    heard = b""
    while heard.count(b"\r\n") < count and (more := connection.recv(65536)):
        heard += more
    return heard


def send_pipelined(server: Pipelining) -> None:
    with scripted(server) as port, connected(port, timeout_seconds=0.6) as transport:
        transport.send(MAIL, SENDER, ANNA)


def test_mail_rcpt_and_data_leave_together_and_the_mail_after_their_answers() -> None:
    server = Pipelining("250 ok", "250 ok", "354 go on")
    send_pipelined(server)
    assert server.lines == f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{ANNA}>\r\nDATA\r\n".encode()
    assert server.heard.startswith(b"To: anna@lahti.example\r\n")


REFUSED_AND_YET_ASKED_FOR = [
    (("250 ok", "550 5.1.1 no such user", "354 go on"), Refused, "RCPT: 550"),
    (("250 ok", "451 4.7.1 later", "354 go on"), Deferred, "RCPT: 451"),
    (("550 5.7.1 not you", "250 ok", "354 go on"), Refused, "MAIL: 550"),
    (("250 ok", "what was that", "354 go on"), Deferred, "RCPT: -1"),
]


@pytest.mark.parametrize(("answers", "outcome", "said"), REFUSED_AND_YET_ASKED_FOR)
def test_a_server_that_refuses_and_yet_asks_for_the_mail_gets_not_a_byte_of_it(
    answers: tuple[str, ...], outcome: type[Exception], said: str
) -> None:
    server = Pipelining(*answers)
    with pytest.raises(outcome, match=said):
        send_pipelined(server)
    assert server.heard == b""


ANSWERED_BADLY = [
    (("250 ok", "550 5.1.1 no such user", "503 no recipients"), Refused, "RCPT: 550"),
    (("451 not now", "503 MAIL first", "503 MAIL first"), Deferred, "MAIL: 451"),
    (("250 ok", "250 ok", "554 no"), Refused, "DATA: 554"),
    (("250 ok", "250 ok", "250 what mail"), Deferred, "DATA: 250"),
    (("250 ok", "550 5.1.1 no such user", None), Refused, "RCPT: 550"),
    (("421 closing", None), Deferred, "MAIL: 421"),
    (("250 ok", "250 ok", None), Deferred, "before the mail was sent"),
    ((None,), Deferred, "before the mail was sent"),
    (("250 ok", "250 ok"), Deferred, "before the mail was sent"),
]


@pytest.mark.parametrize(("answers", "outcome", "said"), ANSWERED_BADLY)
def test_whatever_goes_wrong_before_the_mail_is_asked_for_it_is_not_sent_and_the_first_fault_is_told(
    answers: tuple[str | None, ...], outcome: type[Exception], said: str
) -> None:
    server = Pipelining(*answers)
    with pytest.raises(outcome, match=said):
        send_pipelined(server)
    assert b"Subject" not in server.heard


def test_a_refused_recipient_in_a_pipeline_leaves_the_session_in_step(port: int, mind: Server) -> None:
    with connected(port) as transport:
        for _ in range(5):
            with pytest.raises(Refused, match=r"RCPT: 550 5\.1\.1"):
                transport.send(MAIL, SENDER, "nobody@lahti.example")
            transport.send(MAIL, SENDER, ANNA)
    assert ([address for address, _ in mind.taken], mind.greetings) == ([ANNA] * 5, 1)


def test_a_sender_that_could_break_out_of_its_line_is_no_sender(transport: SmtpTransport, mind: Server) -> None:
    with pytest.raises(ValueError, match="envelope's sender"):
        transport.send(MAIL, "a@b.example>\r\nRCPT TO:<c@d.example", ANNA)
    assert mind.greetings == 0


def test_a_session_that_was_dropped_while_idle_costs_no_mail() -> None:
    with scripted(then_drops_an_idle_session, takes_the_mail) as port, connected(port) as transport:
        transport.send(MAIL, SENDER, ANNA)
        transport.send(MAIL, SENDER, ANNA)


def test_a_server_that_hangs_up_at_the_greeting_is_no_connection() -> None:
    with scripted(hangs_up_at_once) as port, connected(port) as transport, pytest.raises(NoConnection):
        transport.send(MAIL, SENDER, ANNA)


def only_anna(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
    is_anna = isinstance(data, LoginPassword) and (data.login, data.password) == (b"anna", b"right")
    return AuthResult(success=is_anna, handled=is_anna)


Serving = AbstractContextManager[int]


def starttls(mind: Server, identity: ssl.SSLContext) -> Serving:
    return serving(mind, tls_context=identity, require_starttls=True, authenticator=only_anna, auth_required=True)


@pytest.mark.usefixtures("trusted")
def test_a_mail_goes_out_under_starttls_and_a_login(mind: Server, identity: ssl.SSLContext) -> None:
    with (
        starttls(mind, identity) as port,
        connected(port, host="localhost", security="starttls", username="anna", password="right") as transport,
    ):
        transport.send(MAIL, SENDER, ANNA)
    assert mind.taken == [(ANNA, MAIL)]


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_our_fault_and_refuses_no_recipient(mind: Server, identity: ssl.SSLContext) -> None:
    with (
        starttls(mind, identity) as port,
        connected(port, host="localhost", security="starttls", username="anna", password="wrong") as transport,
        pytest.raises(NoConnection, match="535") as caught,
    ):
        transport.send(MAIL, SENDER, ANNA)
    assert "wrong" not in str(caught.value)


@pytest.mark.usefixtures("trusted")
def test_a_server_that_wants_a_login_refuses_no_recipient(mind: Server, identity: ssl.SSLContext) -> None:
    with (
        starttls(mind, identity) as port,
        connected(port, host="localhost", security="starttls") as transport,
        pytest.raises(NoConnection, match="530"),
    ):
        transport.send(MAIL, SENDER, ANNA)


@pytest.mark.usefixtures("trusted")
def test_a_mail_goes_out_under_tls_from_the_first_byte(mind: Server, identity: ssl.SSLContext) -> None:
    with serving(mind, ssl_context=identity) as port, connected(port, host="localhost", security="tls") as transport:
        transport.send(MAIL, SENDER, ANNA)
    assert mind.taken == [(ANNA, MAIL)]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_accepted(
    mind: Server, identity: ssl.SSLContext, security: str
) -> None:
    options = {"ssl_context": identity} if security == "tls" else {"tls_context": identity}
    with (
        serving(mind, **options) as port,
        connected(port, host="localhost", security=security) as transport,
        pytest.raises(NoConnection, match=r"(?i)certificate"),
    ):
        transport.send(MAIL, SENDER, ANNA)
    assert mind.taken == []


def test_a_server_without_starttls_gets_no_mail_in_the_clear(port: int, mind: Server) -> None:
    with connected(port, security="starttls") as transport, pytest.raises(NoConnection, match="STARTTLS"):
        transport.send(MAIL, SENDER, ANNA)
    assert mind.taken == []


def test_files_are_named_by_the_message_id_and_written_once(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path / "outbox")
    transport.send(MAIL, SENDER, ANNA)
    transport.send(MAIL, SENDER, ANNA)
    assert [file.name for file in (tmp_path / "outbox").iterdir()] == ["31.5.abc@vahti.example.eml"]
    assert (tmp_path / "outbox" / "31.5.abc@vahti.example.eml").read_bytes() == MAIL


def test_a_message_id_cannot_lead_out_of_the_outbox(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    FileTransport(outbox).send(MAIL.replace(b"31.5.abc", b"../../31"), SENDER, ANNA)
    assert [file.relative_to(outbox).as_posix() for file in tmp_path.rglob("*.eml")] == ["_.._31@vahti.example.eml"]


def test_a_mail_without_a_message_id_still_becomes_a_file(tmp_path: Path) -> None:
    FileTransport(tmp_path).send(b"Subject: x\r\n\r\nMessage-ID: <in@body>\r\n", SENDER, ANNA)
    (file,) = tmp_path.glob("*.eml")
    assert message_from_bytes(file.read_bytes())["Subject"] == "x"
    assert "in@body" not in file.name


def test_by_default_nothing_leaves_the_machine(tmp_path: Path) -> None:
    assert isinstance(open_transport(MailSettings(), tmp_path), FileTransport)


@pytest.mark.parametrize("per_minute", [None, 1])
def test_whoever_is_told_to_stop_waits_for_no_session_and_no_turn(per_minute: int | None) -> None:
    """The server takes the connection and never says a word; and the second mail's turn is in a minute."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stop, own = threading.Event(), settings(silent.getsockname()[1], timeout_seconds=30, per_minute=per_minute)
        pace = open_pace(own)
        if pace:
            pace.wait(stop)  # takes the first turn
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        with closing(SmtpTransport(own, pace, stop)) as transport, pytest.raises(NoConnection, match="told to stop"):
            transport.send(MAIL, SENDER, ANNA)
        assert time.monotonic() - begun < 5


def test_a_pace_is_opened_only_where_one_is_set() -> None:
    assert open_pace(MailSettings()) is None
    assert isinstance(open_pace(MailSettings(per_minute=60)), Pace)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"transport": "smtp"}, "host is missing"),
        ({"transport": "smtp", "host": "mail.region.example"}, "sender is missing"),
        ({"host": "mail.region.example", "username": "anna"}, "needs starttls or tls"),
        ({"sender": "Anna <anna@lahti.example>"}, "one plain address"),
        ({"sender": "anna@lahti.example\n"}, "one plain address"),
        ({"sender_name": "News\r\nBcc: x"}, "one line"),
        ({"list_id": "digest"}, "dotted name"),
        ({"base_url": "http://vahti.example"}, "must be https"),
        ({"base_url": "vahti.example"}, "https address"),
        ({"secret": "short"}, "at least 16"),
        ({"colour": "red"}, "Extra inputs"),
        ({"per_minute": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_what_is_missing(given: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        MailSettings.model_validate(given)
