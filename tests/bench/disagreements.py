"""Measure how many of the rules' mistakes stand among the first calls on which a learned model differs from them.

    python tests/bench/disagreements.py [--first 30]

Each judged set of ../shared is divided into five parts; the calls of each are told by a model of the other four. A
mistake is a call wrongly tagged or missed by the rules. As the region's rules make few, they are also tried with every
fifth rule switched off, five times, as if somebody had not thought of it.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from figures import figure

from tracker.regions import load_region, region_file
from tracker.tagging.evaluate import MICRO, Judged, evaluate, judged_spearheads, read_judged
from tracker.tagging.index import Index, compile_rules
from tracker.tagging.learned import crossed
from tracker.tagging.lemmas import Lemmas
from tracker.tagging.rulebook import Rulebook

GOLD = ROOT.parent / "shared" / "gold"
SETS = ("portal-dev", "portal-full-dev", "finnish-dev")
TURNS = 5


def thinned(book: Rulebook) -> Iterator[Rulebook]:
    """Leave out every fifth rule, beginning at each of five."""
    for turn in range(TURNS):
        rules = [rule for number, rule in enumerate(book.rules) if number % TURNS != turn]
        yield replace(book, rules=tuple(rules))


def found_first(index: Index, judged: Sequence[Judged], first: int) -> tuple[int, int]:
    """Count the mistakes among the first lines, and all mistakes."""
    keys = judged_spearheads(index, judged)
    scores = evaluate(index, judged, keys)[MICRO]
    wrong = {*scores.false, *scores.missed}
    lines = [f"{one.spearhead}: {one.document.id}" for one in crossed(index, judged, keys)[:first]]
    return len(wrong.intersection(lines)), len(wrong)


def show(name: str, counts: Sequence[tuple[int, int]], first: int) -> None:
    """Print the share of mistakes that stand among the first lines, over all turns."""
    found, wrong = (sum(numbers) for numbers in zip(*counts, strict=True))
    figure(f"{name} mistakes in the first {first} lines", found / wrong if wrong else 1.0, f"{found} of {wrong}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well disagreements point at mistakes.")
    parser.add_argument("--first", type=int, default=30)
    first = parser.parse_args().first
    lemmas = Lemmas()
    book = load_region(region_file("paijat_hame")).rulebook
    for name in SETS:
        judged = read_judged((GOLD / f"{name}.jsonl").read_text("utf-8").splitlines(), lemmas)
        show(name, [found_first(compile_rules(book, lemmas), judged, first)], first)
        thin = [found_first(compile_rules(other, lemmas), judged, first) for other in thinned(book)]
        show(f"{name}, every fifth rule off:", thin, first)


if __name__ == "__main__":
    main()
