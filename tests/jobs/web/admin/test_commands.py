"""Whatever a screen can do, a command can, by the same use case."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from fastapi.routing import APIRoute

from jobs.publishing.catalogue import one_call
from jobs.web import addresses
from jobs.web.admin import SCREENS
from jobs.web.admin.permissions import MAY
from tests.support.command_line import whole_command_line

BY_COMMAND = {
    addresses.ADMIN_NEW_RULE: "rules add",
    addresses.ADMIN_NEW_RULE_EFFECT: "rules preview",
    addresses.ADMIN_RULE: "rules edit",
    addresses.ADMIN_RULE_EFFECT: "rules preview",
    addresses.ADMIN_RULE_OFF: "rules remove",
    addresses.ADMIN_RULE_BACK: "rules rollback",
    addresses.ADMIN_NEW_MASK: "rules masks save",
    addresses.ADMIN_NEW_MASK_EFFECT: "rules masks preview",
    addresses.ADMIN_MASK: "rules masks save",
    addresses.ADMIN_MASK_EFFECT: "rules masks preview",
    addresses.ADMIN_MASK_OFF: "rules masks remove",
    addresses.ADMIN_MASK_BACK: "rules masks rollback",
    addresses.ADMIN_SCORING: "rules thresholds save",
    addresses.ADMIN_SCORING_EFFECT: "rules thresholds preview",
    addresses.ADMIN_SCORING_BACK: "rules thresholds rollback",
    addresses.ADMIN_EXAMPLES: "rules examples add",
    addresses.ADMIN_EXAMPLE: "rules examples change",
    addresses.ADMIN_EXAMPLE_OFF: "rules examples remove",
    addresses.ADMIN_EXAMPLE_BACK: "rules examples rollback",
    addresses.ADMIN_JUDGE: "gold judge",
    addresses.ADMIN_REGION: "rules import",
    addresses.ADMIN_REGION_EFFECT: "rules import",
    addresses.ADMIN_PROPOSAL_APPROVE: "rules approve",
    addresses.ADMIN_PROPOSAL_DECLINE: "rules decline",
    addresses.ADMIN_PROPOSAL_WITHDRAW: "rules withdraw",
    addresses.ADMIN_TWO_PERSONS: "rules two-persons",
    addresses.ADMIN_STRATEGIES: "strategies prepare",
    addresses.ADMIN_STRATEGY_DAY: "strategies schedule",
    addresses.ADMIN_STRATEGY_DROP: "strategies drop",
    addresses.ADMIN_TESTER: "rules try",
    addresses.ADMIN_NEW_SOURCE: "sources draft",
    addresses.ADMIN_SOURCE_DRAFT: "sources choose",
    addresses.ADMIN_SOURCE_DRAFT_REMOVE: "sources remove-draft",
    addresses.ADMIN_SOURCE_READ: "sources read",
    addresses.ADMIN_SOURCE_CADENCE: "sources cadence",
    addresses.ADMIN_SOURCE_CANARIES: "sources canaries",
    addresses.ADMIN_SOURCE_REPARSE: "reparse",
    addresses.ADMIN_RUN_ACCEPT: "runs accept",
    addresses.ADMIN_RUN_REJECT: "runs reject",
    addresses.ADMIN_EDITION_UNKNOWN: "deliveries resolve-all",
    addresses.ADMIN_EDITION_HOLD: "editions hold",
    addresses.ADMIN_EDITION_RELEASE: "editions release",
    addresses.ADMIN_PART_RELEASE: "editions release",
    addresses.ADMIN_PART_DROP: "editions drop",
    addresses.ADMIN_DELIVERY_SETTLE: "deliveries resolve",
    addresses.ADMIN_DELIVERY_AGAIN: "deliveries resend",
    addresses.ADMIN_BANS_DROP: "bounces drop",
    addresses.ADMIN_BANS_APPLY: "bounces apply",
    addresses.ADMIN_LETTERS: "letters begin",
    addresses.ADMIN_LETTER: "letters write",
    addresses.ADMIN_LETTER_CHOOSE: "letters choose",
    addresses.ADMIN_LETTER_SEND: "letters send",
    addresses.ADMIN_LETTER_DROP: "letters drop",
    addresses.ADMIN_CORRECTION: "editions correct",
    addresses.ADMIN_CALLS_DECIDE: "pins several",
    addresses.ADMIN_VIEWS: "views save",
    addresses.ADMIN_VIEW_REMOVE: "views remove",
    addresses.ADMIN_DUPLICATE: "duplicates accept",
    addresses.ADMIN_CALL_PIN: "pins add",
    addresses.ADMIN_CALL_FIELD: "calls edit",
    addresses.ADMIN_REPORT_ANSWER: "reports answer",
    addresses.ADMIN_REPORT_CLOSE: "reports close",
    addresses.ADMIN_READER_LINK: "subscribers link",
    addresses.ADMIN_READER_END: "subscribers remove",
    addresses.ADMIN_READER_ERASE: "subscribers erase",
    addresses.ADMIN_READER_PAUSE: "subscribers pause",
    addresses.ADMIN_READER_LIST: "subscribers take-list",
    addresses.ADMIN_INVITE: "subscribers invite",
    addresses.ADMIN_FEEDBACK_CLOSE: "subscribers close-feedback",
    addresses.ADMIN_JOB_ASK: "jobs ask",
    addresses.ADMIN_BANNER: "banner set",
    addresses.ADMIN_BANNER_END: "banner end",
    addresses.ADMIN_AUDIT_UNDO: "undo",
    addresses.ADMIN_PEOPLE: "admins add",
    addresses.ADMIN_PERSON: "admins role",
    addresses.ADMIN_PERSON_LINK: "admins link",
    addresses.ADMIN_PERSON_END: "admins remove",
}
CONFIRMED = {addresses.ADMIN_CALLS_CONFIRM}  # asks whether it is meant
ONES_OWN = {  # what only whoever is signed in may do to their own account
    addresses.ADMIN_PASSWORD,
    addresses.ADMIN_FACTOR,
    addresses.ADMIN_FACTOR_OFF,
    addresses.ADMIN_EVERYWHERE,
}
FACES = ("jobs.web", "jobs.cli")


def test_every_act_of_the_desk_has_its_command() -> None:
    assert {path for method, path in MAY if method == "POST"} == BY_COMMAND.keys() | ONES_OWN | CONFIRMED


@pytest.mark.parametrize(("path", "command"), BY_COMMAND.items())
def test_the_screen_and_the_command_do_it_by_the_same_use_case(path: str, command: str) -> None:
    assert use_cases(handler_of(path)) & use_cases(callback_of(command)) - {one_call}


def handler_of(path: str) -> Callable[..., Any]:
    routes = [route for screens in SCREENS for route in screens.router.routes if isinstance(route, APIRoute)]
    return next(route.endpoint for route in routes if route.path == path and "POST" in route.methods)


def callback_of(command: str) -> Callable[..., Any]:
    found: Any = whole_command_line()
    for word in command.split():
        found = found.commands[word]
    callback: Callable[..., Any] = inspect.unwrap(found.callback)
    return callback


def use_cases(face: Callable[..., Any]) -> set[Any]:
    """The functions below both faces that this one comes to, by way of others of the faces."""
    seen: set[Any] = set()
    waiting = [face]
    while waiting:
        for found in _named_in(waiting.pop()):
            if found not in seen:
                seen.add(found)
                waiting += [found] if found.__module__.startswith(FACES) else []
    return {found for found in seen if not found.__module__.startswith(FACES)}


def _named_in(function: Any) -> Iterator[Any]:
    """The functions of jobs whose names stand in a function, also as a part of a module."""
    names, known = set(_names(function.__code__)), function.__globals__ | _imported_in(function)
    for name in names & known.keys():
        thing = known[name]
        parts = [getattr(thing, part, None) for part in names] if isinstance(thing, ModuleType) else [thing]
        yield from (part for part in parts if isinstance(part, FunctionType) and part.__module__.startswith("jobs."))


def _imported_in(function: Any) -> dict[str, Any]:
    """What a function imports when it runs."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {each.name: getattr(import_module(node.module or ""), each.name) for node in imports for each in node.names}


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)
