"""The site: all pages behind their guards, as one ASGI application."""

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from jobs.base.app import App
from jobs.web import (
    addresses,
    admin,
    banner,
    brand,
    call,
    calls,
    coverage,
    feeds,
    for_programs,
    glossary,
    issues,
    legal,
    mails,
    manage,
    reports,
    sign_up,
    spearheads,
    subscription,
    watch,
)
from jobs.web.api.application import make_api
from jobs.web.beside import BesideToday
from jobs.web.faults import handle_faults, page_of_http
from jobs.web.files import served_files
from jobs.web.guards import HeadAsGet, SafeHeaders, SameSite, Unforeseen
from jobs.web.kept import KeptAnswers
from jobs.web.pages import in_a_language, page_environment
from tracker.templates import templates_read

TEMPLATES = ("jobs.web", "tracker.emails", "tracker.feeds")


def make_site(app: App) -> FastAPI:
    """Put the site together for an app that is open."""
    guards = [
        Middleware(HeadAsGet),
        Middleware(SafeHeaders, embedded_by=app.settings.web.embedded_by),
        Middleware(Unforeseen, answer=page_of_http),
        Middleware(SameSite, base_url=app.settings.mail.base_url),
        Middleware(KeptAnswers, tracker=app),
        Middleware(BesideToday),
    ]
    site = FastAPI(title="Kärkivahti", openapi_url=None, docs_url=None, redoc_url=None, middleware=guards)
    site.state.app = app
    site.state.beside = {}  # apps that work on strategies of next periods, by number
    site.state.freshness = coverage.Freshness(app)
    site.state.banner = banner.BannerOfToday(app)
    site.state.brand = brand.brand_addresses(app.region)
    _read_for_good(app)
    handle_faults(site)
    admin.add_to(site)  # before the pages whose addresses begin with a language
    of_readers = (subscription, sign_up, manage, mails)
    of_the_service = (reports, coverage, legal, issues)
    # First what begins with no language, as a call's calendar and robots.txt: after it the first part is one.
    for pages in (watch, for_programs, brand, feeds, *of_readers, *of_the_service, calls, call, spearheads, glossary):
        site.include_router(pages.router, dependencies=[Depends(in_a_language)])
    site.state.api = make_api(app)
    site.mount(addresses.API, site.state.api)
    site.mount(addresses.STATIC, served_files(), name="static")
    return site


def _read_for_good(app: App) -> None:
    """Read all templates and catalogues now, which takes some milliseconds: an upgrade under us mixes no versions."""
    for package in TEMPLATES:
        templates_read(package)
    for language in app.region.languages:
        page_environment(language)
