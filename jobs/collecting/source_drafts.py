"""Source drafts: a list of calls on a site of its own, described at the desk, step by step, as configuration text.

The page is asked for once, politely and from public addresses alone, and parsed in a process of its own. Nothing is
read by a draft: its text is what an operator puts into the configuration.
"""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from unicodedata import normalize
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlmodel import Session

from db import audit
from db.acts import Act
from db.audit import Signed
from db.regions import find_ours
from db.source_drafts import SourceDraft, all_drafts
from jobs.base.app import App
from jobs.collecting.done_apart import done_apart
from jobs.collecting.draft_pages import DraftCall, Looked, look_at
from tracker import sources
from tracker.errors import Code, Fault, InputFaults, NotFound, Noun, Refusal, SourceError
from tracker.fetching.asking import Answer
from tracker.fetching.fetch import Fetcher
from tracker.sources import ADDRESS
from tracker.sources.support.guesses import Guess, Parts, guess_cards, guess_parts
from tracker.sources.support.stills import still_of

Given = ParamSpec("Given")
Result = TypeVar("Result")
LANGUAGES = ("fi", "sv", "en")
CHOICES = ("card", "title", "link", "period", "opens", "closes")
MOST_DRAFTS, LONGEST, LONGEST_URL = 50, 80, 500
MOST_BYTES, MOST_SECONDS, CPU_SECONDS = 5_000_000, 20, 10
TIMES_TODAY, LEAST_BOUND = 10, 50  # a list with so many times as many calls as today is not believed


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft with what can be chosen, the calls that it would give, and the configuration text.

    `fault` says why the page gives no calls as it is described.
    """

    draft: SourceDraft
    cards: tuple[Guess, ...]
    parts: Parts | None
    calls: tuple[DraftCall, ...]
    fault: SourceError | None
    text: str


def begin_draft(app: App, url: str, name: str, publisher: str, language: str, signed: Signed) -> SourceDraft:
    """Fetch a list's page and keep it as the beginning of a source.

    InputFaults for what was typed wrong; FetchError if the page does not come, ParseError if it is no web page.
    """
    given = {"url": url.strip(), "name": " ".join(name.split()), "publisher": " ".join(publisher.split())}
    _check(given, language)
    with app.db.read() as session:
        if len(all_drafts(session)) >= MOST_DRAFTS:
            raise Refusal(Code.TOO_MANY_DRAFTS, most=MOST_DRAFTS)
    key = _key(app, given["name"])
    answer = asyncio.run(_fetched(app, key, given["url"]))
    cards = _apart(app, key, guess_cards, key, answer.body, app.region.zone)
    entry = {
        "kind": "listing",
        **given,
        "home": urlsplit(given["url"])._replace(scheme="https").geturl(),
        "language": language,
        "zone": app.region.zone.key,
    }
    file = f"drafts/{key}-{signed.at:%Y%m%d%H%M%S}.gz"
    app.files.write(file, gzip.compress(answer.body, mtime=0))
    draft = SourceDraft(
        key=key, entry=entry, page=file, page_url=answer.url, fetched_at=signed.at, author=signed.author
    )
    if cards:
        draft.entry = _with_card(app, draft, answer.body, cards[0].selector)
    with app.db.write() as session:
        session.add(draft)
        session.flush()
        audit.append_audit(session, signed, Act.DRAFT_BEGUN, f"draft {draft.id}", {"url": given["url"]})
    return draft


def choose_parts(app: App, number: int, choices: Mapping[str, str], signed: Signed) -> SourceDraft:
    """Say which parts of the page are a call's card, its title and its days. InputFaults for what is no selector."""
    with app.db.read() as session:
        draft = draft_numbered(session, number)
    chosen = {name: choices[name].strip()[:200] for name in CHOICES if name in choices}
    before, body = dict(draft.entry), _body(app, draft)
    if chosen.get("card", before.get("card")) != before.get("card"):
        entry = _with_card(app, draft, body, chosen["card"])
    else:
        entry = {name: value for name, value in (before | chosen).items() if value or name in ("link", "card")}
    _must_be_valid(draft.key, entry)
    with app.db.write() as session:
        draft = draft_numbered(session, number)
        draft.entry = entry
        session.add(draft)
        sides = [{name: one.get(name, "") for name in CHOICES} for one in (before, entry)]
        subject = f"draft {number}"
        audit.append_audit(session, signed, Act.DRAFT_CHOSEN, subject, before=sides[0], after=sides[1])
    return draft


def remove_draft(app: App, number: int, signed: Signed) -> None:
    """Throw a draft away, with its page."""
    with app.db.write() as session:
        draft = draft_numbered(session, number)
        session.delete(draft)
        audit.append_audit(session, signed, Act.DRAFT_REMOVED, f"draft {number}", {"url": draft.entry["url"]})
    app.files.remove(draft.page)


def draft_numbered(session: Session, number: int) -> SourceDraft:
    """A draft. NotFound if there is none."""
    draft = find_ours(session, SourceDraft, number)
    if draft is None:
        raise NotFound(Noun.DRAFT, number)
    return draft


def seen_draft(app: App, draft: SourceDraft) -> DraftView:
    """What can be chosen of a draft's page, and the calls that it gives as it is chosen now."""
    try:
        looked = _apart(app, draft.key, look_at, draft.key, draft.entry, draft.page_url, _body(app, draft))
    except SourceError as error:
        looked = Looked((), None, (), error)
    return DraftView(draft, *looked, text_of_draft(draft, looked.calls))


def _apart(app: App, key: str, work: Callable[Given, Result], *args: Given.args, **options: Given.kwargs) -> Result:
    limits = app.settings.reading.model_copy(update={"cpu_seconds": CPU_SECONDS})
    return done_apart(key, limits, work, *args, **options)


def page_of_draft(app: App, draft: SourceDraft) -> str:
    """A draft's page as harmless markup, to be pointed at. ParseError where it cannot be made."""
    return _apart(app, draft.key, still_of, draft.key, _body(app, draft))


def text_of_draft(draft: SourceDraft, calls: Sequence[DraftCall]) -> str:
    """The entry as text of the configuration (TOML), to be reviewed and put in by an operator."""
    bounds = {"least": 1, "most": max(LEAST_BOUND, TIMES_TODAY * len(calls))}
    lines = [f"{name} = {_value(value)}" for name, value in (draft.entry | bounds).items()]
    head = (
        f"# A draft of the desk by {_on_one_line(draft.author)}, {draft.fetched_at:%Y-%m-%d}: nothing reads it yet.",
        f"# Review it, put it into config.toml or the region's file, and try it: tracker collect {draft.key}",
    )
    return "\n".join([*head, f"[sources.{draft.key}]", *lines, ""])


def _on_one_line(text: str) -> str:
    return "".join(c for c in text if c.isprintable())


def _value(value: Any) -> str:
    """A string or a number as TOML writes it: JSON's strings are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _check(given: Mapping[str, str], language: str) -> None:
    faults = [Fault(Code.MISSING, field) for field in ("name", "publisher") if not given[field]]
    faults += [
        Fault(Code.TOO_LONG, field, {"most": LONGEST}) for field in ("name", "publisher") if len(given[field]) > LONGEST
    ]
    if not re.match(ADDRESS, given["url"]) or len(given["url"]) > LONGEST_URL or not given["url"].isprintable():
        faults.append(Fault(Code.NO_ADDRESS_OF_PAGE, "url", {"given": given["url"][:LONGEST]}))
    if language not in LANGUAGES:
        faults.append(Fault(Code.MISSING, "language"))
    if faults:
        raise InputFaults(*faults)


def _key(app: App, name: str) -> str:
    """A key for a source of this name that no other source or draft has."""
    with app.db.read() as session:
        taken = {*sources.modules(app.settings.sources), *(draft.key for draft in all_drafts(session))}
    plain = normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:36].lstrip("0123456789_") or "site"
    return next(key for key in (stem, *(f"{stem}_{n}" for n in range(2, 200))) if key not in taken)


async def _fetched(app: App, key: str, url: str) -> Answer:
    """The page, from a public address, within the time that somebody waits for it."""
    limits = {"total_seconds": MOST_SECONDS, "max_bytes": MOST_BYTES, "attempts": 2, "retry_max_seconds": 2.0}
    own = app.settings.fetch
    settings = own.model_copy(update={name: min(value, getattr(own, name)) for name, value in limits.items()})
    async with Fetcher(settings, key, now=app.clock) as fetch:
        return await fetch.get(url)


def _body(app: App, draft: SourceDraft) -> bytes:
    return gzip.decompress(app.files.read(draft.page))


def _with_card(app: App, draft: SourceDraft, body: bytes, card: str) -> dict[str, Any]:
    """The entry with another card, and the likeliest of what is in it."""
    entry = {name: value for name, value in draft.entry.items() if name not in CHOICES} | {"card": card}
    _must_be_valid(draft.key, entry)
    parts = _apart(app, draft.key, guess_parts, draft.key, body, card, ZoneInfo(entry["zone"]))
    entry["link"] = parts.link
    if parts.titles and parts.titles[0].selector:
        entry["title"] = parts.titles[0].selector
    for days in reversed(parts.days):  # the likeliest of each role last, so that it stays
        entry[days.role] = days.selector
    if "period" in entry:
        entry = {name: value for name, value in entry.items() if name not in ("opens", "closes")}
    return entry


def _must_be_valid(key: str, entry: Mapping[str, Any]) -> None:
    try:
        sources.settings_type(key, entry, {key: entry}).model_validate(entry)
    except ValueError as error:
        raise InputFaults(Fault(Code.NO_SELECTOR, "card")) from error
