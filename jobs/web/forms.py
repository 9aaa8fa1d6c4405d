"""Forms of readers' choices: what was sent, as `tracker.subscriptions.requests` takes it, and its faults beside fields.

The fields of the first interest have plain names, so that an address can fill them in (?spearheads=food); those of
others end in their number (spearheads.2). A field's id is its name.
"""

import codecs
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.datastructures import QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from db.subscribers import LISTS, Actor, ActorType, Cadence
from jobs.readers.offers import Offers
from jobs.readers.preferences import Subscription
from tracker import l10n
from tracker.errors import InputFaults
from tracker.l10n import N_
from tracker.refusals import worded
from tracker.subscriptions.requests import MOST_INTERESTS, Preferences

MOST_BYTES = 64_000  # of a form
MOST_FILE = 1_000_000  # of a file that is uploaded
MOST_FILE_FORM = 4 * MOST_FILE  # of a form that brings its text back: å is six characters there
MOST_FIELDS = 200  # of a form that may hold a file
MONEY = ("money_min", "money_max")
USUAL = {"cadence": Cadence.WEEKLY.value, "actor_type": ActorType.OTHER.value}
NAMES = {
    "address": N_("Your e-mail address"),
    "language": N_("Language of the mails"),
    "cadence": N_("How often"),
    "actor": N_("Name of the organisation"),
    "actor_type": N_("Kind of organisation"),
    "municipality": N_("Municipality"),
    "spearheads": N_("Spearheads"),
    "programmes": N_("Programmes"),
    "sources": N_("Sources"),
    "kinds": N_("Kinds of call"),
    "audience": N_("Who can apply"),
    "query": N_("Search words"),
    "money_min": N_("At least, euro per project"),
    "money_max": N_("At most, euro per project"),
    "lead_days": N_("Remind me so many days before a call closes"),
    "until": N_("First day with mail again"),
    "text": N_("What is wrong"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """A fault as a form shows it: the field that it is about, what that is called, and a sentence."""

    field: str
    name: str
    sentence: str


async def sent_form(request: Request) -> QueryParams:
    """A dependency of acts: the fields of the form that was sent."""
    return QueryParams(await _body(request, MOST_BYTES))


async def sent_with_file(request: Request) -> QueryParams:
    """A dependency of acts that bring the text of a file back with the form."""
    return QueryParams(await _body(request, MOST_FILE_FORM))


async def sent_file(request: Request) -> tuple[str, bytes]:
    """A dependency of acts: the name and the content of the file that was sent; a larger one is not read."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(400)
    parser = MultiPartParser(request.headers, _limited(request, MOST_FILE), max_files=1, max_fields=5)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise HTTPException(400) from None
    sent = form.get("file")
    content = await sent.read() if isinstance(sent, UploadFile) else b""
    name = (sent.filename or "") if isinstance(sent, UploadFile) else ""
    await form.close()
    return name, content


async def _body(request: Request, most: int) -> bytes:
    return b"".join([part async for part in _limited(request, most)])


async def _limited(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes; 413 as soon as it is larger, and none of it is read that is announced to be."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:12]) > most:
        raise HTTPException(413)
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise HTTPException(413)
        yield part


async def sent_or_uploaded(request: Request) -> QueryParams:
    """A dependency of acts whose form may hold a file: its fields, and the file's text as if it had been typed in."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await sent_form(request)
    parser = MultiPartParser(request.headers, _limited(request, MOST_FILE), max_files=1, max_fields=MOST_FIELDS)
    try:
        form = await parser.parse()
    except MultiPartException:
        raise HTTPException(400) from None
    sent = form.multi_items()
    fields = [(n, one if isinstance(one, str) else text_of_file(await one.read())) for n, one in sent]
    await form.close()
    return QueryParams(fields)


def text_of_file(content: bytes) -> str:
    """The text of a file as spreadsheets save it: UTF-8, UTF-16, or else the letters of Windows."""
    if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def sign_up_given(sent: QueryParams, language: str) -> dict[str, Any]:
    """What was typed in as a sign-up, not checked."""
    own = {"address": sent.get("address", "").strip(), "cadence": sent.get("cadence", USUAL["cadence"])}
    return preferences_given(sent, language) | organisation_given(sent) | own


def organisation_given(sent: QueryParams) -> dict[str, str]:
    """What was typed in of an organisation, not checked."""
    own = {name: sent.get(name, "").strip() for name in ("actor", "municipality")}
    return own | {"actor_type": sent.get("actor_type", USUAL["actor_type"])}


def preferences_given(sent: QueryParams, language: str) -> dict[str, Any]:
    """What was typed in as preferences, not checked. An interest that was left empty is none."""
    ends = ["", *(f".{number}" for number in range(2, MOST_INTERESTS + 2) if f"query.{number}" in sent)]
    interests = [interest_given(sent, end) for end in ends if f"remove{end}" not in sent]
    return {
        "language": sent.get("language", language),
        "urgent": "urgent" in sent,
        "own_region": "own_region" in sent,
        "own_kind": "own_kind" in sent,
        "lead_days": re.split(r"[,;\s]+", days) if (days := sent.get("lead_days", "").strip(" ,;")) else [],
        "interests": [each for each in interests if each != interest_given(QueryParams(), "")] or interests[:1],
    }


def interest_given(sent: QueryParams, end: str = "") -> dict[str, Any]:
    """What was typed in as one interest, whose fields' names have this end."""
    lists = {name: [key for key in sent.getlist(name + end) if key.isprintable()] for name in LISTS}
    money = {name: re.sub(r"[\s€]", "", sent.get(name + end, "")) or None for name in MONEY}
    query = sent.get(f"query{end}", "").strip() or None
    return lists | money | {"query": query, "forthcoming": f"open_only{end}" not in sent}


def unfilled(sent: QueryParams, language: str) -> dict[str, Any]:
    """A sign-up as it is offered: what we advise, with the interest that an address filled in."""
    usual = Preferences.model_construct(interests=()).model_dump(mode="json")
    own = {"address": "", "actor": "", "municipality": ""}
    return usual | USUAL | own | {"language": language, "interests": [interest_given(sent)]}


def held_choices(held: Subscription) -> dict[str, Any]:
    """A reader's choices as they are kept, as fields."""
    actor = held.actor or Actor(name="", type=ActorType.OTHER)
    own = {"actor": actor.name, "actor_type": actor.type.value, "municipality": actor.municipality or ""}
    return held.preferences.model_dump(mode="json") | own | {"cadence": held.subscriber.cadence.value}


def complaints(error: InputFaults, language: str) -> list[Complaint]:
    """Word the faults of a form, each with its field."""
    t = l10n.catalogue(language)
    made = []
    for fault in error.faults:
        name, end = _field(fault.subject)
        sentence = worded(replace(fault, subject=""), language)
        made.append(Complaint(name + end, t.gettext(NAMES[name]), sentence[0].upper() + sentence[1:]))
    return made


def _field(subject: str) -> tuple[str, str]:
    """The name of the field that a fault's subject means, and its end; where it means none, the first of all."""
    place = re.fullmatch(r"(?:interests(?:\.(\d+))?\.?)?([a-z_]*)(?:\.\d+)?", subject)
    number, name = place.groups() if place else (None, "")
    name = {"money": "money_min"}.get(name or "", name or "")
    return name if name in NAMES else "spearheads", f".{number}" if number and number != "1" else ""


def with_chosen(offered: Offers, interests: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """What a form's lists show: what is offered, and what was chosen once and is offered no more."""
    shown = {name: list(getattr(offered, name)) for name in LISTS}
    shown["partnerships"] = list(offered.partnerships)
    for name in LISTS:
        known = {key for key, _ in shown[name]} | (set(dict(offered.partnerships)) if name == "spearheads" else set())
        chosen = dict.fromkeys(key for interest in interests for key in interest[name])
        names = offered.names.get(name, {})
        shown[name] += [(key, names.get(key, key)) for key in chosen if key not in known]
    return shown
