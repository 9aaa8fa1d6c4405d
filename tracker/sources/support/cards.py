"""Cards: one call as a web page shows it, the site's settings, and the facts made of both.

Shared by the generic kinds (`listing`, `feed`, `wordpress`) and by sources whose calls are on web pages. Does not parse
dates (`tracker.sources.support.dates`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from db.calls import CallFacts, CallKind, CallStatus, Deadline
from tracker.errors import ParseError
from tracker.sources import ADDRESS, Row
from tracker.sources.support import dates
from tracker.sources.support.dates import DateForm, DateRange, Day
from tracker.sources.support.json_records import record_fingerprint
from tracker.sources.walls import Unread
from tracker.strict import Strict

CONTINUOUS = "continuous"
STANDING = "standing instrument"
FOR_EVER = 2100  # the year from which a last day means that there is none, as in Eureka's 1 January 2125


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is no zone; write it like Europe/Helsinki") from error
    return name


Zone = Annotated[str, AfterValidator(_is_zone)]
State = Literal["forthcoming", "open", "closed", "continuous"]


class Site(Strict):
    """The settings of a site that turn its cards into facts, the same for every kind."""

    url: str = Field(pattern=ADDRESS, description="the address that is read")
    include: tuple[str, ...] = Field((), description="words of which a title must have one; empty: every title will do")
    exclude: tuple[str, ...] = Field((), description="words of which a title must have none")
    states: dict[str, State] = Field({}, description="what the site's words for a call's state mean; others are faults")
    forms: tuple[DateForm, ...] = Field(
        tuple(DateForm), description="how the site writes dates; other forms are faults"
    )
    zone: Zone = "Europe/Helsinki"
    language: str = Field("en", min_length=2, max_length=8, description="of titles and texts")
    call_kind: CallKind = CallKind.NATIONAL
    programme: str | None = Field(None, max_length=40, description="our code of the programme")
    programmes: dict[str, str] = Field({}, description="codes by a word of the title that tells the programme")
    audience: tuple[str, ...] = ()
    text_most: int = Field(1500, ge=0, description="characters of a call's text that are kept, for matching")
    undated: Literal["fault", "leave", "take"] = Field(
        "fault", description="a call with neither dates nor a state: a fault, left out, or taken as open"
    )

    standing: bool = Field(False, description="schemes that one can apply to at any time rather than calls")

    def is_wanted(self, title: str) -> bool:
        """Tell whether a call with this title is wanted."""
        folded = title.casefold()
        is_included = not self.include or any(word.casefold() in folded for word in self.include)
        return is_included and not any(word.casefold() in folded for word in self.exclude)

    def programme_of(self, title: str) -> str | None:
        """Return the programme that a title names, else the site's own."""
        folded = title.casefold()
        return next((code for word, code in self.programmes.items() if word.casefold() in folded), self.programme)

    def state_of(self, source: str, word: str) -> State | None:
        """Return what a site's word for a state means; None for no word. Raises ParseError (state) for a new one."""
        known: dict[str, State] = {"closed": "closed"}  # our own word for a call whose text says so
        known |= {name.casefold(): state for name, state in self.states.items()}
        if word and word.casefold() not in known:
            raise ParseError(source, "state", f"the state {word[:60]!r} is not one of {', '.join(self.states)}")
        return known[word.casefold()] if word else None

    def word_for(self, state: State) -> str:
        """Return the site's first word for a state, or ours if it has none."""
        return next((word for word, meant in self.states.items() if meant == state), state)


@dataclass(frozen=True, slots=True)
class Card:
    """One call as its page shows it, in the publisher's words; empty where the page says nothing.

    `closes` may hold several dates, one per line.
    """

    key: str
    url: str
    title: str
    period: str = ""
    opens: str = ""
    closes: str = ""
    state: str = ""
    text: str = ""
    programme: str | None = None  # if the card says more about it than the title

    def row(self) -> Row:
        return Row(self.key, record_fingerprint(asdict(self)), self)


def once_each(source: str, cards: Iterable[Card | Unread]) -> list[Card | Unread]:
    """Return each call once; one key for different calls is a doubt, which comes out as Unread."""
    once: dict[str, Card | Unread] = {}
    for place, card in enumerate(cards, start=1):
        known = once.get(card.key)
        if isinstance(card, Unread):
            once[card.key or f"\0{place}"] = card
        elif known is None or (isinstance(known, Card) and not known.title):  # the link of a picture next to the title
            once[card.key] = card
        elif isinstance(known, Card) and card.title and known != card:
            fault = ParseError(source, "key_not_unique", f"two different calls are called {card.key}")
            once[card.key] = Unread(fault, card.key, place)
    return list(once.values())


@dataclass(frozen=True, slots=True)
class _Dates:
    opens: Day | None
    deadlines: tuple[Deadline, ...]
    is_continuous: bool


def facts_of_card(source: str, spec: Site, row: Row) -> CallFacts:
    """Make the facts of one card. Raises ParseError: date, state (an unknown word), undated, no_title."""
    card: Card = row.record
    state, days = spec.state_of(source, card.state), _dates(source, spec, card)
    is_continuous = days.is_continuous or state == CONTINUOUS or spec.standing
    if not card.title:
        raise ParseError(source, "no_title", f"{card.key} has no title")
    if not (state or days.deadlines or is_continuous or days.opens or spec.undated == "take"):
        raise ParseError(source, "undated", f"{card.key} says neither when it closes nor whether it is open")
    deadlines = () if is_continuous else days.deadlines
    return CallFacts(
        source=source,
        key=card.key,
        kind=spec.call_kind,
        title=card.title,
        programme=card.programme or spec.programme_of(card.title),
        type_of_action=STANDING if spec.standing else None,
        claimed_status=CallStatus(state) if state and state != CONTINUOUS else None,
        opens_on=days.opens.on if days.opens else None,
        deadlines=deadlines,
        deadline_model=CONTINUOUS if is_continuous else "multiple cut-off" if len(deadlines) > 1 else None,
        audience=spec.audience,
        url=card.url,
        language=spec.language,
        text=card.text or None,
    )


def _dates(source: str, spec: Site, card: Card) -> _Dates:
    """Read the card's days; single-day fields override the period, as they may come from the detail page."""
    period = _period(source, spec, card.period)
    zone = ZoneInfo(spec.zone)
    opens = [dates.read_opening(source, line, zone, spec.forms) for line in _dated_lines(card.opens)]
    closes = [day for line in _dated_lines(card.closes) for day in dates.read_cutoffs(source, line, zone, spec.forms)]
    days = closes or ([period.closes] if period.closes else [])
    return _Dates(
        opens=opens[0] if opens else period.opens,
        deadlines=tuple(day.deadline() for day in sorted(set(days), key=lambda day: day.on)),
        is_continuous=any(map(dates.is_continuous, (card.period, card.closes)))
        or any(day.on.year >= FOR_EVER for day in days),
    )


def _period(source: str, spec: Site, text: str) -> DateRange:
    if not text or dates.is_undated(text):
        return DateRange()
    return dates.read_period(source, text, ZoneInfo(spec.zone), spec.forms)


def _dated_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line and not dates.is_undated(line)]
