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


def test_a_comment_within_a_word_leaves_it_whole() -> None:
    assert text_of("circ<!-- x -->ular") == "circular"
