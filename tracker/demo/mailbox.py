"""A mail server on loopback that keeps what arrives, for the demo and for whoever tries out sending.

Does not relay, judge or write anything to disk.
"""

from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    """One accepted message: the envelope's addresses, and the bytes as they came over the wire."""

    sender: str
    recipients: tuple[str, ...]
    body: bytes


@dataclass(slots=True)
class Mailbox:
    """Where the server listens and what has arrived so far, in order of arrival."""

    host: str = "127.0.0.1"
    port: int = 0
    messages: list[Received] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message; called by aiosmtpd when its last byte is in."""
        body = envelope.original_content or b""
        self.messages.append(Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), body))
        return "250 OK"


@contextmanager
def demo_mailbox() -> Iterator[Mailbox]:
    """A mailbox on a free port of loopback; it takes mail until the block ends and stays readable after it."""
    mailbox = Mailbox()
    controller = _FreePort(mailbox, hostname=mailbox.host, port=0)
    controller.start()
    mailbox.port = controller.port
    try:
        yield mailbox
    finally:
        controller.stop()


class _FreePort(Controller):
    """aiosmtpd greets its own server on the port that was asked for; with port 0 it has to learn the real one first."""

    def _trigger_server(self) -> None:
        self.port = cast(Server, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
