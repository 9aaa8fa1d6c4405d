"""One rule: its line, what an edit of it would do to the whole archive, and its history.

The same form shows the effect of what was typed and saves it; nothing is saved without a reason.
"""

from collections.abc import Mapping
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
from jobs.rulebook.histories import rule_steps
from jobs.rulebook.standing import free_key, rule_standing, spearhead_named
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.admin.edits import NOTHING_TRIED, Tried, revision_of, saved, tried
from jobs.web.admin.line_view import LineWords, described
from jobs.web.forms import sent_form
from jobs.web.pages import app_of
from tracker.tagging.rulebook_edits import Edit

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]


@dataclass(frozen=True, slots=True)
class RuleForm:
    """What a rule's form shows: its key (empty for a new rule), its spearhead, and what is filled in."""

    key: str
    spearhead: str
    given: Mapping[str, str]


@router.get(addresses.ADMIN_NEW_RULE)
def get_new_rule(request: Request, key: str) -> Response:
    """Show an empty form for a rule of this spearhead; the address can fill its line in."""
    given = {"text": request.query_params.get("text", ""), "weight": "medium", "language": ANY}
    return _page(request, RuleForm("", key, given))


@router.post(addresses.ADMIN_NEW_RULE)
def post_new_rule(request: Request, key: str, sent: Sent) -> Response:
    """Save a new rule under a key that is made from its line."""
    page = partial(_page, request, RuleForm("", key, sent))
    return saved(request, sent, partial(_new_edit, request, key, sent), addresses.ADMIN_RULE, page)


@router.post(addresses.ADMIN_NEW_RULE_EFFECT)
def post_new_rule_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what a new rule would do; nothing is saved."""
    effect = tried(request, partial(_new_edit, request, key, sent), sent.get("text", ""))
    return _page(request, RuleForm("", key, sent), effect)


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
    page = partial(_page, request, _filled(request, key, sent))
    return saved(request, sent, partial(_edit, request, key, sent), addresses.ADMIN_RULE, page)


@router.post(addresses.ADMIN_RULE_EFFECT)
def post_rule_effect(request: Request, key: str, sent: Sent) -> Response:
    """Show what an edit would do; nothing is saved."""
    effect = tried(request, partial(_edit, request, key, sent), sent.get("text", ""))
    return _page(request, _filled(request, key, sent), effect)


def _edit(request: Request, key: str, sent: QueryParams, session: Session, compiled: CompiledRules) -> Edit:
    return drafts.changed_rule(session, _asked(key, None, sent), compiled, admin_of(request).language.value)


@router.post(addresses.ADMIN_RULE_OFF)
def post_rule_off(request: Request, key: str, sent: Sent) -> Response:
    """Switch a rule off; its history stays."""
    page = partial(_page, request, _stored(request, key))
    return saved(request, sent, lambda session, _: drafts.removed_rule(session, key), addresses.ADMIN_RULE, page)


@router.post(addresses.ADMIN_RULE_BACK)
def post_rule_back(request: Request, key: str, sent: Sent) -> Response:
    """Restore a rule as it was at a revision."""
    number = revision_of(sent)
    page = partial(_page, request, _stored(request, key))
    then = addresses.ADMIN_RULE
    return saved(request, sent, lambda session, _: drafts.restored_rule(session, key, number), then, page)


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


def _page(request: Request, form: RuleForm, effect: Tried = NOTHING_TRIED, done: str = "") -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        spearhead = spearhead_named(session, form.spearhead)
        full = drafts.rule_in_full(session, form.key, language) if form.key else None
        steps = described(LineWords(session, language), rule_steps(session, form.key)) if form.key else []
        acts = list_audit(session, 1, subject=f"rule {form.key}") if done else ()
    return screen(
        request,
        "rule.html",
        effect.status,
        fragment="effect",
        tried=effect,
        form=form,
        name=spearhead.name_in(language),
        full=full,
        examples=[saving.told_example(one, language) for one in full.examples] if full else (),
        steps=steps,
        counts=acts[0].detail if acts else None,
        done=done,
    )
