"""Why a reader was told of a call, or not: the whole answer, step by step."""

from fastapi import APIRouter, Request, Response

from jobs.editions.why import why
from jobs.editions.words import answer_in_words
from jobs.publishing.catalogue import one_call
from jobs.readers.lookup import subscriber_named
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, refused, screen
from jobs.web.forms import Complaint
from jobs.web.pages import app_of
from tracker.errors import NotFound, Noun, Refusal
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
FIELDS = {"reader": N_("The reader’s address or number"), "call": N_("The call’s number or identifier")}
MOST_WORDS = 200


@router.get(addresses.ADMIN_WHY)
def get_why(request: Request, reader: str = "", call: str = "") -> Response:
    """Explanation why a reader was told of a call, or not."""
    asked = {"reader": reader.strip()[:MOST_WORDS], "call": call.strip()[:MOST_WORDS]}
    faults: list[Complaint] = []
    found = None
    if all(asked.values()):
        try:
            found = _answered(request, **asked)
        except (NotFound, Refusal) as error:
            field = "reader" if isinstance(error, NotFound) and error.noun is Noun.SUBSCRIBER else "call"
            faults = refused(error, admin_of(request).language.value, field, FIELDS)
    return screen(request, "why.html", 404 if faults else 200, asked=asked, found=found, names=FIELDS, faults=faults)


def _answered(request: Request, reader: str, call: str) -> dict[str, object]:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        subscriber, found = subscriber_named(session, reader), one_call(session, call)
        answer = why(session, app, subscriber.id or 0, found.id or 0, language)
    verdict, because, steps = answer_in_words(answer, language, app.region.zone)
    said = {"verdict": verdict, "because": because, "steps": steps, "kind": answer.verdict.value}
    return said | {"reader": subscriber, "call": found}
