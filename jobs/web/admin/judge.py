"""Judging calls for one spearhead by keys or buttons; and calls on which a learned model and the rules differ."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams

from jobs.approvals.judging import Opinion, judge_for
from jobs.publishing.catalogue import one_call
from jobs.rulebook.disagreements import Disputed, disputed_calls
from jobs.rulebook.standing import spearhead_named
from jobs.rulebook.to_judge import AskedFor, call_to_read, calls_to_judge
from jobs.rulebook.trying import TriedSpearhead, try_call
from jobs.web import addresses
from jobs.web.admin.desk import SEE_OTHER, admin_of, person, proposed_at, refused, screen, signed
from jobs.web.admin.desk import WHY as WHY_SAID
from jobs.web.call_page import place_in_words
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of
from tracker import l10n
from tracker.errors import InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST_NAMED, MOST_TEXT, MOST_DISPUTED = 50, 6000, 50
WHY = {
    AskedFor.READERS: N_("Tagged, but a reader says it is not for them"),
    AskedFor.NEAR: N_("Near the points that are needed"),
    AskedFor.TAGGED: N_("Tagged by the rules"),
    AskedFor.POINTS: N_("Has points, but too few"),
    AskedFor.NAMED: N_("One of those you asked for"),
}
Pieces = Sequence[tuple[bool, str]]


@router.get(addresses.ADMIN_JUDGE)
def get_judge(request: Request, key: str, at: int = 0, calls: str = "", done: str = "") -> Response:
    """Show the next call to judge; `calls` names just these, `at` is the place in the list."""
    return _judge(request, key, {"at": str(at), "calls": calls}, done=done)


def _judge(
    request: Request, key: str, given: Mapping[str, str], faults: Sequence[Complaint] = (), done: str = ""
) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    named = _numbers(given.get("calls", ""))
    with app.db.read() as session:
        head = spearhead_named(session, key)
        queue = calls_to_judge(session, key, named)
        at = min(_place(given.get("at", "")), max(0, len(queue) - 1))
        one = queue[at] if queue else None
        call = call_to_read(session, one.call_id) if one else None
        tried = try_call(session, app.compiled, str(one.call_id)).scores if one and call else ()
    own = next((score for score in tried if score.spearhead.key == key), None)
    t = l10n.catalogue(language)
    shown: dict[str, Any] = {"key": key, "name": dict(head.names).get(language, key), "head": head, "given": given}
    shown |= {"queue": len(queue), "at": at, "one": one, "call": call, "done": done, "named": ",".join(map(str, named))}
    if one and call:
        words = [word for _, found in own.words for word in found] if own else []
        shown |= {"title": _marked(call.title, words), "text": _marked((call.text or "")[:MOST_TEXT], words)}
        shown |= {"lines": _lines(own, t.gettext), "why": t.gettext(WHY[one.why])}
    return screen(request, "judge.html", 422 if faults else 200, faults=faults, fragment="judging", **shown)


def _numbers(typed: str) -> list[int]:
    return [int(word) for word in typed.split(",")[:MOST_NAMED] if word.isdecimal() and len(word) < 10]


def _place(typed: str) -> int:
    return int(typed) if typed.isdecimal() and len(typed) < 7 else 0


def _lines(own: TriedSpearhead | None, gettext: Any) -> list[tuple[str, Sequence[str]]]:
    return [(place_in_words(place, gettext), words) for place, words in own.words] if own else []


def _marked(text: str, words: Sequence[str]) -> Pieces:
    """A text in pieces; those that a rule found are marked."""
    if not words:
        return [(False, text)]
    longest = sorted(set(words), key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest))})", text, flags=re.IGNORECASE)
    return [(number % 2 == 1, part) for number, part in enumerate(parts) if part]


@router.post(addresses.ADMIN_JUDGE)
def post_judge(request: Request, key: str, sent: Sent) -> Response:
    """Keep what somebody says of a call, and at wish pin it and keep it as an example; then the next call."""
    app = app_of(request)
    verdict = next((one for one in Opinion if one.value == sent.get("verdict")), Opinion.UNSURE)
    with app.db.read() as session:
        spearhead_named(session, key)
        call = one_call(session, str(_place(sent.get("call", ""))))

    try:
        by = person(request, signed(request, sent))
        proposal = judge_for(app, call, key, verdict, by, pin="pin" in sent, example="example" in sent)
    except (InputFaults, Refusal) as error:
        return _judge(request, key, sent, refused(error, admin_of(request).language.value, "reason", WHY_SAID))
    if proposal:
        return proposed_at(proposal)
    where = {"at": str(_place(sent.get("at", ""))), "calls": ",".join(map(str, _numbers(sent.get("calls", ""))))}
    named = {name: value for name, value in where.items() if value}
    return RedirectResponse(f"{addresses.ADMIN_JUDGE.format(key=key)}?{urlencode(named)}", SEE_OTHER)


@router.get(addresses.ADMIN_DISAGREEMENTS)
def get_disagreements(request: Request, key: str, look: str = "") -> Response:
    """On demand, learn from what was judged and list the calls on which the model and the rules differ."""
    app, language = app_of(request), admin_of(request).language.value
    found: Disputed | None = None
    faults: list[Complaint] = []
    with app.db.read() as session:
        head = spearhead_named(session, key)
        try:
            found = disputed_calls(session, app.compiled, key) if look else None
        except Refusal as error:
            faults = refused(error, language, "look", {"look": N_("Disagreements")})
    listed = found.calls[:MOST_DISPUTED] if found else ()
    named = ",".join(str(one.call.id) for one in listed)
    shown = {"key": key, "name": dict(head.names).get(language, key), "found": found, "listed": listed, "named": named}
    return screen(request, "disagreements.html", faults=faults, looked=bool(look), **shown)
