"""HTML from publishers: what one reads of a page, and what is never kept of it."""

import pytest
from bs4 import BeautifulSoup, Tag

from tracker.errors import ParseError
from tracker.sources.support.markup import absolute, key_of, opened, shortened, text_of_nodes, words

BASE = "https://www.example.org/calls/"
LONG = "<p>Reuse of timber, paid by the region, for whoever builds. </p>" * 3


def nodes(html: str) -> list[Tag]:
    return [BeautifulSoup(html, "lxml")]


def said(html: str) -> str:
    return text_of_nodes(nodes(html), 10_000)


@pytest.mark.parametrize(
    "contact",
    [
        "<h3>Lisätietoja</h3><p>Maija Mallikas</p><p>asiantuntija</p><p>puh. 029 123 4567</p>",
        "<p>Maija Mallikas</p><p>erityisasiantuntija</p><p>maija.mallikas@example.org</p>",
        "<p>Maija Mallikas<br>tel. +358 29 123 4567</p>",
        "<p>Ask Maija Mallikas, <a href='mailto:maija@example.org'>by mail</a></p>",
        "<p>Maija Mallikas, maija.mallikas(at)example.org</p>",
        "<address>Maija Mallikas</address>",
        "<div class='contact-person'>Maija Mallikas</div>",
        "<ul class='people-list'><li>Maija Mallikas</li></ul>",
        "<ul><li>Maija Mallikas, <a href='tel:0291234567'>call</a></li></ul>",
    ],
)
def test_nobodys_name_address_or_number_is_kept(contact: str) -> None:
    kept = said(f"<main>{LONG}{contact}<h3>Budget</h3><p>One million euro for 12 projects until 2027.</p></main>")
    assert "Maija" not in kept
    assert "example.org" not in kept
    assert "4567" not in kept
    assert kept.endswith("Budget\nOne million euro for 12 projects until 2027.")


def test_menus_forms_and_scripts_are_not_what_a_page_says() -> None:
    html = "<nav>Menu</nav><p>Words.</p><script>x()</script><form>Search</form><div hidden>Old</div><footer>F</footer>"
    assert said(html) == "Words."


def test_the_label_of_a_field_is_not_its_value() -> None:
    [node] = nodes("<div class='f'><div class='field__label'>Tila</div><div>Avoinna</div></div>")
    assert words(node) == "Avoinna"


def test_a_long_text_is_cut_where_a_sentence_ends() -> None:
    assert (
        shortened("One sentence. Another sentence. A third one that is long.", 40) == "One sentence. Another sentence."
    )
    assert shortened("word " * 20, 12) == "word word wo"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/calls/1", "https://www.example.org/calls/1"),
        ("1?b=2&utm_source=x&fbclid=y#top", "https://www.example.org/calls/1?b=2"),
        ("http://www.example.org/1", "https://www.example.org/1"),
        ("//Other.example/1", "https://other.example/1"),
        (" ?page=2 ", "https://www.example.org/calls/?page=2"),
    ],
)
def test_a_link_is_absolute_secure_and_without_traces(href: str, url: str) -> None:
    assert absolute("a source", BASE, href) == url


@pytest.mark.parametrize("href", ["javascript:void(0)", "mailto:a@example.org", "data:text/html,x"])
def test_what_is_no_address_is_a_fault(href: str) -> None:
    with pytest.raises(ParseError) as caught:
        absolute("a source", BASE, href)
    assert caught.value.reason == "link"


def test_a_key_is_the_publishers_own_path_and_names_other_hosts() -> None:
    assert key_of(BASE, "https://example.org/calls/1/") == "/calls/1"
    assert key_of(BASE, "https://www.example.org/call?id=7") == "/call?id=7"
    assert key_of(BASE, "https://other.example/1") == "other.example/1"


def test_a_very_long_path_is_a_key_of_bounded_length_that_still_tells_calls_apart() -> None:
    one, two = (key_of(BASE, f"https://example.org/{'a' * 300}{n}") for n in (1, 2))
    assert one != two
    assert len(one) <= 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (f"<html><body><div id='root'></div>{'<script>x</script>' * 99}</body></html>", "shell"),
        ("<html><body><app-root>Loading</app-root><p>We use cookies.</p></body></html>", "shell"),
        ("<html><body><p>404</p></body></html>", "empty_page"),
        (f"<html><body>{LONG}", "truncated"),
        ('{"a": 1}', "not_html"),
        ("", "not_html"),
    ],
)
def test_what_is_no_page_has_a_name(body: str, why: str) -> None:
    with pytest.raises(ParseError) as caught:
        opened("a source", body.encode())
    assert caught.value.reason == why


def test_a_page_that_a_server_filled_is_no_shell_whatever_its_root_is_called() -> None:
    assert opened("a source", f"<html><body><div id='__next'>{LONG * 2}</div></body></html>".encode())
