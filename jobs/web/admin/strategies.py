"""Strategies: today's, and those of next periods that are prepared beside it and take over on their day."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import QueryParams

from db import next_strategies, strategies
from db.audit import Signed
from db.next_strategies import NextState, NextStrategy
from jobs.approvals.proposing import schedule_or_propose
from jobs.base.app import App
from jobs.rulebook.next_strategy import (
    OPEN_STATES,
    drop_strategy,
    edited_lines,
    next_named,
    prepare_strategy,
    switching_edit,
)
from jobs.rulebook.summaries import summarised
from jobs.web import addresses
from jobs.web.admin.desk import acted, admin_of, person, refused, screen
from jobs.web.admin.edits import MOST_SHIFTS, MOST_TRIED, NOTHING_TRIED, WRONG, Tried
from jobs.web.admin.line_view import LineWords
from jobs.web.beside import address_beside
from jobs.web.forms import Complaint, sent_form
from jobs.web.pages import CallNumber, app_of
from tracker.errors import Code, Fault, InputFaults, TrackerError
from tracker.l10n import N_

router = APIRouter(include_in_schema=False)
Sent = Annotated[QueryParams, Depends(sent_form)]
StrategyNumber = CallNumber
MOST_LINES = 100
NAMES = {"name": N_("Name"), "starts_on": N_("Takes over on")}


@router.get(addresses.ADMIN_STRATEGIES)
def get_strategies(request: Request, done: str = "") -> Response:
    """List the region's strategies, and those of next periods."""
    return _strategies(request, done=done)


def _strategies(request: Request, faults: Sequence[Complaint] = (), done: str = "") -> Response:
    with app_of(request).db.read() as session:
        known = strategies.all_strategies(session)[::-1]
        coming = next_strategies.list_next(session, list(NextState))
    return screen(
        request, "strategies.html", 422 if faults else 200, known=known, next=coming, faults=faults, done=done
    )


@router.post(addresses.ADMIN_STRATEGIES)
def post_strategy(request: Request, sent: Sent) -> Response:
    """Copy today's rules into the strategy of a next period."""
    act = partial(prepare_strategy, app_of(request), sent.get("name", ""))
    return acted(request, sent, act, partial(_strategies, request), addresses.ADMIN_STRATEGIES, NAMES)


@router.get(addresses.ADMIN_STRATEGY)
def get_strategy(request: Request, strategy_id: StrategyNumber, done: str = "", look: str = "") -> Response:
    """Show a next strategy: what was edited of it, and on demand what it would change."""
    return _strategy(request, strategy_id, done=done, look=bool(look))


def _strategy(
    request: Request, number: int, faults: Sequence[Complaint] = (), done: str = "", look: bool = False
) -> Response:
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        one = next_named(session, number)
        words = LineWords(session, language)
    lines = edited_lines(app, one)
    effect = _effect(app, one, language) if look and one.state in OPEN_STATES else NOTHING_TRIED
    shown: dict[str, Any] = {
        "one": one,
        "lines": [words.line(line) for line in lines[:MOST_LINES]],
        "hidden": max(0, len(lines) - MOST_LINES),
        "tried": effect,
        "looked": look,
        "rules": address_beside(addresses.ADMIN_RULES, number),
        "is_open": one.state in OPEN_STATES,
    }
    return screen(request, "strategy.html", 422 if faults else 200, faults=faults, done=done, **shown)


def _effect(app: App, one: NextStrategy, language: str) -> Tried:
    """What taking over would do to the whole archive, or why it could not."""
    try:
        edit = switching_edit(app, one, one.starts_on or app.today())
        with app.db.read() as session:
            effect = summarised(session, app, edit, language, MOST_TRIED)
    except WRONG as error:
        return Tried(faults=_worded(error, language))
    return Tried(effect, effect.rows(MOST_SHIFTS))


def _worded(error: TrackerError, language: str) -> list[Complaint]:
    return refused(error, language, "starts_on", NAMES)


@router.post(addresses.ADMIN_STRATEGY_DAY)
def post_strategy_day(request: Request, strategy_id: StrategyNumber, sent: Sent) -> Response:
    """Choose the day on which it takes over, and whether readers are told."""

    def act(by: Signed) -> object:
        on = _day(sent.get("starts_on", ""))
        return schedule_or_propose(app_of(request), strategy_id, on, "announce" in sent, person(request, by))

    then = addresses.ADMIN_STRATEGY.format(strategy_id=strategy_id)
    return acted(request, sent, act, partial(_strategy, request, strategy_id), then, NAMES)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip()[:10])
    except ValueError:
        raise InputFaults(Fault(Code.NOT_A_DAY, "starts_on", {"given": typed[:20]})) from None


@router.post(addresses.ADMIN_STRATEGY_DROP)
def post_strategy_drop(request: Request, strategy_id: StrategyNumber, sent: Sent) -> Response:
    """Give it up."""
    act = partial(drop_strategy, app_of(request), strategy_id)
    again = partial(_strategy, request, strategy_id)
    return acted(request, sent, act, again, addresses.ADMIN_STRATEGY.format(strategy_id=strategy_id))
