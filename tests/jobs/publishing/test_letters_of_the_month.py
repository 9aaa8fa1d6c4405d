"""Letters of the month: drafts in order with the officer's words; documents that hold scraped text as text."""

import re
import shutil
import subprocess
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree
from markdown_it import MarkdownIt

from db.audit import list_audit
from jobs.base.app import App
from jobs.publishing.letter_documents import LETTER_FORMS, as_plain_text, letter_page
from jobs.publishing.monthly_letters import (
    MOST_CALLS,
    LetterMove,
    LetterWords,
    add_chosen,
    begin_letter,
    drop_letter,
    letter_in_full,
    move_chosen,
    write_letter,
)
from tests.jobs.rulebook.archive import ME
from tests.jobs.world import add_news
from tests.support.refused import refused
from tracker.errors import InputFaults, NotFound

BAIT = (
    "<script>alert(1)</script> [x](javascript:alert(1)) **bold** `code` ~~s~~ www.evil.example https://evil.example | x"
)
HOSTILE = f"{BAIT} \x0b\u202e"
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SOFFICE = shutil.which("soffice")


def drafted(app: App, *titles: str) -> int:
    """A letter of calls with these titles, whose ids are 1, 2, …"""
    number = begin_letter(app, "Kesän haut", ME).id or 0
    for title in titles:
        add_news(app.db, app.clock(), title[:40], "food", title=title, url=f"https://example.org/{len(title)}")
    add_chosen(app, number, range(1, len(titles) + 1), ME)
    return number


def order(app: App, number: int) -> list[int]:
    with app.db.read() as session:
        return [chosen.call_id for chosen, _ in letter_in_full(session, number).calls]


def document(app: App, number: int, form: str, language: str = "fi") -> bytes:
    with app.db.read() as session:
        page = letter_page(session, app, letter_in_full(session, number), language)
    return LETTER_FORMS[form].made_of(page)


def test_calls_are_chosen_once_moved_and_taken_out(app: App) -> None:
    number = drafted(app, "A", "B", "C")
    assert add_chosen(app, number, [2, 3], ME) == 0
    move_chosen(app, number, 3, LetterMove.UP, ME)
    assert order(app, number) == [1, 3, 2]
    move_chosen(app, number, 1, LetterMove.UP, ME)
    move_chosen(app, number, 2, LetterMove.DOWN, ME)
    assert order(app, number) == [1, 3, 2]
    move_chosen(app, number, 1, LetterMove.DOWN, ME)
    move_chosen(app, number, 2, LetterMove.OUT, ME)
    assert order(app, number) == [3, 1]


def test_words_stay_with_their_call_when_it_moves(app: App) -> None:
    number = drafted(app, "A", "B")
    write_letter(app, number, LetterWords("Syksy", {"sv": "Hej", "fi": "Hei", "en": " "}, {2: {"fi": "Lue tämä"}}), ME)
    move_chosen(app, number, 2, LetterMove.UP, ME)
    with app.db.read() as session:
        full = letter_in_full(session, number)
    assert (full.letter.title, full.letter.forewords) == ("Syksy", {"fi": "Hei", "sv": "Hej"})
    assert [chosen.notes for chosen, _ in full.calls] == [{"fi": "Lue tämä"}, {}]
    assert full.letter.changed_by == ME.author


def test_what_cannot_be_is_refused_and_changes_nothing(app: App) -> None:
    number = drafted(app, "A")
    with refused(InputFaults, "this is missing"):
        begin_letter(app, " ", ME)
    with refused(InputFaults, "at most 1000"):
        write_letter(app, number, LetterWords("B", {}, {1: {"fi": "x" * 1001}}), ME)
    with refused(NotFound, "there is no call 99"):
        add_chosen(app, number, [1, 99], ME)
    with refused(NotFound, "there is no call 99"):
        move_chosen(app, number, 99, LetterMove.UP, ME)
    with refused(NotFound, "there is no letter of the month 99"):
        drop_letter(app, 99, ME)
    with app.db.read() as session:
        assert letter_in_full(session, number).letter.title == "Kesän haut"


def test_a_letter_is_no_archive(app: App) -> None:
    for each in range(MOST_CALLS + 1):
        add_news(app.db, app.clock(), f"k{each}", "food")
    number = begin_letter(app, "Kaikki", ME).id or 0
    with refused(InputFaults, "at most 60"):
        add_chosen(app, number, range(1, MOST_CALLS + 2), ME)


def test_beginning_and_dropping_a_letter_stand_in_the_log(app: App) -> None:
    number = drafted(app, "A")
    drop_letter(app, number, ME)
    with app.db.read() as session:
        entries = list_audit(session, None, subject=f"letter {number}")
    assert [one.action for one in entries] == ["letter dropped", "letter begun"]


@pytest.mark.parametrize(("form", "language"), [("page", "fi"), ("mail", "sv"), ("page", "en")])
def test_the_html_holds_scraped_text_as_text(app: App, form: str, language: str) -> None:
    number = drafted(app, HOSTILE)
    write_letter(app, number, LetterWords("A <b>", {language: "One & <i>two</i>\n\nThree"}, {1: {language: "<u>"}}), ME)
    page = BeautifulSoup(document(app, number, form, language), "lxml")
    assert page.html
    assert page.html["lang"] == language
    assert page.find_all(["script", "i", "u"]) == []
    said = page.get_text()
    assert "<script>alert(1)</script>" in said
    assert "\u202e" not in said
    assert [link["href"] for link in page.find_all("a")] == [f"https://example.org/{len(HOSTILE)}"]
    assert [p.get_text() for p in page.find_all("p")][1:3] == ["One & <i>two</i>", "Three"]


def test_the_mails_html_has_its_styles_where_mail_programs_look(app: App) -> None:
    page = BeautifulSoup(document(app, drafted(app, "A"), "mail"), "lxml")
    assert page.h2
    assert "font-size" in str(page.h2["style"])


def test_markdown_shows_scraped_text_as_it_is(app: App) -> None:
    number = drafted(app, HOSTILE, "1. first", "- dash", "+ plus")
    written = document(app, number, "markdown").decode()
    page = BeautifulSoup(MARKDOWN.render(written), "lxml")
    assert [str(heading.get_text()) for heading in page.find_all("h2")][1:] == ["1. first", "- dash", "+ plus"]
    assert BAIT in page.get_text()
    assert re.findall(r"(?<!\(<)https?://|www\.", written) == []  # which some programs make links of
    assert {str(link["href"]) for link in page.find_all("a")} == {
        f"https://example.org/{len(title)}" for title in (HOSTILE, "1. first", "- dash", "+ plus")
    }
    assert page.find_all(["script", "code", "table", "s"]) == []


@pytest.mark.parametrize(
    "text", ["1. a", "12) a", "- a", "+ a", "= a", "# a", "> a", "a *b* _c_", "![x](y)", "a\\b", "&amp;"]
)
def test_a_line_of_markdown_is_one_paragraph_of_its_own_words(text: str) -> None:
    html = MARKDOWN.render(as_plain_text(text))
    assert BeautifulSoup(html, "lxml").get_text().strip() == text
    assert re.findall(r"<(\w+)", html) == ["p"]


def test_docx_has_headings_links_and_lists_and_is_sound(app: App) -> None:
    number = drafted(app, HOSTILE, "Toinen haku")
    write_letter(app, number, LetterWords("Kesän haut", {"fi": "Hyvät lukijat!"}, {2: {"fi": "Lue tämä."}}), ME)
    written = document(app, number, "docx")
    with zipfile.ZipFile(BytesIO(written)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                etree.fromstring(archive.read(name))
    read = Document(BytesIO(written))
    assert (read.core_properties.title, read.core_properties.language) == ("Kesän haut", "fi-FI")
    headings = [one.text for one in read.paragraphs if one.style and (one.style.name or "").startswith("Heading")]
    assert headings[1] == "Toinen haku"
    assert headings[0].startswith("<script>alert(1)</script> [x](javascript:alert(1))")
    texts = [one.text for one in read.paragraphs]
    assert texts.index("Hyvät lukijat!") < texts.index("Toinen haku") < texts.index("Lue tämä.")
    links = [one.target_ref for one in read.part.rels.values() if one.reltype == RELATIONSHIP_TYPE.HYPERLINK]
    assert sorted(links) == sorted(f"https://example.org/{len(title)}" for title in (HOSTILE, "Toinen haku"))


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="no soffice on this machine")
def test_docx_is_opened_by_libreoffice(app: App, tmp_path: Path) -> None:
    file = tmp_path / "letter.docx"
    file.write_bytes(document(app, drafted(app, "Ruokaa pohjoisesta"), "docx"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [
        str(SOFFICE),
        profile,
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        str(tmp_path),
    ]
    subprocess.run([*command, str(file)], check=True, timeout=120, capture_output=True)
    text = (tmp_path / "letter.txt").read_text("utf-8-sig")
    assert text.index("Kesän haut") < text.index("Ruokaa pohjoisesta")


def test_what_is_not_written_in_a_language_is_said_in_the_regions_first(app: App) -> None:
    number = drafted(app, "A")
    write_letter(app, number, LetterWords("Kesä", {"fi": "Hei"}, {}), ME)
    assert "Hei" in document(app, number, "page", "en").decode()
