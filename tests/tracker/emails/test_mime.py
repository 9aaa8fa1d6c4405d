"""MIME: a content frozen once, and each reader's own mail made of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.tracker.emails import samples
from tracker.digests.content import Section, SectionKind
from tracker.emails import mime, tokens
from tracker.emails.mailer import MailSettings
from tracker.emails.mime import Own, RenderedDigest
from tracker.emails.render import render
from tracker.feeds.addresses import call_path

SECRET = b"thirty-two bytes of the tests..."
SETTINGS = MailSettings(
    sender="digest@vahti.example",
    list_id="digest.vahti.example",
    base_url="https://vahti.example",
    reply_to="karkivahti@region.example",
)
LINKS = mime.marked_links(SETTINGS.base_url)
ANNA = Own(
    to="anna@lahti.example",
    delivery_id=77,
    message_id=mime.message_id(SECRET, 31, 5, "vahti.example"),
    in_reply_to=None,
    sent_at=datetime(2026, 11, 23, 5, tzinfo=UTC),
    manage=tokens.sign(SECRET, tokens.PREFERENCES, 5),
    unsubscribe=tokens.sign(SECRET, tokens.UNSUBSCRIBE, 5),
    web_copy=tokens.sign(SECRET, tokens.WEB_COPY, 77),
    feedback=tokens.sign(SECRET, tokens.FEEDBACK, 5),
)


def weekly() -> RenderedDigest:
    return render(samples.weekly("fi"), LINKS, samples.HELSINKI, samples.CONTACT)


def parsed(message: bytes) -> EmailMessage:
    found = message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    assert found.defects == []
    return found


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def anna_reads(rendered: RenderedDigest) -> EmailMessage:
    return parsed(mime.fill(mime.freeze(rendered, LINKS, SETTINGS), ANNA))


def test_a_mail_gives_back_the_text_and_html_that_were_rendered() -> None:
    rendered = weekly()
    message = anna_reads(rendered)
    assert body(message, "plain") == mime.fill_text(rendered.text, ANNA)
    assert body(message, "html") == mime.fill_text(rendered.html, ANNA)


@example("00" + "\xa0" * 4 + "\U00010000" * 4 + " ")  # a blank for which a full line has no room
@given(st.text(st.characters(exclude_categories=["Cs", "Co", "Cc"], include_characters="\n\t"), max_size=400))
def test_any_text_comes_back_as_it_was_and_on_lines_that_smtp_can_carry(text: str) -> None:
    shown = f"{text}{LINKS.manage}{text}{LINKS.unsubscribe}\n{text}\n"
    message = mime.fill(mime.freeze(RenderedDigest("fi", "Aihe", shown, shown), LINKS, SETTINGS), ANNA)
    assert body(parsed(message), "plain") == mime.fill_text(shown, ANNA)
    assert all(len(line) <= 76 for line in message.partition(b"\r\n\r\n")[2].split(b"\r\n"))


@pytest.mark.parametrize("before", ["x", "ä", "="])
def test_no_length_of_text_before_a_link_makes_a_line_too_long(before: str) -> None:
    for length in range(60):
        shown = before * length + LINKS.manage
        template = mime.freeze(RenderedDigest("fi", "Aihe", shown, shown), LINKS, SETTINGS)
        assert all(len(line) <= 76 for line in template.partition(b"\r\n\r\n")[2].split(b"\r\n"))


def test_a_mail_is_ascii_on_lines_that_all_end_in_crlf() -> None:
    message = mime.fill(mime.freeze(weekly(), LINKS, SETTINGS), ANNA)
    assert message.isascii()
    assert message.count(b"\r\n") == message.count(b"\n") == message.count(b"\r")


def test_headers_say_who_why_and_how_to_leave() -> None:
    message = anna_reads(weekly())
    assert message["From"] == "Kärkivahti <digest@vahti.example>"
    assert message["To"] == "anna@lahti.example"
    assert message["Reply-To"] == "karkivahti@region.example"
    assert message["Subject"] == "Kärkivahti 48/2026: 3 uutta, 1 määräaika aikaistui, 1 sulkeutuu pian"
    assert message["Date"].datetime == ANNA.sent_at
    assert message["Message-ID"] == ANNA.message_id
    assert message["List-Id"] == "<digest.vahti.example>"
    assert message["List-Unsubscribe"] == f"<https://vahti.example/u/{ANNA.unsubscribe}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Karkivahti-Delivery"] == "77"
    assert message["Content-Language"] == "fi"
    assert message.get_content_type() == "multipart/alternative"


NAMES = [
    "Kärkivahti",
    "Karkivahti",
    "Kärkivahti, Päijät-Hämeen liitto (EU-ohjelmat)",
    "Päijät-Hämeen liiton kärkihankehakujen seurantapalvelu – Päijänne-Tavastlands förbunds bevakning av utlysningar",
    "The region's watch service, for municipalities, companies and universities of Lahti and all other places near it",
    "x" * 90,
    "Ä" * 100,
    "Kärki 😀 " * 15 + "loppu",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("domain", ["vahti.example", "a-very-long-name-of-a-domain.paijat-hame.region.example"])
def test_a_display_name_of_any_length_is_folded_and_comes_back(name: str, domain: str) -> None:
    line = mime.sender_line(name, f"digest@{domain}")
    shown, address = parseaddr(line.decode().removeprefix("From: "))  # RFC 2047 6.2; the new parser keeps the blanks
    assert (str(make_header(decode_header(shown))), address) == (name, f"digest@{domain}")
    assert all(len(part) <= 78 for part in line.split(b"\r\n"))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", line))


def test_a_long_subject_is_folded_into_words_that_every_program_reads() -> None:
    line = mime.header_line("Subject", "Määräaika " * 30)
    assert all(len(word) <= 75 for word in re.findall(rb"=\?\S+\?=", line))
    assert parsed(line + b"\r\n")["Subject"] == "Määräaika " * 30


def test_the_link_of_the_header_unsubscribes_the_reader_whom_the_mail_is_for() -> None:
    token = re.search(r"/u/([^>]*)>", anna_reads(weekly())["List-Unsubscribe"])
    assert token
    assert tokens.verify_token(SECRET, tokens.UNSUBSCRIBE, token[1]) == 5


def test_leaving_by_mail_is_offered_where_a_mailbox_is_read() -> None:
    settings = SETTINGS.model_copy(update={"unsubscribe_mailbox": "leave@vahti.example"})
    message = parsed(mime.fill(mime.freeze(weekly(), LINKS, settings), ANNA))
    assert message["List-Unsubscribe"].endswith(f"<mailto:leave@vahti.example?subject={ANNA.unsubscribe}>")


def test_the_same_content_freezes_to_the_same_bytes() -> None:
    assert mime.freeze(weekly(), LINKS, SETTINGS) == mime.freeze(weekly(), LINKS, SETTINGS)


def test_two_readers_of_one_content_differ_in_their_own_values_only() -> None:
    template = mime.freeze(weekly(), LINKS, SETTINGS)
    ben = replace(ANNA, to="ben@lahti.example", unsubscribe="b" * 44)
    other = mime.fill(template, ben).replace(b"ben@", b"anna@").replace(b"b" * 44, ANNA.unsubscribe.encode())
    assert other == mime.fill(template, ANNA)


def test_no_slot_is_left_unfilled() -> None:
    message = mime.fill(mime.freeze(weekly(), LINKS, SETTINGS), ANNA)
    assert b"\x1f" not in message
    assert "\ue000" not in mime.fill_text(weekly().html, ANNA)


def test_a_publisher_cannot_draw_a_readers_token_into_a_link_of_its_own() -> None:
    thief = replace(
        samples.SPORT,
        title=f"Token {mime.mark('unsubscribe')}",
        url=f"https://evil.example/?{mime.mark('unsubscribe')}",
        note="\x1funsubscribe\x1f",
    )
    page = render(samples.digest("fi", Section(SectionKind.NEW, (thief,))), LINKS, samples.HELSINKI, samples.CONTACT)
    message = mime.fill(mime.freeze(page, LINKS, SETTINGS), ANNA)
    assert message.count(ANNA.unsubscribe.encode()) == 3  # the header, the text and the HTML: each once


def test_a_line_break_in_a_header_is_refused_by_the_headers_name() -> None:
    with pytest.raises(ValueError, match=r"^Subject: a header must not hold a line break"):
        mime.freeze(replace(weekly(), subject="News\r\nBcc: all@region.example"), LINKS, SETTINGS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "anna@lahti.example\r\nBcc: all@region.example"),
        ("to", "anna@lähti.example"),
        ("message_id", "<x@y>\n"),
        ("unsubscribe", "short=\r\n"),
        ("manage", "x" * 76),
        ("web_copy", ""),
    ],
)
def test_a_readers_value_that_could_break_its_line_is_refused(field: str, value: str) -> None:
    template = mime.freeze(weekly(), LINKS, SETTINGS)
    with pytest.raises(ValueError, match=r"stand there|URL-safe"):
        mime.fill(template, replace(ANNA, **{field: value}))  # type: ignore[arg-type]


def test_a_message_id_is_the_same_for_an_edition_and_reader_and_no_other() -> None:
    made = {mime.message_id(SECRET, edition, reader, "v.example") for edition in (1, 11) for reader in (1, 11)}
    assert len(made) == 4
    assert mime.message_id(SECRET, 1, 1, "v.example") in made
    assert mime.message_id(b"another secret of the tests", 1, 1, "v.example") not in made
    assert all(re.fullmatch(r"<\d+\.\d+\.[a-z2-7]{16}@v\.example>", one) for one in made)


def test_an_ascii_subject_stays_readable_in_the_source() -> None:
    page = replace(weekly(), subject="News of the week")
    assert b"\r\nSubject: News of the week\r\n" in mime.freeze(page, LINKS, SETTINGS)


def test_a_calls_calendar_is_linked_where_its_door_is() -> None:
    base = mime.marked_links("https://vahti.example/").calls
    assert f"{base}/7.fi.ics" == f"https://vahti.example{call_path(7, 'fi')}"
