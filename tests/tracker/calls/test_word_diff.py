"""How two texts differ, word by word."""

import time

import pytest

from tracker.calls.word_diff import MOST_PIECES, word_diff

MANY = " ".join(f"Sentence {n} says what it says." for n in range(100))
SIGNS = {"kept": "{}", "added": "+{}+", "cut": "-{}-"}


def written(old: str, new: str) -> str:
    return " ".join(SIGNS[piece.kind].format(piece.text) for piece in word_diff(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("A call of 4 weeks.", "A call of 6 weeks.", "A call of -4- +6+ weeks."),
        ("One. Two.", "One. Two. Three.", "One. Two. +Three.+"),
        ("One. Two. Three.", "One. Three.", "One. -Two.- Three."),
        ("One  and\ntwo.", "One and two.", ""),  # blanks alone
        ("", "All new.", "+All new.+"),
        ("All gone.", "", "-All gone.-"),
    ],
)
def test_what_was_cut_and_added_stands_among_the_words_around_it(old: str, new: str, said: str) -> None:
    assert written(old, new) == said


def test_of_what_was_kept_only_the_words_beside_a_difference_are_given() -> None:
    said = written(f"{MANY} The end is 4.11. {MANY}", f"{MANY} The end is 5.11. {MANY}")
    assert said == ("… 99 says what it says. The end is -4.11.- +5.11.+ Sentence 0 says what it says. Sentence 1 …")


def test_a_text_that_is_wholly_another_is_set_beside_the_old_one() -> None:
    old, new = "x " * 100_000, "y. " * 60_000
    started = time.process_time()
    kinds = [piece.kind for piece in word_diff(old, new)]
    assert kinds == ["cut", "added"]
    assert time.process_time() - started < 5


def test_of_very_many_differences_the_first_are_given() -> None:
    old = " ".join(f"Word {n}. Kept {n}." for n in range(500))
    new = " ".join(f"Term {n}. Kept {n}." for n in range(500))
    pieces = word_diff(old, new)
    assert len(pieces) == MOST_PIECES + 1
    assert pieces[-1].text == "…"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n".join(["same"] * 1900), "\n".join(["same"] * 1800 + ["other"])),
        ("\n".join(f"{n % 150}" for n in range(1900)), "\n".join(f"{n * 7 % 150}" for n in range(1900))),
        (" ".join(["a", "b"] * 200), " ".join(["b", "a"] * 190)),
    ],
)
def test_texts_that_repeat_themselves_take_no_longer(old: str, new: str) -> None:
    started = time.process_time()
    word_diff(old, new)
    assert time.process_time() - started < 2
