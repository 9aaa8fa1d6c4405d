"""Bounces: what a returned mail says, in the words of the servers that write them."""

from collections.abc import Callable
from email.message import Message
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.bounces import BounceKind
from tests.tracker.emails.returned import AT, auto_reply, complaint, exim_report, qmail_report, report
from tracker.emails import mime, tokens
from tracker.emails.bounces import read, signed_edition, signed_origin, unsigned_delivery
from tracker.emails.mailer import MailSettings
from tracker.emails.refusals import refusal
from tracker.emails.return_path import envelope_sender
from tracker.emails.tokens import BOUNCE, LETTER_BOUNCE

HARD, SOFT, POLICY, DELAYED = BounceKind.HARD, BounceKind.SOFT, BounceKind.POLICY, BounceKind.DELAYED
COMPLAINT, AUTO_REPLY, UNREADABLE = BounceKind.COMPLAINT, BounceKind.AUTO_REPLY, BounceKind.UNREADABLE
SECRET = b"a secret of the tests"
SETTINGS = MailSettings(sender="digest@vahti.example", bounces="bounces@vahti.example")

SHARED_KINDS = {
    "01-gmail-rate": SOFT,
    "01b-gmail-disabled": HARD,
    "02-exim-sender-verify": POLICY,
    "02c-sender-refused": POLICY,
    "02d-sender-domain": POLICY,
    "04-m365-dbeb": HARD,
    "05-group-member-gone": POLICY,
    "05c-first-soft-then-hard": HARD,
    "06-jmrp-old": COMPLAINT,
    "07-hmail-text-only": HARD,
    "08-oof-m365": AUTO_REPLY,
    "08b-oof-noheader": AUTO_REPLY,
    "08f-read-receipt": AUTO_REPLY,
    "09-gmx-unavailable": POLICY,
}

STATUSES = [
    ("5.1.1", "smtp; 550 5.1.1 <anna@lahti.example>: Recipient address rejected: User unknown", HARD),
    ("5.1.2", "smtp; Host or domain name not found", HARD),
    ("5.1.10", "smtp; 556 5.1.10 null MX", HARD),
    ("5.2.1", "smtp; 550 5.2.1 The email account that you tried to reach is inactive", HARD),
    ("5.2.2", "smtp; 552 5.2.2 Mailbox full", SOFT),
    ("5.3.0", "smtp; 554 5.3.0 system trouble", SOFT),
    ("5.4.4", "smtp; 550 5.4.4 unable to route", SOFT),
    ("4.4.7", "smtp; 451 4.4.7 message expired after five days", SOFT),
    ("5.7.1", "smtp; 550 5.7.1 no such luck: blocked by our rules", POLICY),
    ("5.7.26", "smtp; 550 5.7.26 unauthenticated mail is prohibited (DMARC)", POLICY),
    ("5.6.0", "smtp; 550 5.6.0 malformed", POLICY),
    ("5.2.3", "smtp; 552 5.2.3 message too large", POLICY),
    ("5.1.8", "smtp; 550 5.1.8 bad sender", POLICY),
    ("5.0.0", "smtp; 550 No such user here", HARD),
    ("5.0.0", "smtp; 552 mailbox is over quota", SOFT),
    ("5.0.0", "smtp; 550 something else", SOFT),
    ("", "smtp; 550 unknown user", HARD),
    ("", "smtp; 550 we do not want it", POLICY),
    # whose fault is it? Words and codes together
    ("5.2.1", "smtp; 550-5.2.1 This recipient gets mail at a rate that prevents more. Try again later.", SOFT),
    ("5.2.1", "smtp; 550 5.2.1 The account that you tried to reach is disabled", HARD),
    ("5.0.0", "smtp; 550-Verification failed for <b@vahti.example> 550-No Such User Here", POLICY),
    ("5.1.0", "smtp; 550 5.1.0 <b@vahti.example>: Sender address rejected: User unknown in virtual table", POLICY),
    ("5.0.0", "smtp; 553 the domain of your envelope sender does not exist", POLICY),
    ("5.7.25", "smtp; 550 5.7.25 no PTR record for 192.0.2.1; user unknown", POLICY),
    ("5.1.1", "smtp; 550 5.1.1 <b@vahti.example>: could not complete sender verify callout", POLICY),
    ("5.4.1", "smtp; 550 5.4.1 Recipient address rejected: Access denied", HARD),
    ("5.7.1", "smtp; 550 5.7.1 <anna@lahti.example>: Recipient address rejected: user unknown", HARD),
    ("5.5.0", "smtp; 550 5.5.0 Requested action not taken: mailbox unavailable", HARD),
    ("5.0.0", "smtp; 550-Requested action not taken: mailbox unavailable 550 Try again later", POLICY),
    ("5.1.1", "smtp; 550 5.1.1 blocked by our spam policy", POLICY),
    ("5.1.1", "smtp; 550 5.1.1 User unknown; you may try again when the name is right", HARD),
    # a code that says nothing leaves the word to the other
    ("5.0.0", "smtp; 550 5.1.1 sorry", HARD),
    ("5.0.0", "smtp; 550 #5.1.0 Address rejected", HARD),
    # the mailbox
    ("5.1.351", "smtp; 550 5.1.351 Remote server returned unknown recipient or mailbox unavailable", HARD),
    ("5.4.1", "smtp; 550 5.4.1 All recipient addresses rejected : Access denied. AS(201806281)", HARD),
    ("5.1.1", "smtp; 550 5.1.1 Recipient address rejected: User unknown in relay recipient table", HARD),
    ("5.0.0", "smtp; 554 delivery error: dd This user doesn't have a yahoo.com account [0]", HARD),
    ("5.0.0", "smtp; 550 Unrouteable address", HARD),
    ("5.0.0", "smtp; 550 the address is no longer in use", HARD),
    ("5.1.1", "smtp; 550 5.1.1 No such user; the message is returned to the sender", HARD),
    ("5.0.0", "smtp; 550 tuntematon vastaanottaja", HARD),
    ("", "smtp; 550 Käyttäjää anna ei löydy", HARD),
    ("", "smtp; 550 Mottagaren finns inte", HARD),
    ("", "smtp; 550 Empfänger unbekannt", HARD),
    ("", "smtp; 552 postilaatikko on täysi", SOFT),
    ("", "smtp; 552 Brevlådan är full", SOFT),
    ("", "smtp; 552 Postfach voll", SOFT),
    ("5.2.1", "smtp; 550 5.2.1 Mailbox temporarily disabled", SOFT),
    ("5.1.2", "smtp; 550 5.1.2 the domain does not exist", HARD),
    # what does not exist is no mailbox, or the rules that refuse are somebody's
    ("5.7.1", "smtp; 550 5.7.1 a domain in the mail does not exist", POLICY),
    ("", "smtp; 550 the MX record of karkivahti does not exist", POLICY),
    ("5.4.310", "smtp; 550 5.4.310 DNS domain does not exist", SOFT),
    ("5.7.1", "smtp; 554 5.7.1 <anna@lahti.example>: Recipient address rejected: Access denied", POLICY),
    ("5.7.1", "smtp; 550 5.7.1 organization policy: internal users only; user not found", POLICY),
    ("", "smtp; 550 viesti on roskapostia, vastaanottajaa ei löydy", POLICY),
    ("5.4.5", "smtp; 550 5.4.5 Daily user sending quota exceeded", POLICY),
    ("5.4.5", "smtp; 550 5.4.5 Daily SMTP relay limit exceeded", POLICY),
    ("5.7.0", "smtp; 554 5.7.0 Your account is disabled", POLICY),
    # the sender, its server, or its domain
    ("5.7.1", "smtp; 550 5.7.1 the sender's domain does not exist", POLICY),
    ("5.1.2", "smtp; 550 5.1.2 bad return address: domain does not exist", POLICY),
    ("5.0.0", "smtp; 550 From domain has no MX; user unknown", POLICY),
    ("5.0.0", "smtp; 550-Verification failed for <b@vahti.example> 550-Unrouteable address", POLICY),
    ("5.1.1", "smtp; 550 5.1.1 relaying denied", POLICY),
    ("5.1.1", "smtp; 550 5.1.1 authentication required to send to this group", POLICY),
    ("4.7.25", "smtp; 450 4.7.25 Client host rejected: cannot find your reverse hostname", POLICY),
    ("4.7.28", "smtp; 421 4.7.28 an unusual rate of unsolicited mail originating from your IP address", POLICY),
]


@pytest.mark.parametrize(("status", "said", "kind"), STATUSES)
def test_a_delivery_report_says_whether_the_mailbox_is_gone_in_trouble_or_well(
    status: str, said: str, kind: BounceKind
) -> None:
    assert read(report(status, said)).kind is kind


@pytest.mark.parametrize("name", SHARED_KINDS)
def test_what_strangers_servers_wrote_is_read_right(shared: Path, name: str) -> None:
    assert read((shared / "cases/bounces" / f"{name}.eml").read_bytes()).kind is SHARED_KINDS[name]


def test_the_text_for_people_gives_the_reason_that_the_fields_lack() -> None:
    said = b"550 5.1.1 Sender verify failed"
    raw = report("5.1.1", "").replace(b"Your mail could not be delivered.", b"\r\n\r\n" + said)
    assert (read(raw).kind, read(raw).detail) == (POLICY, f"5.1.1 {said.decode()}")


def test_an_outcome_may_have_a_comment() -> None:
    assert read(report("5.1.1", "smtp; 550 x", action="FAILED (for good)")).kind is HARD


def test_a_text_is_read_in_its_own_letters() -> None:
    raw = (
        exim_report("550 vastaanottajaa ei löydy")
        .decode()
        .replace("Subject", "Content-Type: text/plain; charset=X\nSubject")
    )
    assert read(raw.replace("=X", "=iso-8859-1").encode("latin-1")).kind is HARD
    assert read(raw.replace("=X", "=no-such-charset").encode()).kind is HARD


@pytest.mark.parametrize(
    "said",
    [
        "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours",
        "Warning: message still undelivered after 4 hours\nWill keep trying until message is 5 days old",
    ],
)
def test_a_warning_in_words_is_no_failure(said: str) -> None:
    raw = exim_report(f"\n\n{said} on the queue.\n\n  anna@lahti.example\n")
    assert read(raw.replace(b"X-Failed-Recipients: anna@lahti.example\n", b"")).kind is DELAYED


def test_one_member_of_a_group_is_not_the_group() -> None:
    expanded = (
        b"Final-Recipient: rfc822; team@lahti.example\r\nAction: expanded\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient"
    )
    raw = report("5.1.1", "smtp; 550 5.1.1 User unknown").replace(b"Final-Recipient", expanded, 1)
    assert read(raw).kind is POLICY


@pytest.mark.parametrize(("first", "second"), [("5.2.2", "5.1.1"), ("5.1.1", "5.2.2")])
def test_of_several_failures_the_worst_counts(first: str, second: str) -> None:
    other = f"Final-Recipient: rfc822; b@lahti.example\r\nAction: failed\r\nStatus: {second}\r\n\r\nFinal-Recipient"
    assert read(report(first, "smtp; 550 x").replace(b"Final-Recipient", other.encode(), 1)).kind is HARD


def test_others_who_got_it_show_that_one_of_a_group_failed() -> None:
    other = "Final-Recipient: rfc822; b@lahti.example\r\nAction: relayed\r\nStatus: 2.0.0\r\n\r\nFinal-Recipient"
    raw = report("5.1.1", "smtp; 550 x").replace(b"Final-Recipient", other.encode(), 1)
    assert (read(raw).kind, read(raw).detail) == (POLICY, "a member of a group, not the group: 5.1.1 smtp; 550 x")


@pytest.mark.parametrize(
    ("ours", "kind"),
    [
        ("rfc822; team@lahti.example", POLICY),
        ("rfc822;Anna@lahti.example", HARD),
        ("rfc822; anna@mail.lahti.example", HARD),  # the same mailbox by the server's own domain
    ],
)
def test_a_recipient_whom_we_did_not_write_to_is_a_member(ours: str, kind: BounceKind) -> None:
    said = report("5.1.1", "smtp; 550 x")
    named = said.replace(b"Final-Recipient", f"Original-Recipient: {ours}\r\nFinal-Recipient".encode(), 1)
    held = report("5.1.1", "smtp; 550 x", original=f"To: <{ours.partition(';')[2].strip()}>\r\n")
    assert (read(named).kind, read(held).kind, read(said).kind) == (kind, kind, HARD)


def test_the_whole_passage_of_a_text_is_read_as_one_line_may_name_a_user_of_ours() -> None:
    said = "550-Verification failed for <b@vahti.example>\n    550-No Such User Here\n    550 Sender verify failed"
    assert read(exim_report(said)).kind is POLICY


@pytest.mark.parametrize(
    "subject",
    [
        *("Poissa: lomalla", "Poissaoloviesti", "Olen lomalla", "Automaattivastaus: loma", "VS: Poissa"),
        *("Vuosilomalla 31.7. asti", "Perhevapaalla", "En ole paikalla", "Semester", "Föräldraledig", "Ej på kontoret"),
        *("Out of office: digest", "I am on parental leave", "OOO", "Auto: digest", "Re: Automatic reply: digest"),
        *("=?utf-8?q?Fr=C3=A5nvarande?=", "=?utf-8?q?Jag_=C3=A4r_ledig?=", "Autosvar"),
        *("Luettu: digest", "Not read: digest", "=?utf-8?q?L=C3=A4st=3A_digest?="),
    ],
)
def test_an_answering_program_without_a_header_is_known_by_its_subject(subject: str) -> None:
    assert read(auto_reply("X-Nothing: x").replace(b"Poissa: lomalla", subject.encode())).kind is AUTO_REPLY


def test_a_server_that_tries_still_is_no_failure() -> None:
    assert read(report("4.4.1", "smtp; 451 later", action="delayed")).kind is DELAYED


def test_a_receipt_is_no_failure() -> None:
    assert read(report("2.0.0", "smtp; 250 ok", action="delivered")).kind is AUTO_REPLY


@pytest.mark.parametrize("word", ["abuse", "fraud", "opt-out"])
def test_a_complaint_is_told_from_a_bounce(word: str) -> None:
    assert read(complaint(word)).kind is COMPLAINT


@pytest.mark.parametrize(("word", "kind"), [("not-spam", AUTO_REPLY), ("auth-failure", UNREADABLE)])
def test_feedback_that_accuses_nobody_is_no_complaint(word: str, kind: BounceKind) -> None:
    assert read(complaint(word)).kind is kind


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-replied (vacation)",
        "X-Autoreply: yes",
        "X-Autorespond: on holiday",
        "Precedence: auto_reply",
    ],
)
def test_an_automatic_answer_is_told_from_a_bounce(header: str) -> None:
    assert read(auto_reply(header)).kind is AUTO_REPLY


def test_what_a_person_writes_back_is_kept_for_a_person() -> None:
    assert read(auto_reply("Auto-Submitted: no")).kind is UNREADABLE


def test_older_forms_of_reports_are_read_too() -> None:
    assert read(qmail_report("Sorry, no mailbox here by that name. (#5.1.1)")).kind is HARD
    assert read(qmail_report("The users mailfolder is over the allowed quota (size). (#5.2.2)")).kind is SOFT
    assert read(exim_report("550 5.1.1 no such user")).kind is HARD


def test_a_report_without_a_form_is_kept_for_a_person() -> None:
    raw = b"From: MAILER-DAEMON@lahti.example\r\nTo: x@vahti.example\r\nSubject: oops\r\n\r\nIt did not work.\r\n"
    assert read(raw).kind is UNREADABLE


def test_what_is_kept_of_a_report_names_no_address() -> None:
    kept = read(report("5.1.1", "smtp; 550 5.1.1 <anna@lahti.example>: unknown"))
    assert kept.detail == "5.1.1 smtp; 550 5.1.1 <address>: unknown"


@pytest.mark.parametrize("header", ["To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"])
@pytest.mark.parametrize("purpose", [BOUNCE, LETTER_BOUNCE])
def test_the_return_path_says_which_mail_came_back(header: str, purpose: str) -> None:
    path = envelope_sender(SETTINGS, SECRET, purpose, 1234)
    assert signed_origin(read(report("5.1.1", "x", to=(header, path))), SECRET) == (purpose, 1234)


def test_the_return_path_may_stand_in_a_later_header_or_only_in_the_report() -> None:
    path = envelope_sender(SETTINGS, SECRET, BOUNCE, 1234)
    later = b"Delivered-To: box@vahti.example\r\n" + report("5.1.1", "x", to=("Delivered-To", path))
    sender = f"Reporting-MTA: dns; x\r\nX-Postfix-Sender: rfc822; {path}".encode()
    inside = report("5.1.1", "x").replace(b"Reporting-MTA: dns; mail.lahti.example", sender)
    assert signed_origin(read(later), SECRET) == signed_origin(read(inside), SECRET) == (BOUNCE, 1234)


def test_a_complaint_names_our_return_path_or_holds_it() -> None:
    path = envelope_sender(SETTINGS, SECRET, BOUNCE, 1234)
    named = complaint("abuse").replace(b"Version: 1", f"Original-Mail-From: <{path}>".encode())
    held = complaint("abuse", original=f"Return-Path: <{path}>\r\n")
    assert signed_origin(read(named), SECRET) == signed_origin(read(held), SECRET) == (BOUNCE, 1234)


@pytest.mark.parametrize("fold", [str.lower, str.upper, str.swapcase])
@pytest.mark.parametrize("purpose", [BOUNCE, LETTER_BOUNCE])
def test_a_return_path_whose_case_was_folded_is_still_ours(fold: Callable[[str], str], purpose: str) -> None:
    path = fold(envelope_sender(SETTINGS, SECRET, purpose, 1234))
    assert signed_origin(read(report("5.1.1", "x", to=("To", path))), SECRET) == (purpose, 1234)


def test_a_return_path_of_an_older_mail_is_still_ours() -> None:
    path = f"bounces+{tokens.sign(SECRET, BOUNCE, 1234)}@vahti.example"
    assert signed_origin(read(report("5.1.1", "x", to=("To", path))), SECRET) == (BOUNCE, 1234)


@pytest.mark.parametrize(
    ("subject", "mark"),
    [
        ("complaint about message from 192.0.2.10", ""),
        ("Spam report", ""),
        ("Fwd", "X-HmXmrOriginalRecipient: <anna@lahti.example>\r\n"),
    ],
)
def test_a_complaint_may_come_without_a_feedback_report(subject: str, mark: str) -> None:
    path = envelope_sender(SETTINGS, SECRET, BOUNCE, 1234).lower()
    raw = (
        f"From: staff@mail.example\r\nTo: fbl@vahti.example\r\nSubject: {subject}\r\n"
        'Content-Type: multipart/mixed; boundary="j"\r\n\r\n--j\r\nContent-Type: message/rfc822\r\n\r\n'
        f"{mark}Return-Path: <{path}>\r\n\r\nx\r\n--j--\r\n"
    )
    assert read(raw.encode()).kind is COMPLAINT
    assert signed_origin(read(raw.encode()), SECRET) == (BOUNCE, 1234)


def test_a_return_path_that_we_did_not_sign_says_nothing() -> None:
    path = envelope_sender(SETTINGS, b"somebody else's secret", BOUNCE, 1234)
    assert signed_origin(read(report("5.1.1", "x", to=("To", path))), SECRET) is None


def test_a_token_for_another_purpose_is_no_return_path() -> None:
    path = envelope_sender(SETTINGS, SECRET, LETTER_BOUNCE, 1234).replace("+l", "+")
    assert signed_origin(read(report("5.1.1", "x", to=("To", path))), SECRET) is None


def test_a_return_path_fits_into_what_smtp_carries() -> None:
    longest = MailSettings(bounces=f"{'b' * 18}@vahti.example")
    path = envelope_sender(longest, SECRET, LETTER_BOUNCE, 2**63 - 1)
    assert len(path.partition("@")[0]) <= 64


def test_without_a_bounce_address_the_sender_gets_the_bounces() -> None:
    assert envelope_sender(MailSettings(sender="a@b.example"), SECRET, BOUNCE, 1) == "a@b.example"


@pytest.mark.parametrize("as_headers", [True, False])
def test_our_message_id_says_which_mail_came_back(as_headers: bool) -> None:
    name = mime.message_id(SECRET, 31, 5, "vahti.example")
    returned = read(report("5.1.1", "x", original=f"Message-ID: {name}\r\n", as_headers=as_headers))
    assert signed_edition(returned, SECRET) == (31, 5)


def test_our_message_id_is_found_in_a_quoted_mail() -> None:
    name = mime.message_id(SECRET, 31, 5, "vahti.example")
    assert signed_edition(read(qmail_report(f"no mailbox (#5.1.1)\n\nMessage-ID: {name}\n")), SECRET) == (31, 5)


def test_a_message_id_that_we_did_not_make_says_nothing() -> None:
    forged = "<31.5.aaaaaaaaaaaaaaaa@vahti.example>"
    assert signed_edition(read(report("5.1.1", "x", original=f"Message-ID: {forged}\r\n")), SECRET) is None


def test_the_number_in_clear_is_found() -> None:
    returned = read(report("5.1.1", "x", original="X-Karkivahti-Delivery: 77\r\n"))
    assert unsigned_delivery(returned) == 77
    assert unsigned_delivery(read(report("5.1.1", "x", original="X-Karkivahti-Delivery: 7 or so\r\n"))) is None


REFUSALS = [
    ("RCPT: 550 5.1.1 <address>: no such user", HARD),
    ("RCPT: 550 unknown user", HARD),
    ("RCPT: 552 5.2.2 mailbox full", SOFT),
    ("RCPT: 550 5.7.1 not from you", POLICY),
    ("RCPT: 554 rejected", POLICY),
    ("RCPT: 450 4.1.1 no such user", SOFT),
    ("RCPT: 550 5.1.0 <address>: Sender address rejected: User unknown in virtual mailbox table", POLICY),
    ("MAIL: 550 5.1.1 no such user", POLICY),
    ("end of mail: 554 5.7.1 spam", POLICY),
    ("end of mail: 550 5.1.1 user unknown", HARD),
    ("not an address that SMTP can carry", None),
    ("given up after 7 attempts; the last answer was: RCPT: 451 4.7.1 greylisted", SOFT),
    ("given up after 7 attempts; the last answer was: MAIL: 451 not now", POLICY),
]


@pytest.mark.parametrize(("reply", "kind"), REFUSALS)
def test_a_refusal_while_we_talk_is_read_like_a_report(reply: str, kind: BounceKind | None) -> None:
    assert refusal(reply) is kind


@settings(deadline=None)
@given(st.binary(max_size=2000))
def test_nothing_that_can_be_mailed_makes_reading_fail(raw: bytes) -> None:
    assert isinstance(read(raw).original, Message | None)


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["message/delivery-status", "message/feedback-report", "text/plain"]))
def test_nothing_inside_a_report_makes_reading_fail(inside: bytes, kind: str) -> None:
    raw = report("5.1.1", "x").replace(b"Action: failed", inside).replace(b"message/delivery-status", kind.encode())
    assert read(raw).hash == read(raw).hash


def test_the_same_mail_has_the_same_hash_and_another_one_has_not() -> None:
    raw = report("5.1.1", "x")
    assert read(raw).hash == read(bytes(raw)).hash != read(raw + format_datetime(AT).encode()).hash
