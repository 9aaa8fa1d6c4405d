"""No rule takes more than its share: twice the text is twice the steps. Steps are counted, not time."""

import sys
from types import FrameType
from typing import Any

import pytest

from db.strategies import Mask, Rule, Weight
from tests.tracker.tagging.rulebooks import rulebook
from tracker.tagging.documents import Document
from tracker.tagging.index import Index, compile_rules, tag
from tracker.tagging.language import parse_rule
from tracker.tagging.lemmas import Lemmas

WORDS = 300
MANY = " OR ".join(f"w{number}" for number in range(200))
TEXTS = {
    "one word again and again": "food ",
    "two words in turn": "food waste ",
    "hyphens without end": "food-waste-",
    "nothing the rule looks for": "other words ",
}
BOMBS = {
    "near": "food NEAR/100 food",
    "near either": f"(food OR waste OR {MANY}) NEAR/100 (waste OR food OR {MANY})",
    "many nears": " OR ".join(f"(food NEAR/{number} waste)" for number in range(50)),
    "nears that must all be": " AND ".join(f"(food NEAR/{number} waste)" for number in range(50)),
    "a long phrase": f'"{"food " * 50}"',
    "phrases near phrases": '"food food" NEAR/50 "waste food"',
    "nots in nots": f"food AND {'(NOT ' * 18}waste{')' * 18}",
    "beginnings": "foo* AND was* AND NOT oth*",
    "a pattern of stars": f"id:{'*f*o' * 30}* OR food",
    "brackets": f"{'(' * 19}food OR waste{')' * 19}",
}


def steps(index: Index, document: Document) -> int:
    """The bytecode instructions that it takes to tag a document."""
    count = 0

    def step(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        tag(index, document)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("line", BOMBS.values(), ids=BOMBS)
def test_twice_the_text_takes_twice_the_steps(lemmas: Lemmas, line: str, text: str) -> None:
    parse_rule(line)
    rule = Rule(key="r", spearhead="food", text=line, weight=Weight.STRONG)
    index = compile_rules(rulebook(rule, masks=(Mask(key="m", text='"food waste food" OR food NEAR/2 waste'),)), lemmas)
    short, long = (
        Document("1", "Food and waste", text * times, identifier="f-o" * times) for times in (WORDS, 2 * WORDS)
    )
    tag(index, long)  # words are looked up once in a process
    assert steps(index, long) <= 2.2 * steps(index, short)
