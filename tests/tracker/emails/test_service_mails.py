"""Letters, compared whole with their golden copies (see test_golden.py), and what every one of them must be."""

import email
import email.policy
import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest

from db.reports import ReportKind
from db.subscribers import Language
from tests.tracker.emails.samples import CONTACT, HELSINKI, REGIONS
from tests.tracker.emails.test_golden import compare
from tracker.emails import service_mails
from tracker.emails.mailer import MailSettings
from tracker.emails.service_mails import (
    Agreed,
    Lines,
    Order,
    ReportThatWaits,
    Setting,
    lay_out,
    letter_bytes,
    service_mail_id,
)
from tracker.subscriptions.consent import VERSION, consent_text

BASE = "https://vahti.example"
AT = datetime(2026, 11, 25, 12, 10, tzinfo=UTC)
SETTINGS = MailSettings(sender="digest@vahti.example", service_sender="service@vahti.example", base_url=BASE)
FOLLOWS = {
    "fi": ("Ruoka ja juoma tai Kiertotalous, LIFE-ohjelma", "hakusanat ”vety*”, vain avoimet haut"),
    "sv": ("Mat och dryck eller Cirkulär ekonomi, Life-programmet", "sökorden ”väte*”, endast öppna utlysningar"),
    "en": ("Food and beverage or Circular economy, LIFE programme", "search words “hydrogen*”, open calls only"),
}
WAITING = (
    ReportThatWaits(ReportKind.ERROR, "Cooperation partnerships in sport", date(2026, 11, 24), -1),
    ReportThatWaits(ReportKind.ACCESSIBILITY, "", date(2026, 12, 9), 14),
)
KINDS = ("confirm", "known", "receipt", "preferences", "goodbye", "reports")
LANGUAGES = tuple(language.value for language in Language)
EVERY = [(kind, language) for kind in KINDS for language in LANGUAGES]


def sample(kind: str, language: str) -> Lines:
    """A letter of each kind."""
    setting = Setting(language, REGIONS[language], HELSINKI, CONTACT)
    order = Order("weekly", FOLLOWS[language], urgent=True, own_region=True, own_kind=True, lead_days=(28, 7))
    link, until = f"{BASE}/{kind}/{'t' * 52}", AT + timedelta(days=7)
    match kind:
        case "confirm":
            return service_mails.confirm_lines(setting, order, consent_text(language, 30), link, until)
        case "receipt":
            agreed = Agreed(consent_text(language, 30), VERSION, AT, AT - timedelta(minutes=3))
            links = (f"{BASE}/preferences/{'p' * 44}", f"{BASE}/u/{'u' * 44}")
            return service_mails.receipt_lines(setting, order, agreed, links, is_new=True)
        case "known":
            return service_mails.known_lines(setting, link, until)
        case "preferences":
            return service_mails.preferences_lines(setting, link, until)
        case "reports":
            return service_mails.waiting_lines(setting, WAITING, f"{BASE}/admin/reports")
    return service_mails.goodbye_lines(setting, AT, link, AT + timedelta(days=30))


def sent(lines: Lines, settings: MailSettings = SETTINGS) -> EmailMessage:
    """A letter as its reader's mail program has it."""
    return email.message_from_bytes(
        letter_bytes(lines, settings, "anna@lahti.example", "<letter.5.1.abc@vahti.example>", AT),
        policy=email.policy.default,
    )


class Tags(HTMLParser):
    """Counts the tags of a page, and keeps its links."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_letter_reads_as_its_golden_copy_in_html_and_text(kind: str, language: str) -> None:
    lines = sample(kind, language)
    rendered = lay_out(lines)
    compare(f"letter-{kind}.{language}.html", rendered.html.encode())
    compare(f"letter-{kind}.{language}.txt", f"{lines.subject}\n\n{rendered.text}".encode())


def test_a_whole_letter_is_the_same_to_the_byte() -> None:
    name = service_mail_id(b"a secret of the tests", "5.1", "vahti.example")
    compare("letter-confirm.fi.eml", letter_bytes(sample("confirm", "fi"), SETTINGS, "anna@lahti.example", name, AT))


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_letter_has_one_heading_its_language_and_nothing_that_is_loaded_or_tracked(kind: str, language: str) -> None:
    html = lay_out(sample(kind, language)).html
    page = Tags(html)
    assert page.tags.count("h1") == 1
    assert f'<html lang="{language}"' in html
    assert not {"img", "script", "link", "iframe"} & set(page.tags)
    assert all(link.startswith(f"{BASE}/") for link in page.links)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_text_and_html_say_the_same_links_and_words(kind: str, language: str) -> None:
    lines = sample(kind, language)
    rendered = lay_out(lines)
    assert set(re.findall(r"https://\S+", rendered.text)) == set(Tags(rendered.html).links)
    flat = " ".join(rendered.text.split())
    assert all(" ".join(line.split()) in flat for line in (*lines.opening, *lines.closing, lines.agreed))


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_subject_fits_a_telephone(kind: str, language: str) -> None:
    assert len(sample(kind, language).subject) <= 65


def test_a_letter_comes_from_an_address_of_its_own_and_is_no_list_mail() -> None:
    mail = sent(sample("confirm", "en"))
    assert (mail["From"], mail["To"]) == ("Kärkivahti <service@vahti.example>", "anna@lahti.example")
    assert (mail["Auto-Submitted"], mail["Message-ID"]) == ("auto-generated", "<letter.5.1.abc@vahti.example>")
    assert not {"List-Id", "List-Unsubscribe", "Precedence"} & set(mail.keys())


def test_without_an_address_of_its_own_it_comes_from_that_of_the_digests() -> None:
    assert sent(sample("known", "en"), MailSettings(sender="digest@vahti.example"))["From"].endswith(
        "<digest@vahti.example>"
    )


def test_what_a_reader_typed_is_never_markup_and_never_breaks_a_line() -> None:
    setting = Setting("en", "Päijät-Häme", HELSINKI, CONTACT)
    order = Order(
        "weekly",
        ('<b>"x"</b>\r\nBcc: everybody@example.org\u202e',),
        urgent=False,
        own_region=True,
        own_kind=True,
        lead_days=(),
    )
    rendered = lay_out(service_mails.confirm_lines(setting, order, consent_text("en", 30), f"{BASE}/confirm/t", AT))
    assert "<b>" not in rendered.html
    assert "\u202e" not in rendered.text + rendered.html
    assert "<b>" in rendered.text
    assert "\nBcc" not in rendered.text


@pytest.mark.parametrize(
    ("leads", "text"),
    [((1,), "viimeistään 1 päivä ennen"), ((28, 1), "viimeistään 28 ja 1 päivää ennen"), ((), "ei muistutuksia")],
)
def test_reminders_are_worded_by_their_number(leads: tuple[int, ...], text: str) -> None:
    setting = Setting("fi", "Päijät-Häme", HELSINKI, CONTACT)
    order = Order("weekly", (), urgent=False, own_region=True, own_kind=True, lead_days=leads)
    lines = service_mails.confirm_lines(setting, order, "", f"{BASE}/confirm/t", AT)
    assert any(fact.text.startswith(text) for fact in lines.facts)


def test_a_message_id_is_the_same_for_the_same_letter_and_another_for_every_other() -> None:
    names = {service_mail_id(b"a secret of the tests", which, "x.example") for which in ("1.1", "1.2", "11.1", "2.1")}
    assert len(names) == 4
    assert service_mail_id(b"a secret of the tests", "1.1", "x.example") in names
