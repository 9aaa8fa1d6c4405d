"""A letter of the month as DOCX, for Word and LibreOffice, with headings, links and lists as such."""

from datetime import datetime
from io import BytesIO

from docx import Document
from docx.document import Document as Docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from jobs.publishing.letter_page import LetterCall, LetterPage

LOCALES = {"fi": "fi-FI", "sv": "sv-FI", "en": "en-GB"}  # for the spelling of whoever opens it
NO_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 - DOCX has no zones; the same letter is the same file


def docx_of(page: LetterPage) -> bytes:
    """The letter as the bytes of a DOCX."""
    document = Document()
    _say_language(document, page)
    document.add_heading(page.title, level=0)
    document.add_paragraph(page.about, style="Subtitle")
    for paragraph in page.foreword:
        document.add_paragraph(paragraph)
    for call in page.calls:
        _add_call(document, call)
    document.add_paragraph(page.contact, style="Caption")
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _say_language(document: Docx, page: LetterPage) -> None:
    """Say the language and the title, with which screen readers begin."""
    properties = document.core_properties
    properties.title, properties.language, properties.author = page.title, LOCALES[page.language], page.contact
    properties.comments = ""
    properties.created = properties.modified = NO_DAY
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LOCALES[page.language])
    document.styles["Normal"].element.get_or_add_rPr().append(language)


def _add_call(document: Docx, call: LetterCall) -> None:
    heading = document.add_heading(level=2)
    if call.view.url:
        _add_link(heading, call.view.title, call.view.url)
    else:
        heading.add_run(call.view.title)
    document.add_paragraph().add_run(call.when).bold = True
    for text in filter(None, (*call.notes, call.view.what)):
        document.add_paragraph(text)
    for fact in call.view.facts:
        line = document.add_paragraph(style="List Bullet")
        line.add_run(f"{fact.label}: ").bold = True
        line.add_run(fact.text)


def _add_link(paragraph: Paragraph, text: str, url: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(url, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    run = paragraph.add_run(text)
    run.font.underline = True
    link.append(run._r)
    paragraph._p.append(link)
