"""The browser of the tests refuses what a strict reader of HTML5 would mend, and pages without what each must have."""

import pytest
from justhtml import StrictModeError

from tests.jobs.web.browsing import check_page, read_strictly

PAGE = """<!doctype html>
<html lang="fi"><head><title>Haut</title></head>
<body><main><h1>Haut</h1><a href="#all">Kaikki</a><ul id="all"><li>Hyvä</li></ul></main></body></html>"""
LIST = '<ul id="all"><li>Hyvä</li></ul>'


def test_a_page_that_keeps_everything_is_read() -> None:
    assert check_page(PAGE).query("li")[0].to_text() == "Hyvä"


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("<li>Hyvä</li>", "<li>Hyvä"),
        ("<li>Hyvä</li>", "<li>Hyvä</li></p>"),
        ("<li>Hyvä</li>", "<li><b><i>Hyvä</b></i></li>"),
        (LIST, f"<p>{LIST}</p>"),
        (LIST, f"<table><tbody>{LIST}<tr><td>a</td></tr></tbody></table>"),
        (LIST, f"<table><tr><td>{LIST}</td></tr></table>"),
        (LIST, f"<a href='/a'><a href='/b'>b</a></a>{LIST}"),
        (LIST, f"<form><form></form></form>{LIST}"),
        (LIST, f"<div/>{LIST}"),
        ('<ul id="all">', '<ul id="all" id="all">'),
        ("Hyvä", "<script>1</script>"),
        ("Hyvä", "<b onclick='a()'>1</b>"),
        ("Hyvä", "<b style='color: red'>1</b>"),
        ("Hyvä", "<input>"),
        ("Hyvä", '<b id="all">Hyvä</b>'),
        ("#all", "#nowhere"),
        ("<h1>Haut</h1>", ""),
        (' lang="fi"', ""),
        ("<title>Haut</title>", "<title> </title>"),
    ],
)
def test_what_a_strict_reader_would_mend_is_refused(written: str, instead: str) -> None:
    assert written in PAGE
    with pytest.raises((AssertionError, StrictModeError)):
        check_page(PAGE.replace(written, instead))


def test_a_part_of_a_page_is_read_as_what_it_is_put_into() -> None:
    assert read_strictly("<tr><td>a</td></tr>", "tbody").query("td")
    with pytest.raises(AssertionError):
        read_strictly("<tr><td>a</td></tr>", "div")
