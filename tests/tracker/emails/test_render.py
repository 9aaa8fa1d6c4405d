"""Render: the shape of the finished HTML and text."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files

import pytest

from db.subscribers import Language
from tests.tracker.emails import samples
from tracker.digests.content import Digest, Section, SectionKind
from tracker.emails import mime
from tracker.emails.mailer import MailSettings
from tracker.emails.mime import RenderedDigest, size_of
from tracker.emails.render import MESSAGE_BYTES, fold, render, whole_page

VOID = {"meta", "br", "link"}


def rendered(digest: Digest) -> RenderedDigest:
    return render(digest, samples.LINKS, samples.HELSINKI, samples.CONTACT)


class Outline(HTMLParser):
    """Tags in order with their attributes; fails on a tag that is not closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def all(self, *names: str) -> list[str]:
        return [tag for tag, _ in self.tags if tag in names]


def test_headings_go_from_one_h1_through_h2_to_h3() -> None:
    headings = Outline(rendered(samples.weekly("fi")).html).all("h1", "h2", "h3")
    assert headings.count("h1") == 1
    assert headings[:3] == ["h1", "h2", "h2"]
    assert (headings.count("h2"), headings.count("h3")) == (6 + 3, 10)  # sections, dates and two of the footer; calls


def test_the_page_says_its_language_and_its_table_is_no_data() -> None:
    outline = Outline(rendered(samples.weekly("sv")).html)
    assert outline.tags[0][1]["lang"] == "sv"
    assert {attrs["role"] for tag, attrs in outline.tags if tag == "table"} == {"presentation"}


def test_nothing_is_loaded_and_nothing_counts_who_reads() -> None:
    html = rendered(samples.weekly("fi")).html
    assert Outline(html).all("img", "link", "script", "iframe", "form") == []
    assert "url(" not in html


def test_every_link_has_a_text_of_its_own_and_leads_to_the_web() -> None:
    html = rendered(samples.weekly("fi")).html
    found = re.findall(r'<a href="([^"]*)"[^>]*>([^<]*)</a>', html)
    assert len(found) == html.count("<a ") > 20
    assert all(url.startswith("https://") and len(text) > 9 for url, text in found)


def test_dark_and_narrow_rules_survive_the_inlining() -> None:
    html = rendered(samples.weekly("fi")).html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 480px)" in html
    assert '<h1 style="' in html


def test_scraped_text_is_never_markup() -> None:
    hostile = replace(
        samples.I3,
        title="<img src=x onerror=alert(1)>",
        type_of_action="<b>bold",
        identifier='"><script>',
        audience=("<i>all",),
        consortium="<u>three</u>",
        note="<script>note</script>",
        reasons=(samples.reason("food", "<s>malt"),),
    )
    html = rendered(samples.digest("en", Section(SectionKind.NEW, (hostile,)))).html
    assert Outline(html).all("img", "script", "b", "i", "u", "s") == []
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


def test_a_call_without_a_usable_link_keeps_its_title() -> None:
    page = rendered(samples.digest("fi", Section(SectionKind.NEW, (replace(samples.SPORT, url="javascript:x"),))))
    assert "Cooperation partnerships in sport" in page.text
    assert ">Cooperation partnerships in sport</h3>" in page.html


def test_a_mail_that_grows_too_large_counts_what_it_leaves_to_the_web_copy() -> None:
    page = rendered(samples.overflowing("fi"))
    titles = page.html.count("<h3")
    assert size_of(page) <= MESSAGE_BYTES
    assert titles + page.left_out == 92
    assert page.text.count("* Circular") == titles
    assert f"ja {page.left_out} muuta ({page.left_out - 1} uutta, 1 poistunut)" in page.html
    assert f'<a href="{samples.LINKS.web_copy}"' in page.html


def test_one_call_more_would_not_have_fitted() -> None:
    page = rendered(samples.overflowing("en"))
    per_call = size_of(page) // page.html.count("<h3")
    assert size_of(page) + 2 * per_call > MESSAGE_BYTES


@pytest.mark.parametrize("language", [language.value for language in Language])
@pytest.mark.parametrize("title", ["Living labs in food systems", "Ääkkösiä ja öljyä: kiertotalouden yöpäivät"])
def test_a_whole_message_with_the_longest_values_stays_below_90_kb(language: str, title: str) -> None:
    settings = MailSettings(
        sender=f"{'s' * 60}@{'digest' * 10}.example",
        sender_name="Kärkivahti, Päijät-Hämeen liitto, rahoitushakujen seuranta",
        reply_to=f"{'r' * 60}@{'region' * 10}.example",
        list_id=f"{'digest' * 10}.example",
        unsubscribe_mailbox=f"{'l' * 60}@{'leave' * 10}.example",
        base_url=f"https://{'vahti' * 10}.example",
    )
    links = mime.marked_links(settings.base_url)
    calls = tuple(replace(samples.CIRCBIO, call_id=n, title=f"{title}, {n}") for n in range(120))
    digest = samples.digest(language, Section(SectionKind.NEW, calls))
    page = render(digest, links, samples.HELSINKI, samples.CONTACT)
    token = "t" * mime.LONGEST_TOKEN
    own = mime.Own(
        to=f"{'a' * 64}@{'b' * 180}.example",
        delivery_id=10**12,
        message_id=f"<{'m' * 200}@vahti.example>",
        in_reply_to=f"<{'m' * 200}@vahti.example>",
        sent_at=datetime(2026, 11, 23, 5, tzinfo=UTC),
        manage=token,
        unsubscribe=token,
        web_copy=token,
        feedback=token,
    )
    message = mime.fill(mime.freeze(page, links, settings, is_answer=True), own)
    assert 0.9 * MESSAGE_BYTES < len(message) <= size_of(page) <= MESSAGE_BYTES


def test_the_web_copy_holds_every_call() -> None:
    page = whole_page(samples.overflowing("fi"), samples.LINKS, samples.HELSINKI, samples.CONTACT)
    assert page.count("<h3") == 92


def test_the_longest_texts_cannot_keep_even_one_call_out() -> None:
    endless = replace(
        samples.I3, title="word " * 9000, note="note " * 9000, consortium="c " * 9000, audience=("a " * 99,)
    )
    page = rendered(samples.digest("fi", Section(SectionKind.NEW, (endless,))))
    assert (page.left_out, page.html.count("<h3")) == (0, 1)


def test_the_same_digest_is_rendered_to_the_same_characters() -> None:
    assert rendered(samples.weekly("fi")) == rendered(samples.weekly("fi"))


def test_text_lines_are_short_but_for_links() -> None:
    lines = rendered(samples.weekly("fi")).text.splitlines()
    assert all(len(line) <= 76 or line.strip().startswith("https://") for line in lines)


def test_text_holds_every_call_with_its_link() -> None:
    text = rendered(samples.weekly("fi")).text
    digest = samples.weekly("fi")
    assert all(call.url in text for section in digest.sections for call in section.calls)


def test_folding_keeps_an_amount_on_one_line() -> None:
    assert all(
        "950\u00a0000" in line or "950" not in line for line in fold("sana " * 14 + "950\u00a0000 €").splitlines()
    )


def pairs(css: str) -> Iterator[tuple[str, dict[str, str]]]:
    for selectors, body in re.findall(r"([^{}@]+)\{([^{}]*)\}", css):
        colours = dict(re.findall(r"(color|background): (#[0-9a-f]{6})", body))
        for selector in selectors.split(","):
            if colours:
                yield selector.strip(), colours


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("sheet", ["digest.css", "adapt.css"])
def test_every_text_colour_stands_out_from_its_ground(sheet: str) -> None:
    """WCAG 2.2 AA for text of any size: 4.5 to 1."""
    css = (files("tracker.emails") / "templates" / sheet).read_text()
    rules = dict(pairs(css))
    ground = rules[".sheet"]["background"]
    texts = {name: colours for name, colours in rules.items() if "color" in colours and name != ".preview"}  # hidden
    assert len(texts) >= 8
    for name, colours in texts.items():
        light, dark = sorted((luminance(colours["color"]), luminance(colours.get("background", ground))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name
