"""Returned mails as servers write them, made for the tests. Does not hold tests."""

from datetime import UTC, datetime

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
TO = ("To", "bounces@vahti.example")


def report(
    status: str,
    said: str,
    action: str = "failed",
    to: tuple[str, str] = TO,
    original: str = "Subject: digest\r\n",
    as_headers: bool = False,
) -> bytes:
    """A delivery report (RFC 3464), with our mail or only its headers."""
    kind = "text/rfc822-headers" if as_headers else "message/rfc822"
    body = original if as_headers else f"{original}\r\nbody\r\n"
    lines = [
        "From: MAILER-DAEMON@mail.lahti.example",
        f"{to[0]}: <{to[1]}>",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is the mail system. Your mail could not be delivered.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mail.lahti.example",
        "",
        "Final-Recipient: rfc822; anna@lahti.example",
        f"Action: {action}",
        *([f"Status: {status}"] if status else []),
        f"Diagnostic-Code: {said}",
        "",
        "--b",
        f"Content-Type: {kind}",
        "",
        body,
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def complaint(word: str, to: tuple[str, str] = TO, original: str = "Subject: digest\r\n") -> bytes:
    """A complaint (ARF, RFC 5965)."""
    lines = [
        "From: feedback@lahti.example",
        f"{to[0]}: <{to[1]}>",
        "Subject: complaint",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"',
        "",
        "--b",
        "Content-Type: text/plain",
        "",
        "This is a report of a mail that its reader did not want.",
        "--b",
        "Content-Type: message/feedback-report",
        "",
        f"Feedback-Type: {word}",
        "User-Agent: SomeGenerator/1.0",
        "Version: 1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        f"{original}\r\nbody\r\n",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def auto_reply(header: str, to: tuple[str, str] = TO) -> bytes:
    """Somebody's answer, with this header."""
    lines = ["From: anna@lahti.example", f"{to[0]}: <{to[1]}>", "Subject: Poissa: lomalla", header, "", "Palaan pian."]
    return "\r\n".join([*lines, ""]).encode()


def qmail_report(said: str) -> bytes:
    """What qmail writes."""
    lines = [
        "From: MAILER-DAEMON@mail.lahti.example",
        "To: bounces@vahti.example",
        "Subject: failure notice",
        "",
        "Hi. This is the qmail-send program at mail.lahti.example.",
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        "",
        "<anna@lahti.example>:",
        said,
        "",
        "--- Below this line is a copy of the message.",
        "",
    ]
    return "\n".join(lines).encode()


def exim_report(said: str) -> bytes:
    """What Exim writes."""
    lines = [
        "From: Mail Delivery System <Mailer-Daemon@mail.lahti.example>",
        "To: bounces@vahti.example",
        "X-Failed-Recipients: anna@lahti.example",
        "Auto-Submitted: auto-replied",
        "Subject: Mail delivery failed: returning message to sender",
        "",
        "This message was created automatically by mail delivery software.",
        "",
        "  anna@lahti.example",
        f"    host mx.lahti.example said: {said}",
        "",
    ]
    return "\n".join(lines).encode()
