"""Guesses: where on a page the cards of a list may be, and what of a card may be its title and its days.

For a person to choose among, with samples. Does not read a list (`tracker.sources.kinds.listing`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tracker.errors import ParseError
from tracker.sources.support import dates
from tracker.sources.support.markup import opened, words

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

APART = "nav, header, footer, form, aside, [role=navigation]"  # no list of calls is there
UP = 6  # steps from a link to the card around it
FEWEST, MOST_CARDS, MOST_LINKS = 2, 500, 6
MOST_GUESSES, MOST_SAMPLES, SAMPLE = 6, 3, 90
LONGEST_DATE = 100
_STEADY = re.compile(r"(?!.*\d{2})[a-zA-Z_][\w-]*")  # of a class: node--17 is one card's own
_WORDY = 12  # characters: a shorter link is a button


@dataclass(frozen=True, slots=True)
class Guess:
    """A CSS selector with how often it fits, and what stands there."""

    selector: str
    count: int
    samples: tuple[str, ...]
    role: str = ""  # of days: period, opens or closes


@dataclass(frozen=True, slots=True)
class Parts:
    """What a card may consist of: its title, and its days. An empty selector of a title is what the link says."""

    link: str
    titles: tuple[Guess, ...]
    days: tuple[Guess, ...]


def guess_cards(source: str, body: bytes, zone: ZoneInfo) -> tuple[Guess, ...]:
    """Where the cards of a list may be, the likeliest first. Raises what `opened` raises."""
    page = opened(source, body)
    for part in page.select(APART):
        part.decompose()
    found = {selector: page.select(selector) for selector in _selectors(page)}
    scored = [(_score(source, cards, zone), selector) for selector, cards in found.items() if _are_cards(cards)]
    best = [selector for score, selector in sorted(scored, key=lambda one: (-one[0], len(one[1]))) if score > 0]
    return tuple(_guess(selector, found[selector]) for selector in _different(best, found)[:MOST_GUESSES])


def guess_parts(source: str, body: bytes, card: str, zone: ZoneInfo) -> Parts:
    """What the cards that a selector finds may consist of. Raises what `opened` raises."""
    cards = opened(source, body).select(card)
    headings = [
        name for name in ("h1", "h2", "h3", "h4", "h5") if sum(bool(c.select_one(name)) for c in cards) * 2 > len(cards)
    ]
    is_link = bool(cards) and cards[0].name == "a"
    linked = next((f"{name} a[href]" for name in headings if cards[0].select_one(f"{name} a[href]")), "a[href]")
    link = "" if is_link else linked
    in_headings = [_inside(cards, name, name) for name in headings]
    in_link = [_inside(cards, link or ":scope", "")]
    titles = in_headings + in_link if link in ("", "a[href]") else in_link + in_headings
    found = [_inside(cards, selector, selector) for selector in _dated(source, cards, zone)]
    days = [replace(one, role=_role(source, one.samples[0], zone)) for one in found if one.samples]
    return Parts(link, tuple(_once(titles)), tuple(sorted(days, key=lambda one: -one.count)[:MOST_GUESSES]))


def _selectors(page: BeautifulSoup) -> list[str]:
    """What stands around the links of a page, as selectors."""
    found: dict[str, None] = {}
    for link in page.select("a[href]"):
        for node in [link, *list(link.parents)[:UP]]:
            if node.name in ("body", "html", "main", "[document]"):
                break
            found[_selector(node)] = None
    return list(found)


def _selector(node: Tag) -> str:
    """A node's kind: its tag and steady classes; without a class also what it is in."""
    own = node.name + "".join(f".{name}" for name in _classes(node))
    if _classes(node) or node.parent is None or node.name == "article":
        return own
    return f"{node.parent.name}{''.join(f'.{name}' for name in _classes(node.parent))} > {own}"


def _classes(node: Tag) -> list[str]:
    return [name for name in node.get_attribute_list("class") if name and _STEADY.fullmatch(name)][:2]


def _are_cards(nodes: Sequence[Tag]) -> bool:
    """Whether these can be cards: several, none within another, and each with a link or a few."""
    if not FEWEST <= len(nodes) <= MOST_CARDS:
        return False
    ids = {id(node) for node in nodes}
    if any(id(parent) in ids for node in nodes for parent in node.parents):
        return False
    links = [_links(node) for node in nodes]
    return sum(1 <= len(those) <= MOST_LINKS for those in links) * 5 > 4 * len(nodes)


def _links(node: Tag) -> set[str]:
    own = [node] if node.name == "a" and node.get("href") else []
    return {str(link["href"]) for link in [*own, *node.select("a[href]")]}


def _score(source: str, cards: Sequence[Tag], zone: ZoneInfo) -> float:
    """How much these look like calls: different links, titles of some length, and days."""
    targets = {target for card in cards for target in _links(card)}
    titled = sum(len(words(card)) >= _WORDY for card in cards) / len(cards)
    dated = sum(any(True for _ in _days_of(source, card, zone)) for card in cards[:20]) / min(len(cards), 20)
    apart = min(1.0, len(targets) / len(cards))
    return (3 * dated + titled + apart - 1) * (1 + min(len(cards), 20) / 40) if titled > 0.5 and apart > 0.5 else 0.0


def _days_of(source: str, card: Tag, zone: ZoneInfo) -> Iterable[Tag]:
    """The smallest parts of a card that are a date or a period."""
    for node in card.find_all(True):
        if node.find(True) is None or node.name == "time":
            text = words(node)
            if any(c.isdigit() for c in text) and len(text) <= LONGEST_DATE and _is_dated(source, text, zone):
                yield node


def _is_dated(source: str, text: str, zone: ZoneInfo) -> bool:
    for read in (dates.read_period, dates.read_cutoffs):
        try:
            read(source, text, zone)
        except ParseError:
            continue
        return True
    return False


def _role(source: str, text: str, zone: ZoneInfo) -> str:
    """What a date says: when a call opens, when it closes, or both."""
    try:
        period = dates.read_period(source, text, zone)
    except ParseError:  # several days
        return "closes"
    if period.opens and period.closes:
        return "period"
    return "opens" if period.opens else "closes"


def _dated(source: str, cards: Sequence[Tag], zone: ZoneInfo) -> list[str]:
    return list(dict.fromkeys(_selector(node) for card in cards for node in _days_of(source, card, zone)))


def _inside(cards: Sequence[Tag], selector: str, named: str) -> Guess:
    """What a selector finds within cards, under the name that the configuration gives it."""
    found = [words(card if selector == ":scope" else card.select_one(selector)) for card in cards]
    said = [text for text in found if text]
    return Guess(named, len(said), tuple(text[:SAMPLE] for text in dict.fromkeys(said))[:MOST_SAMPLES])


def _once(guesses: Iterable[Guess]) -> list[Guess]:
    """Each choice once: two that say the same are one."""
    once: dict[tuple[str, ...], Guess] = {}
    for guess in guesses:
        if guess.count:
            once.setdefault(guess.samples, guess)
    return list(once.values())


def _different(selectors: Sequence[str], found: Mapping[str, Sequence[Tag]]) -> list[str]:
    """Those that do not find just what one before them found, or what is around or inside it one by one."""
    kept: list[str] = []
    seen: set[frozenset[str]] = set()
    for selector in selectors:
        targets = frozenset(target for node in found[selector] for target in _links(node))
        if targets not in seen:
            seen.add(targets)
            kept.append(selector)
    return kept


def _guess(selector: str, cards: Sequence[Tag]) -> Guess:
    return Guess(selector, len(cards), tuple(words(card)[:SAMPLE] for card in cards[:MOST_SAMPLES]))
