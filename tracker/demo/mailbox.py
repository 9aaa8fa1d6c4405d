"""A mail server on loopback that keeps received messages in memory, for the demo and for trying out sending."""

from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message: the envelope's addresses, and the bytes as received."""

    sender: str
    recipients: tuple[str, ...]
    body: bytes


@dataclass(slots=True)
class Mailbox:
    """The server's address and the messages received so far, in order of arrival."""

    host: str = "127.0.0.1"
    port: int = 0
    messages: list[Received] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message; aiosmtpd calls this when the last byte is in."""
        body = envelope.original_content or b""
        self.messages.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), body))
        return "250 OK"


@contextmanager
def demo_mailbox() -> Iterator[Mailbox]:
    """Run a mailbox on a free loopback port; it takes mail until the block ends and stays readable afterwards."""
    mailbox = Mailbox()
    controller = _FreePort(mailbox, hostname=mailbox.host, port=0)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


class _FreePort(Controller):
    """An aiosmtpd controller for port 0: it must learn the real port before it connects to its own server."""

    def _trigger_server(self) -> None:
        self.port = cast(Server, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
