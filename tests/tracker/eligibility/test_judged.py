"""Who may apply on judged calls: what is wanted of the shown half, of each half of it, and that it costs little."""

from pathlib import Path

import pytest

from tracker.eligibility.judging import NO, YES, Figures, figures_on
from tracker.eligibility.programmes import load_table


@pytest.fixture(scope="session")
def judged_lines(shared: Path) -> list[str]:
    return (shared / "gold/audience-dev.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("part", [slice(None), slice(0, None, 2), slice(1, None, 2)], ids=["all", "even", "odd"])
def test_it_is_known_who_may_apply(judged_lines: list[str], part: slice) -> None:
    figures = figures_on(judged_lines[part], load_table())
    assert figures.said >= 0.80
    assert figures.share(NO, NO) >= 0.80  # a company is not led to a call closed to it
    assert figures.share(YES, NO) <= 0.03  # no call is hidden from who may apply
    assert figures.is_right("consortium") >= 0.95
    assert figures.is_right("alone") >= 0.95


def test_figures_count_what_was_judged_and_name_what_was_said_otherwise() -> None:
    line = (
        '{"id": "1", "set": "cascade", "title": "Call for SMEs", "text": "The call supports SMEs.", "identifier": "X", '
        '"actionType": "", "may": {"sme": "yes", "ngo": "yes", "public": "no", "person": "unknown"}, '
        '"consortium": null, "single_allowed": null, "cofunding_rate": 50}'
    )
    figures: Figures = figures_on([line, ""], load_table())
    assert (figures.said, figures.share(YES, NO), figures.share(NO, NO)) == (1.0, 0.5, 1.0)
    assert [(one.call, one.fact, one.judged, one.said) for one in figures.disagreements] == [("X", "ngo", "yes", "no")]
