"""A month of recorded days with five readers: what their mails say, held against the portal's rows.

The rows are read beside the service, and the mails as their readers get them: the ledger is not asked. What a reader is
to be told follows from a few lines here, from the days on which an edition came.
"""

import email
import email.policy
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlmodel import select

from db.calls import CallFacts
from db.deliveries import Delivery
from db.editions import MailContent
from db.subscribers import Cadence
from jobs.base.app import App
from jobs.editions.verify import verify
from tests.jobs.replayed import FIRST, LAST, READERS, Replayed, Wanted, is_due, open_month
from tests.support.recorded_days import RecordedDay, accepted_days, recorded_days
from tracker.calls import changes
from tracker.regions import Region
from tracker.tagging.documents import from_facts
from tracker.tagging.index import compile_rules, tag
from tracker.tagging.lemmas import Lemmas

pytestmark = [pytest.mark.slow, pytest.mark.together("replayed days")]
URL, MOVED = (
    re.compile(r"^  (https?://\S+)$"),
    re.compile(r"Deadline (?:of stage \d )?moved (?:EARLIER )?(\d+ \w+ \d+) → (\d+ \w+ \d+)"),
)


@dataclass(slots=True)
class Read:
    """What one reader's mails said, as text: links of new calls, and moves of deadlines by link."""

    new: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str, date, date]] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def days(shared: Path) -> dict[date, RecordedDay]:
    """The month's recorded days that are believed."""
    return {day.on: day for day in accepted_days(recorded_days(shared)) if FIRST <= day.on <= LAST}


@pytest.fixture(scope="module")
def app(replayed: Replayed) -> Iterator[App]:
    """The service after that month: collected every morning, an edition whenever one was due."""
    made = open_month(replayed)
    yield made
    made.db.dispose()


def edition_days(cadence: Cadence) -> list[date]:
    """The days on which an edition came: in the month, and at its end."""
    month = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    return [on for on in month if is_due(cadence, on)] + [date(2026, 6, 1)]


# --- what the mails say -----------------------------------------------------------------------------------------------


def said(app: App) -> dict[str, Read]:
    """What each reader's mails say, read from their text; from the web copy where a mail was too large for all."""
    with app.db.read() as session:
        pages = dict(session.exec(select(Delivery.id, MailContent.page).join(MailContent)).all())
    found: dict[str, Read] = defaultdict(Read)
    for file in sorted((app.settings.data.dir / "outbox").glob("*.eml")):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        reader = found[str(mail["To"]).partition("@")[0]]
        if page := pages[int(mail["X-Karkivahti-Delivery"])]:
            _read_page(page, reader)
        else:
            _read(str(body.get_content()), reader)
    return found


def _read_page(page: str, reader: Read) -> None:
    for section in page.split("<h2")[1:]:
        heading = section.partition(">")[2]
        for article in section.split("<article")[1:]:
            link = re.search(r'<h3[^>]*><a href="([^"]+)"', article)
            if link:
                _note(heading, unescape(link[1]), re.sub(r"<[^>]+>", " ", article), reader)


def _note(heading: str, link: str, said_of_it: str, reader: Read) -> None:
    reader.new[link] += heading.startswith("New calls")
    for old, new in MOVED.findall(said_of_it):
        reader.moved[(link, _day(old), _day(new))] += 1


def _read(text: str, reader: Read) -> None:
    heading, said, previous = "", "", ""
    for line in text.splitlines():
        if line and set(line) == {"-"}:
            heading, said = previous, ""
        said = line if line.startswith("* ") else f"{said} {line.strip()}"
        if link := URL.match(line):
            _note(heading, link[1], said, reader)
        previous = line


def _day(text: str) -> date:
    return datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007


# --- what they should say ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tags(days: Mapping[date, RecordedDay], region: Region) -> dict[str, frozenset[str]]:
    """The spearheads of every call of the month, by the region file alone."""
    index = compile_rules(region.rulebook, Lemmas())
    facts = {key: one for day in days.values() for key, one in day.facts.items()}
    return {key: frozenset(found.spearhead for found in tag(index, from_facts(one))) for key, one in facts.items()}


def is_theirs(interest: Wanted, facts: CallFacts, tags: frozenset[str]) -> bool:
    is_of_kind = "kinds" not in interest or facts.kind in interest["kinds"]
    return is_of_kind and ("spearheads" not in interest or not tags.isdisjoint(interest["spearheads"]))


def last_said(days: Mapping[date, RecordedDay], key: str, upto: date) -> CallFacts | None:
    """What the rows said of a call last, up to a day."""
    seen = [day.facts[key] for on, day in days.items() if on <= upto and key in day.facts]
    return seen[-1] if seen else None


def expected(
    days: Mapping[date, RecordedDay],
    tags: Mapping[str, frozenset[str]],
    cadence: Cadence,
    interest: Mapping[str, tuple[str, ...]],
) -> tuple[set[str], set[tuple[str, date, date]]]:
    """The keys of the calls that are new to a reader, and the moves of the next deadline: key, from and to."""
    new, moved = set(), set()
    begun = FIRST
    for on in edition_days(cadence):
        for key, found in tags.items():
            before, now = last_said(days, key, begun), last_said(days, key, on)
            if now is None or not is_theirs(interest, now, found):
                continue
            if before is None:
                new |= {key} if changes.status_of(now, on) != "closed" else set()
                continue
            old, last = _binds(before, begun), _binds(now, on)
            is_told = len(now.deadlines) == 1 or (last is not None and last >= on)  # else it merely passed
            if old and last and is_told and old not in {d.on for d in now.deadlines}:
                moved.add((key, old, last))
        begun = on
    return new, moved


def _binds(facts: CallFacts, on: date) -> date | None:
    """The first cut-off from a day on, or the last of all."""
    listed = sorted(d.on for d in facts.deadlines)
    return next((d for d in listed if d >= on), listed[-1] if listed else None)


def links(days: Mapping[date, RecordedDay]) -> dict[str, str]:
    return {key: quote(one.url, safe=":/?#[]@!$&'()*+,;=%~") for day in days.values() for key, one in day.facts.items()}


@pytest.mark.parametrize("name", ["daily", "weekly", "monthly", "topics"])
def test_every_new_call_and_every_settled_move_of_the_month_is_told_once_to_whom_it_is_for(
    app: App, days: dict[date, RecordedDay], tags: dict[str, frozenset[str]], name: str
) -> None:
    cadence, _, interest = READERS[name]
    new, moved = expected(days, tags, cadence, interest)
    url = links(days)
    told = said(app)[name]
    assert +told.new == Counter(url[key] for key in new)
    assert told.moved == Counter((url[key], old, last) for key, old, last in moved)
    assert len(new) > 3


def test_who_gets_urgent_mail_is_told_the_same_in_all_and_nothing_twice(
    app: App, days: dict[date, RecordedDay], tags: dict[str, frozenset[str]]
) -> None:
    found = said(app)
    url = links(days)
    new, _ = expected(days, tags, Cadence.WEEKLY, READERS["urgent"][2])
    told = found["urgent"].new
    assert set(+told) >= {url[key] for key in new}
    assert all(count <= Counter(url.values())[link] for link, count in told.items())


def test_the_ledger_of_the_month_proves_itself(app: App) -> None:
    found = verify(app)
    assert found.discrepancies == []
    assert found.told > 300
