"""Golden mails, compared whole.

After a change that is meant: KARKIVAHTI_WRITE_GOLDEN=1 pytest tests/tracker/emails, then read the difference in
`git diff`, and look at the .html files in a browser (wide, narrow, dark).
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from db.subscribers import Language
from tests.tracker.emails import samples
from tracker.emails import mime
from tracker.emails.mailer import MailSettings
from tracker.emails.mime import Own
from tracker.emails.render import render

GOLDEN = Path(__file__).parent / "golden"
LANGUAGES = [language.value for language in Language]
LETTERS = [
    *[(samples.weekly, language) for language in LANGUAGES],
    *[(samples.daily, language) for language in LANGUAGES],
    (samples.catch_up, "fi"),
    (samples.catch_up, "en"),
    (samples.quiet, "fi"),
    (samples.quiet, "sv"),
    (samples.overflowing, "fi"),
    *[(samples.urgent, language) for language in LANGUAGES],
    *[(samples.welcome, language) for language in LANGUAGES],
    *[(samples.correction, language) for language in LANGUAGES],
]


def compare(name: str, content: bytes) -> None:
    file = GOLDEN / name
    if os.environ.get("KARKIVAHTI_WRITE_GOLDEN"):
        file.write_bytes(content)
    assert content.decode() == file.read_bytes().decode()


@pytest.mark.parametrize(("sample", "language"), LETTERS, ids=lambda value: getattr(value, "__name__", value))
def test_a_mail_reads_as_its_golden_copy_in_html_and_text(sample: samples.Sample, language: str) -> None:
    rendered = render(sample(language), samples.LINKS, samples.HELSINKI, samples.CONTACT)
    name = f"{sample.__name__}.{language}"
    compare(f"{name}.html", rendered.html.encode())
    compare(f"{name}.txt", f"{rendered.subject}\n\n{rendered.text}".encode())


def test_a_whole_message_is_the_same_to_the_byte() -> None:
    settings = MailSettings(
        sender="digest@vahti.example",
        reply_to="karkivahti@region.example",
        list_id="digest.vahti.example",
        unsubscribe_mailbox="leave@vahti.example",
        base_url="https://vahti.example",
    )
    links = mime.marked_links(settings.base_url)
    rendered = render(samples.daily("fi"), links, samples.HELSINKI, samples.CONTACT)
    own = Own(
        to="anna@lahti.example",
        delivery_id=77,
        message_id=mime.message_id(b"a secret of the tests", 31, 5, "vahti.example"),
        in_reply_to=None,
        sent_at=datetime(2026, 11, 23, 5, tzinfo=UTC),
        manage="m" * 44,
        unsubscribe="u" * 44,
        web_copy="w" * 44,
        feedback="f" * 44,
    )
    compare("daily.fi.eml", mime.fill(mime.freeze(rendered, links, settings), own))
