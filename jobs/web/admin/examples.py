"""A spearhead's examples: what it must and must not match, whether the rules keep it, and each example's history."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db.audit import Signed
from db.revisions import Kind, removed_keys
from jobs.approvals.proposing import (
    change_example_or_propose,
    drop_example_or_propose,
    keep_example_or_propose,
    restore_example_or_propose,
)
from jobs.rulebook.example_edits import AskedExample, edited_example, listed_examples
from jobs.rulebook.histories import SavedStep, steps_of
from jobs.rulebook.standing import spearhead_named
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, person, screen
from jobs.web.admin.edits import revision_of
from jobs.web.admin.line_view import FieldChange
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker import l10n
from tracker.calls.word_diff import DiffPiece, word_diff
from tracker.errors import NotFound, Noun
from tracker.l10n import N_
from tracker.tagging.lemmas import split_text

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
ExampleNumber = CallNumber
PAGE = 100
EMPTY = {"must": "yes", "title": "", "text": "", "call": ""}
FIELDS = {"must": N_("Wanted"), "title": N_("Title"), "text": N_("Its text")}


@router.get(addresses.ADMIN_EXAMPLES)
def get_examples(request: Request, key: str, page: int = 1, done: str = "") -> Response:
    """List a spearhead's examples, those that the rules do not keep first."""
    return _examples(request, key, EMPTY, page=page, done=done)


def _examples(
    request: Request,
    key: str,
    given: Mapping[str, str],
    faults: Sequence[Complaint] = (),
    page: int = 1,
    done: str = "",
) -> Response:
    app = app_of(request)
    with app.db.read() as session:
        head = spearhead_named(session, key)
        listed = sorted(listed_examples(session, app.compiled, key), key=lambda one: one.is_kept)
        removed = [one for one in _removed(session) if one[1]["spearhead"] == key]
    first = PAGE * (max(1, min(page, 10_000)) - 1)
    name = dict(head.names).get(admin_of(request).language, key)
    shown: dict[str, Any] = {"key": key, "name": name, "given": given}
    shown |= {"listed": listed[first : first + PAGE], "removed": removed, "page": page, "done": done}
    is_more = len(listed) > first + PAGE
    unkept = sum(not one.is_kept for one in listed)
    status = 422 if faults else 200
    return screen(request, "examples.html", status, faults=faults, is_more=is_more, unkept=unkept, **shown)


def _removed(session: Session) -> list[tuple[str, Mapping[str, object]]]:
    """The examples that were removed, with their last state."""
    steps = (
        (key, steps_of(session, Kind.EXAMPLE, key)[0].before) for key in removed_keys(session, Kind.EXAMPLE)[-PAGE:]
    )
    return [(key, state) for key, state in steps if state]


@router.post(addresses.ADMIN_EXAMPLES)
def post_example_kept(request: Request, key: str, sent: Sent) -> Response:
    """Keep a call as it reads now, or a text, as an example."""
    app, title, text = app_of(request), sent.get("title", "").strip(), sent.get("text", "").strip()
    spoken = app.compiled.lemmas.language_of(split_text(f"{title} {text}")[0])
    asked = AskedExample(key, sent.get("must") == "yes", sent.get("call", "").strip()[:200], title, text, spoken)

    def act(by: Signed) -> object:
        return keep_example_or_propose(app, asked, person(request, by))

    given = {name: sent.get(name, "") for name in EMPTY}
    return acted(request, sent, act, partial(_examples, request, key, given), addresses.ADMIN_EXAMPLES.format(key=key))


@router.get(addresses.ADMIN_EXAMPLE)
def get_example(request: Request, example_id: ExampleNumber, done: str = "") -> Response:
    """Show one example, also one that was removed, with its history."""
    return _example(request, example_id, done=done)


def _example(request: Request, number: int, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        steps = steps_of(session, Kind.EXAMPLE, str(number))
        if not steps:
            raise NotFound(Noun.EXAMPLE, number)
        state = steps[0].after or steps[0].before or {}
        head = spearhead_named(session, state["spearhead"])
        listed = listed_examples(session, app.compiled, head.key)
    is_kept = {one.example.id: one.is_kept for one in listed}.get(number)
    document = state["document"]
    given = {"must": "yes" if state["must"] else "no", "title": document["title"], "text": document.get("text", "")}
    shown = {"number": number, "key": head.key, "name": head.name_in(language), "given": given}
    shown |= {"rule": state["rule"], "is_gone": steps[0].after is None, "is_kept": is_kept, "done": done}
    changes = [(step, _changes(step, language)) for step in steps]
    return screen(request, "example.html", 422 if faults else 200, faults=faults, steps=changes, **shown)


def _changes(step: SavedStep, language: str) -> list[FieldChange]:
    """The fields of an example that a step changed, in words."""
    t = l10n.catalogue(language)
    old, new = (_words(state, language) for state in (step.before, step.after))
    return [
        FieldChange(t.gettext(name), old.get(field, ""), new.get(field, ""), _pieces(old.get(field), new.get(field)))
        for field, name in FIELDS.items()
        if old.get(field) != new.get(field)
    ]


def _pieces(old: str | None, new: str | None) -> Sequence[DiffPiece]:
    return word_diff(old, new) if old and new else []


def _words(state: Mapping[str, Mapping[str, str]] | None, language: str) -> dict[str, str]:
    if state is None:
        return {}
    t, document = l10n.catalogue(language), state["document"]
    must = t.gettext("yes") if state["must"] else t.gettext("no")
    return {"must": must, "title": document["title"], "text": document.get("text", "")}


@router.post(addresses.ADMIN_EXAMPLE)
def post_example(request: Request, example_id: ExampleNumber, sent: Sent) -> Response:
    """Change what an example says, or whether it is wanted."""
    app = app_of(request)
    with app.db.read() as session:
        asked = edited_example(session, example_id, sent.get("must") == "yes", sent.get("title"), sent.get("text"))

    def act(by: Signed) -> object:
        return change_example_or_propose(app, example_id, asked, person(request, by))

    return _acted(request, example_id, sent, act)


@router.post(addresses.ADMIN_EXAMPLE_OFF)
def post_example_off(request: Request, example_id: ExampleNumber, sent: Sent) -> Response:
    """Remove an example; its history stays, and it can be put back."""

    def act(by: Signed) -> object:
        return drop_example_or_propose(app_of(request), example_id, person(request, by))

    return _acted(request, example_id, sent, act)


@router.post(addresses.ADMIN_EXAMPLE_BACK)
def post_example_back(request: Request, example_id: ExampleNumber, sent: Sent) -> Response:
    """Put an example back as it was; one that was removed comes back under a new number."""

    def act(by: Signed) -> object:
        return restore_example_or_propose(app_of(request), example_id, revision_of(sent), person(request, by))

    return _acted(request, example_id, sent, act)


def _acted(request: Request, number: int, sent: QueryParams, act: Callable[[Signed], object]) -> Response:
    then = addresses.ADMIN_EXAMPLE.format(example_id=number)
    return acted(request, sent, act, partial(_example, request, number), then)
