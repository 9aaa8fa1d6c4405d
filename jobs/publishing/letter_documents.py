"""Documents of a letter of the month: a web page that also prints, the HTML of a mail, Markdown and DOCX.

What publishers wrote is cleaned and escaped in each. Does not choose calls (`jobs.publishing.monthly_letters`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from sqlmodel import Session

from db.calls import Call
from db.eligibility import eligibility_of_calls
from db.monthly_letters import ChosenCall
from jobs.base.app import App
from jobs.publishing.letter_docx import docx_of
from jobs.publishing.letter_page import LetterCall, LetterPage
from jobs.publishing.monthly_letters import LetterInFull
from tracker import l10n, sources
from tracker.digests.content import Item, SectionKind, digest_call
from tracker.emails.call_view import call_view
from tracker.emails.render import inliner
from tracker.emails.sanitise import clean, paragraphs
from tracker.templates import template_environment

TITLE_LENGTH = 200
ANYWHERE = re.compile(r"([\\`*_\[\]<>&#|~!@])")  # what Markdown reads as markup wherever it stands
AT_THE_START = re.compile(r"^(?:([-+=])|(\d+)([.)]))")  # of a line: a list, an underline
BARE_LINK = re.compile(r"(?:https?|ftp)(?=://)|www(?=\.)", re.IGNORECASE)  # which some programs make links of


@dataclass(frozen=True, slots=True)
class LetterForm:
    """A form in which a letter is taken away."""

    ending: str
    media_type: str
    made_of: Callable[[LetterPage], bytes]


def letter_page(session: Session, app: App, full: LetterInFull, language: str) -> LetterPage:
    """A letter in a language, with its calls as they are today."""
    eligible = eligibility_of_calls(session, [call.id or 0 for _, call in full.calls])
    names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}

    def worded(chosen: ChosenCall, call: Call) -> LetterCall:
        item = Item(call, SectionKind.CHOSEN, (), (), (), (), (), eligible.get(call.id or 0))
        seen = digest_call(item, names, app.today())
        view = call_view(SectionKind.CHOSEN, seen, app.today(), language, app.region.zone)
        return LetterCall(view, paragraphs(l10n.in_language(chosen.notes, language)), call.language or "")

    brand = app.region.brand
    return LetterPage(
        language=language,
        title=clean(full.letter.title, TITLE_LENGTH),
        about=f"{app.region.name_in(language)} · {l10n.bare_day(app.today(), language)}",
        foreword=paragraphs(l10n.in_language(full.letter.forewords, language)),
        calls=tuple(worded(chosen, call) for chosen, call in full.calls),
        contact=app.settings.mail.contact or f"Kärkivahti {app.region.name_in(language)}",
        colours=(brand.colour, brand.dark),
    )


def _web_page(page: LetterPage) -> bytes:
    return _html(page, "letter-page.css").encode()


def _mail_html(page: LetterPage) -> bytes:
    """Its styles are where mail programs look for them."""
    return inliner().inline(_html(page, "letter-mail.css")).encode()


def _html(page: LetterPage, styles: str) -> str:
    return _environment(page.language).get_template("letter.html").render(page=page, styles=styles)


@cache
def _environment(language: str) -> Environment:
    return template_environment("jobs.publishing", language)


def _markdown(page: LetterPage) -> bytes:
    lines = [f"# {as_plain_text(page.title)}", as_plain_text(page.about), *map(as_plain_text, page.foreword)]
    for call in page.calls:
        title = as_plain_text(call.view.title)
        facts = [f"- **{as_plain_text(fact.label)}:** {as_plain_text(fact.text)}" for fact in call.view.facts]
        lines += [f"## [{title}](<{call.view.url}>)" if call.view.url else f"## {title}"]
        lines += [f"**{as_plain_text(call.when)}**", *map(as_plain_text, call.notes), as_plain_text(call.view.what)]
        lines.append("\n".join(facts))
    return ("\n\n".join(filter(None, [*lines, as_plain_text(page.contact)])) + "\n").encode()


def as_plain_text(text: str) -> str:
    """A line of text that Markdown shows as it is: nothing in it is markup or becomes a link."""
    escaped = ANYWHERE.sub(r"\\\1", text.strip())
    escaped = AT_THE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", escaped)
    return BARE_LINK.sub(lambda found: f"{found[0]}\\", escaped)


LETTER_FORMS: Mapping[str, LetterForm] = {
    "page": LetterForm("html", "text/html; charset=utf-8", _web_page),
    "mail": LetterForm("mail.html", "text/html; charset=utf-8", _mail_html),
    "docx": LetterForm("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", docx_of),
    "markdown": LetterForm("md", "text/markdown; charset=utf-8", _markdown),
}
