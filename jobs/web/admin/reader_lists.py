"""Readers as lists: how many there are of each kind, all of them as a file, and many invited at once."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import strategies
from db.subscribers import Cadence
from jobs.readers.invitations import MOST_INVITED, InvitedAddress, InviteOutcome, invite, read_invitations
from jobs.readers.lists import reader_counts, take_list
from jobs.rulebook.saving import must_have_reason
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, refused, screen, signed
from jobs.web.admin.readers import shown_readers
from jobs.web.forms import Complaint, sent_form, sent_or_uploaded
from jobs.web.pages import app_of
from tracker.errors import InputFaults, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
SentFile = Annotated[QueryParams, Depends(sent_or_uploaded)]
FIELDS = {"list": N_("The addresses"), "spearhead": N_("What they would follow"), "reason": N_("Why")}
OUTCOMES = {
    InviteOutcome.INVITED: N_("invited"),
    InviteOutcome.SUBSCRIBES: N_("subscribes already"),
    InviteOutcome.LEFT: N_("has left; is not asked"),
    InviteOutcome.TAKES_NO_MAIL: N_("takes no mail"),
    InviteOutcome.ASKED_LATELY: N_("was asked before, or left; is not asked again"),
}


@router.get(addresses.ADMIN_READER_COUNTS)
def get_reader_counts(request: Request) -> Response:
    """Count the readers by type of organisation and municipality."""
    with app_of(request).db.read() as session:
        counts = reader_counts(session)
    return screen(request, "reader_counts.html", counts=counts)


@router.post(addresses.ADMIN_READER_LIST)
def post_reader_list(request: Request, sent: Sent) -> Response:
    """Hand over the list of readers; the log keeps who took it, and why."""
    try:
        by = signed(request, sent)
        must_have_reason(by)
    except (InputFaults, Refusal) as error:
        return shown_readers(request, faults=refused(error, admin_of(request).language.value, "reason", FIELDS))
    headers = {"content-disposition": 'attachment; filename="readers.csv"', "cache-control": "no-store"}
    return Response(take_list(app_of(request), by), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(addresses.ADMIN_INVITE)
def get_invite(request: Request) -> Response:
    """Ask for a list of addresses."""
    return _invite(request, QueryParams())


@router.post(addresses.ADMIN_INVITE)
def post_invite(request: Request, sent: SentFile) -> Response:
    """Invite those who may be asked; say of each what became of it."""
    app = app_of(request)
    try:
        by = signed(request, sent)
        must_have_reason(by)
        lines = read_invitations(app, sent.get("file", "").strip() or sent.get("list", ""), _settings(sent))
        done = invite(app, lines, by)
    except (InputFaults, Refusal) as error:
        return _invite(request, sent, refused(error, admin_of(request).language.value, "list", FIELDS))
    return _invite(request, QueryParams(), done=done)


def _settings(sent: QueryParams) -> dict[str, Any]:
    """What all of a pasted list would get."""
    chosen = {name: sent[name] for name in ("language", "cadence") if sent.get(name)}
    return chosen | {"interests": [{"spearheads": sent.getlist("spearhead")}]}


def _invite(
    request: Request, sent: QueryParams, faults: Sequence[Complaint] = (), done: Sequence[InvitedAddress] | None = None
) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        heads = [(head.key, dict(head.names).get(language, head.key)) for head in strategies.all_spearheads(session)]
    counts = Counter(one.outcome for one in done or ())
    values: dict[str, Any] = {"done": done, "counts": counts, "outcomes": OUTCOMES, "invited": InviteOutcome.INVITED}
    chosen = {"list": sent.get("list", ""), "reason": sent.get("reason", ""), "heads": sent.getlist("spearhead")}
    chosen |= {"language": sent.get("language", app.region.languages[0]), "cadence": sent.get("cadence", "weekly")}
    values |= {"spearheads": heads, "cadences": list(Cadence), "most": MOST_INVITED, "chosen": chosen, "names": FIELDS}
    days = app.settings.retention.invitations_days
    return screen(request, "invite.html", 422 if faults else 200, faults=faults, asked_days=days, **values)
