"""The colours of the pages, as the style sheet names them: each pair that is used can be read, in light and dark."""

import re

import pytest

from jobs.web.files import FOLDER
from tracker.regions.brand import contrast

STYLE = (FOLDER / "site.css").read_text("utf-8")
TEXT, SHAPE = 4.5, 3.0  # WCAG 2.2: 1.4.3 for text, 1.4.11 for borders and rings
PAIRS = [
    *(("ink", ground, TEXT) for ground in ("paper", "card", "tag", "mark")),
    *((colour, ground, TEXT) for colour in ("soft", "brand", "bad") for ground in ("paper", "card")),
    ("on-brand", "brand", TEXT),
    *((colour, ground, SHAPE) for colour in ("focus", "soft") for ground in ("paper", "card")),
]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT, DARK = (tokens(block) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2])


@pytest.mark.parametrize("scheme", [LIGHT, LIGHT | DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("colour", "ground", "least"), PAIRS)
def test_every_pair_of_colours_can_be_read(scheme: dict[str, str], colour: str, ground: str, least: float) -> None:
    assert contrast(scheme[colour], scheme[ground]) >= least


def test_no_rule_has_a_colour_of_its_own_beside_the_tokens() -> None:
    rules = re.sub(r":root \{.*?\}", "", STYLE, flags=re.DOTALL)
    assert set(re.findall(r"#[0-9a-fA-F]{3,6}\b(?=[^{}]*\})", rules)) <= {"#fff", "#000"}  # paper
