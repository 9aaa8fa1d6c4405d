"""The desk's door: who is signed in by the cookie of a request, and whether they may do what they ask for.

The cookie holds a session's token and nothing else. Posts from other sites are refused by `jobs.web.guards`.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from db.audit import Signed
from db.proposals import Proposal, needs_two
from jobs.admins.sign_in import SignedIn, who_is
from jobs.approvals.proposing import Person
from jobs.rulebook.next_strategy import OPEN_STATES, beside_today, next_named
from jobs.rulebook.saving import must_have_reason
from jobs.web import addresses
from jobs.web.admin.permissions import may
from jobs.web.admin.words import DeskWords
from jobs.web.forms import Complaint
from jobs.web.pages import app_of, language_of, show
from tracker import l10n
from tracker.errors import InputFaults, Noun, Refusal, TrackerError, WrongState
from tracker.l10n import N_
from tracker.refusals import said, worded

COOKIE = "karkivahti_desk"
SEE_OTHER = 303
FORBIDDEN = 403


def at_the_desk(request: Request) -> None:
    """A dependency of screens: leads to the sign-in whoever is not signed in; 403 for a role that may not."""
    admin = who_is(app_of(request), request.cookies.get(COOKIE, ""))
    if admin is None:
        way = f"{addresses.ADMIN_SIGN_IN}?to={quote(request.url.path)}" if request.method == "GET" else ""
        raise HTTPException(SEE_OTHER, headers={"location": way or addresses.ADMIN_SIGN_IN})
    request.state.admin, request.state.language = admin, admin.language.value
    if not may(admin.role, request.method, request.scope["route"].path):
        raise HTTPException(FORBIDDEN)
    if number := getattr(request.state, "next", None):
        _work_beside(request, number)


def _work_beside(request: Request, number: int) -> None:
    """Let the screens of this request work on the copy of a next strategy; NotFound if there is none."""
    app, kept = app_of(request), request.app.state.beside
    with app.db.read() as session:
        strategy = next_named(session, number)
    if strategy.state not in OPEN_STATES and request.method == "POST":
        raise WrongState(Noun.STRATEGY, number, strategy.state, OPEN_STATES)
    request.state.strategy = strategy
    request.state.app = kept[number] = kept.get(number) or beside_today(app, strategy)


def admin_of(request: Request) -> SignedIn:
    """Who is signed in; for handlers behind `at_the_desk`."""
    admin: SignedIn = request.state.admin
    return admin


def signed(request: Request, sent: QueryParams | None = None) -> Signed:
    """The signature of an act: the admin's name, and the reason of the form."""
    reason = sent.get("reason", "").strip() if sent else ""
    return Signed(admin_of(request).name, reason, app_of(request).clock())


def screen(request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
    """Render a screen of the desk; no cache keeps it."""
    common: dict[str, Any] = {"w": DeskWords(language_of(request)), "may": may, "pattern": _pattern}
    common["needs_two"] = partial(_needs_two, request)
    answer = show(request, f"admin/{template}", status=status, **(common | values))
    answer.headers["cache-control"] = "no-store"
    return answer


def _needs_two(request: Request) -> bool:
    """For templates: whether what is saved here becomes a proposal."""
    with app_of(request).db.read() as session:
        return needs_two(session)


def _pattern(name: str) -> str:
    """For templates: an address of `jobs.web.addresses` by its name, with its gaps, as `may` asks for it."""
    pattern: str = getattr(addresses, name.upper())
    return pattern


def back_to(address: str, done: str = "") -> Response:
    """Lead back to a screen after an act, which names what was done."""
    joint = "&" if "?" in address else "?"
    return RedirectResponse(f"{address}{joint}done={quote(done)}" if done else address, SEE_OTHER)


WHY = {"reason": N_("Why")}


def acted(
    request: Request,
    sent: QueryParams,
    act: Callable[[Signed], object],
    again: Callable[[Sequence[Complaint]], Response],
    then: str,
    names: Mapping[str, str] = WHY,
) -> Response:
    """Do what a form asks for, with its reason, and lead to the address `then`.

    Its screen is shown `again` with what is wrong if it is refused, or if no reason is given.
    """
    try:
        by = signed(request, sent)
        must_have_reason(by)
        did = act(by)
    except (InputFaults, Refusal, WrongState) as error:
        return again(refused(error, admin_of(request).language.value, "reason", WHY | dict(names)))
    return proposed_at(did) if isinstance(did, Proposal) else back_to(then, "done")


def proposed_at(proposal: Proposal) -> Response:
    """Lead to a proposal that was made in place of the act."""
    return back_to(addresses.ADMIN_PROPOSAL.format(proposal_id=proposal.id), "proposed")


def person(request: Request, by: Signed) -> Person:
    """Who acts, with their account."""
    return Person(by, admin_of(request).id)


def with_session(request: Request, answer: Response, token: str) -> Response:
    """Give the browser a session's token."""
    is_secure = app_of(request).settings.mail.base_url.startswith("https:")
    answer.set_cookie(COOKIE, token, path=addresses.ADMIN, httponly=True, secure=is_secure, samesite="lax")
    return answer


def without_session(answer: Response) -> Response:
    """Take the token away again."""
    answer.delete_cookie(COOKIE, path=addresses.ADMIN)
    return answer


def refused(error: TrackerError, language: str, field: str, names: dict[str, str]) -> list[Complaint]:
    """Word an error as a form shows it, beside the fields that it names; else beside `field`. `names` are of fields."""
    t = l10n.catalogue(language)
    if not isinstance(error, InputFaults):
        return [Complaint(field, t.gettext(names[field]), _sentence(line)) for line in said(error, language)]
    return [
        Complaint(name, t.gettext(names[name]), _sentence(worded(fault, language).removeprefix(f"{fault.subject}: ")))
        for fault in error.faults
        for name in [fault.subject if fault.subject in names else field]
    ]


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]
