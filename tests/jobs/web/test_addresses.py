"""A published address stays alive: mails, bookmarks and other programs hold it for years."""

import importlib
import pkgutil

import pytest
from fastapi.routing import APIRoute

from jobs import web

# As published; a line may be added, and none may go unless another address leads on from it.
PUBLISHED = [
    "/",
    "/{language}",
    "/{language}/calls",
    "/{language}/calls/{call_id}",
    "/{language}/spearheads",
    "/{language}/spearheads/{key}",
    "/{language}/sign-up",
    "/{language}/link",
    "/calls",
    "/confirm/{token}",
    "/u/{token}",
    "/undo/{token}",
    "/manage/{token}",
    "/preferences/{token}",
    "/mail/{token}",
    "/not-for-us/{token}/{call_id}",
    "/feeds/calls.{language}.{form}",
    "/feeds/spearheads/{key}.{language}.{form}",
    "/feeds/interests/{token}.{language}.{form}",
    "/calls/{call_id}.{language}.ics",
    "/{language}/glossary",
    "/{language}/api",
    "/{language}/coverage",
    "/{language}/editions",
    "/{language}/editions/{number}",
    "/{language}/corrections",
    "/{language}/about",
    "/{language}/accessibility",
    "/{language}/privacy",
    "/{language}/cookies",
    "/{language}/imprint",
    "/{language}/calls/{call_id}/report",
    "/{language}/accessibility/feedback",
    "/robots.txt",
    "/healthz",
    "/readyz",
    "/admin",
    "/admin/sign-in",
    "/admin/welcome/{token}",
]


def routed() -> set[str]:
    """Every address that a page of the site answers."""
    names = [module.name for module in pkgutil.walk_packages(web.__path__, "jobs.web.")]
    routers = [getattr(importlib.import_module(name), "router", None) for name in names]
    return {route.path for router in routers if router for route in router.routes if isinstance(route, APIRoute)}


@pytest.mark.parametrize("address", PUBLISHED)
def test_what_was_published_is_still_answered(address: str) -> None:
    assert address in routed()
