"""Plain text from mark-up: what a reader sees, and nothing that is struck out or hidden."""

import pytest

from tracker.sources.support.plaintext import line_of, text_of


@pytest.mark.parametrize("tag", ["s", "strike", "del", "S", 'del datetime="2026-01-01"'])
def test_what_is_struck_out_is_not_said(tag: str) -> None:
    markup = f"<p><{tag}>30 April 2026</{tag.split()[0]}> 15 May 2026</p>"
    assert text_of(markup) == line_of(markup) == "15 May 2026"


@pytest.mark.parametrize(
    "tag", ['span style="text-decoration: line-through"', "b class='is-strikethrough'", 'del class="line-through"']
)
def test_what_a_style_strikes_out_is_not_said_either(tag: str) -> None:
    markup = f"<p><{tag}>30 <i>April</i> <span>2026</span></{tag.split()[0]}> 15 May 2026</p>"
    assert text_of(markup) == line_of(markup) == "15 May 2026"


def test_a_strike_out_that_never_ends_takes_nothing_with_it() -> None:
    assert text_of("<p>Apply <s>now or <b>later</b></p>") == "Apply now or later"


def test_spans_and_sections_are_not_struck_out() -> None:
    assert text_of("<section><span>30 April 2026</span></section>") == "30 April 2026"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a circular economy<sup>1</sup> for all", "a circular economy¹ for all"),
        ('economy<sup class="note"><a href="#n1">1</a></sup>, said', "economy¹, said"),
        ("economy<SUP>[1]</SUP>", "economy[¹]"),
        ("Horizon<sup>TM</sup>, noted<sup>a</sup>", "Horizon TM, noted a"),
        ("31<sup>st</sup> March 2026<sup>2</sup>", "31st March 2026²"),
        ("10 m<sup>2</sup>, CO<sub>2</sub>", "10 m², CO2"),
    ],
)
def test_raised_text_stands_apart_from_its_word_and_lowered_text_belongs_to_it(markup: str, text: str) -> None:
    assert text_of(f"<p>{markup}</p>") == text


def test_a_comment_within_a_word_leaves_it_whole() -> None:
    assert text_of("circ<!-- x -->ular") == "circular"
