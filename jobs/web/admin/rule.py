"""One rule: its line, what an edit of it would do to the whole archive, and its history.

The same form shows the effect of what was typed and saves it; nothing is saved without a reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from sqlmodel import Session
from starlette.datastructures import QueryParams

from db.audit import list_audit
from jobs.base.compiled_rules import CompiledRules
from jobs.rulebook import drafts, saving
from jobs.rulebook.drafts import ANY, AskedRule
from jobs.rulebook.standing import free_key, rule_standing, spearhead_named
from jobs.rulebook.summaries import Summarised, summarised
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, back_to, refused, screen, signed
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import app_of
from tracker.errors import InputFaults, Refusal, RuleError
from tracker.l10n import N_
from tracker.tagging.rulebook_edits import Edit

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
MOST_SHIFTS = 25  # shown of calls gained, and of calls lost
MOST_TRIED = 100  # of the calls that an edit reaches: an answer comes while one types
WRONG = (RuleError, InputFaults, Refusal)
EditMaker = Callable[[Session, CompiledRules], Edit]
NAMES = {
    "text": N_("The line"),
    "weight": N_("Weight"),
    "language": N_("Texts in which language"),
    "must_match": N_("Must match"),
    "must_spare": N_("Must not match"),
    "reason": N_("Why"),
}


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What a rule's form shows: its key (empty for a new rule), its spearhead, and what is filled in."""

    key: str
    spearhead: str
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WrongLine:
    """What is wrong while one types: the sentence, and the line around the place that it speaks of, if it names one."""

    sentence: str
    before: str
    place: str
    after: str

    @classmethod
    def of(cls, error: Exception, line: str, faults: Sequence[Complaint]) -> "WrongLine":
        """The first fault, with its place in the line."""
        column = getattr(error, "column", None)
        at = column - 1 if column else len(line)
        return cls(faults[0].sentence, line[:at], (line[at : at + 1] or " ") if column else "", line[at + 1 :])


@router.get(addresses.ADMIN_NEW_RULE)
def get_new_rule(request: Request, key: str) -> Response:
    """Show an empty form for a rule of this spearhead; the address can fill its line in."""
    given = {"text": request.query_params.get("text", ""), "weight": "medium", "language": ANY}
    return _page(request, RuleForm("", key, given))


@router.post(addresses.ADMIN_NEW_RULE)
def post_new_rule(request: Request, key: str, sent: Sent) -> Response:
    """Save a new rule under a key that is made from its line."""
    return _saved(request, RuleForm("", key, sent), sent, partial(_new_edit, request, key, sent), "saved")


@router.post(addresses.ADMIN_NEW_RULE_EFFECT)
def post_new_rule_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what a new rule would do; nothing is saved."""
    return _tried(request, RuleForm("", key, sent), partial(_new_edit, request, key, sent))


def _new_edit(request: Request, spearhead: str, sent: QueryParams, session: Session, compiled: CompiledRules) -> Edit:
    asked = _asked(free_key(session, spearhead, sent.get("text", "")), spearhead, sent)
    return drafts.new_rule(session, asked, compiled, admin_of(request).language.value)


@router.get(addresses.ADMIN_RULE)
def get_rule(request: Request, key: str, done: str = "") -> Response:
    """Show a rule and its history."""
    return _page(request, _stored(request, key), done=done)


@router.post(addresses.ADMIN_RULE)
def post_rule(request: Request, key: str, sent: Sent) -> Response:
    """Save an edited rule."""
    return _saved(request, _filled(request, key, sent), sent, partial(_edit, request, key, sent), "saved")


@router.post(addresses.ADMIN_RULE_EFFECT)
def post_rule_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what an edit would do; nothing is saved."""
    return _tried(request, _filled(request, key, sent), partial(_edit, request, key, sent))


def _edit(request: Request, key: str, sent: QueryParams, session: Session, compiled: CompiledRules) -> Edit:
    return drafts.changed_rule(session, _asked(key, None, sent), compiled, admin_of(request).language.value)


@router.post(addresses.ADMIN_RULE_OFF)
def post_rule_off(request: Request, key: str, sent: Sent) -> Response:
    """Switch a rule off; its history stays."""
    return _saved(request, _stored(request, key), sent, lambda session, _: drafts.removed_rule(session, key), "off")


@router.post(addresses.ADMIN_RULE_BACK)
def post_rule_back(request: Request, key: str, sent: Sent) -> Response:
    """Restore a rule as it was at a revision."""
    number = int(word) if (word := sent.get("revision", "")).isdecimal() and len(word) < 10 else 0
    back = lambda session, _: drafts.restored_rule(session, key, number)  # noqa: E731
    return _saved(request, _stored(request, key), sent, back, "back")


def _stored(request: Request, key: str) -> RuleForm:
    """The form of a rule as it is stored."""
    with app_of(request).db.read() as session:
        rule, spearhead = rule_standing(session, key)
    given = {"text": rule.text, "weight": rule.weight.name.lower(), "language": rule.language or ANY}
    return RuleForm(key, spearhead.key, given)


def _filled(request: Request, key: str, sent: QueryParams) -> RuleForm:
    return RuleForm(key, _stored(request, key).spearhead, sent)


def _asked(key: str, spearhead: str | None, sent: QueryParams) -> AskedRule:
    matches, spares = (
        tuple(filter(None, map(str.strip, sent.get(name, "").splitlines()))) for name in ("must_match", "must_spare")
    )
    text, weight, language = sent.get("text", "").strip(), sent.get("weight"), sent.get("language")
    return AskedRule(key, spearhead, text, weight, language, matches, spares)


def _tried(request: Request, form: RuleForm, edit_of: EditMaker) -> Response:
    app = app_of(request)
    try:
        with app.db.read() as session:
            edit = edit_of(session, app.compiled)
            effect = summarised(session, app, edit, admin_of(request).language.value, MOST_TRIED)
    except WRONG as error:
        return _again(request, form, error)
    return _page(request, form, effect=effect)


def _saved(request: Request, form: RuleForm, sent: QueryParams, edit_of: EditMaker, done: str) -> Response:
    app = app_of(request)
    try:
        with app.db.read() as session:
            edit = edit_of(session, app.compiled)
        saving.save(app, edit, signed(request, sent), force="force" in sent, announce="announce" in sent)
    except WRONG as error:
        return _again(request, form, error)
    return back_to(addresses.ADMIN_RULE.format(key=edit.subject), done)


def _again(request: Request, form: RuleForm, error: RuleError | InputFaults | Refusal) -> Response:
    """Show the form with what is wrong in it."""
    faults = refused(error, admin_of(request).language.value, "text", NAMES)
    return _page(request, form, faults, wrong=WrongLine.of(error, form.given.get("text", ""), faults))


def _page(
    request: Request,
    form: RuleForm,
    faults: Sequence[Complaint] = (),
    effect: Summarised | None = None,
    wrong: WrongLine | None = None,
    done: str = "",
) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        spearhead = spearhead_named(session, form.spearhead)
        full = drafts.rule_in_full(session, form.key, language) if form.key else None
        history = drafts.rule_history(session, form.key) if form.key else ()
        saved = list_audit(session, 1, subject=f"rule {form.key}") if done else ()
    return screen(
        request,
        "rule.html",
        422 if faults else 200,
        fragment="effect",
        form=form,
        name=dict(spearhead.names).get(language, spearhead.key),
        full=full,
        examples=[saving.told_example(one, language) for one in full.examples] if full else (),
        history=list(reversed(history)),
        faults=faults,
        effect=effect,
        typed_wrong=wrong if "hx-request" in request.headers else None,
        shifts=effect.rows(MOST_SHIFTS) if effect else (),
        counts=saved[0].detail if saved else None,
        done=done,
    )
