"""What a public service must say of itself: who runs it, accessibility, privacy, cookies, and whose work it stands on.

The texts are those of the region's file (`tracker.regions.public`); what is not written there is shown as missing.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import metadata, requires
from typing import Any

from fastapi import APIRouter, Request, Response

from db import strategies
from db.reports import DAYS_TO_ANSWER
from db.strategies import Level
from db.subscribers import Language
from jobs.running.retention import RETENTION
from jobs.web import addresses
from jobs.web.pages import app_of, language_of, show
from tracker import l10n, sources
from tracker.emails.sanitise import safe_url
from tracker.regions.public import Public

router = APIRouter(include_in_schema=False)
OURS = "karkivahti"  # the program as a package
CARRIED = (("htmx", "0BSD"),)  # in `static`, with its licence beside it
LONGEST_LICENCE = 60  # characters; some packages state the whole text


@dataclass(frozen=True, slots=True)
class Operator:
    """Who answers for the service, in a language; empty where it is not written yet."""

    controller: str
    business_id: str
    postal_address: str
    email: str
    phone: str


@router.get(addresses.ABOUT)
def get_about(request: Request) -> Response:
    """Show what the service does, who runs it, and what it does not do."""
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        heads = [one for one in strategies.all_spearheads(session) if one.level is Level.SPEARHEAD]
    names = sorted((one.name_in(language), one.key) for one in heads)
    return _show(request, "about.html", spearheads=names)


@router.get(addresses.ACCESSIBILITY)
def get_accessibility(request: Request) -> Response:
    """Show the accessibility statement (306/2019, section 8; its model is of the Commission's decision 2018/1523)."""
    app, language = app_of(request), language_of(request)
    own = app.region.public.accessibility
    return _show(
        request,
        "accessibility.html",
        state=own.state,
        shortcomings=_in(own.shortcomings, language),
        assessed_by=_in(own.assessed_by, language),
        assessed_on=l10n.bare_day(own.assessed_on, language) if own.assessed_on else "",
        reviewed_on=l10n.bare_day(own.reviewed_on, language) if own.reviewed_on else "",
        days_to_answer=DAYS_TO_ANSWER,
    )


@router.get(addresses.PRIVACY)
def get_privacy(request: Request) -> Response:
    """Show the privacy notice (GDPR, article 13), with what the housekeeping of this very service deletes when."""
    app, language = app_of(request), language_of(request)
    own, t = app.region.public.privacy, l10n.catalogue(language)
    rules = [rule for rule in RETENTION if rule.of_people]
    return _show(
        request,
        "privacy.html",
        dpo=_in(own.dpo, language),
        dpo_email=own.dpo_email,
        recipients=_in(own.recipients, language),
        reviewed_on=l10n.bare_day(own.reviewed_on, language) if own.reviewed_on else "",
        kept=[(t.gettext(rule.what), rule.days(app.settings), t.gettext(rule.why)) for rule in rules],
    )


@router.get(addresses.COOKIES)
def get_cookies(request: Request) -> Response:
    """Say that there are no cookies."""
    return _show(request, "cookies.html")


@router.get(addresses.IMPRINT)
def get_imprint(request: Request) -> Response:
    """Show who publishes the pages, and under which terms the facts and the programs come that they are made with."""
    app = app_of(request)
    known = [module.SOURCE for key, module in sources.modules(app.settings.sources).items() if _is_read(request, key)]
    named = sorted((one.name, safe_url(one.home), one.publisher, one.licence) for one in known if not one.for_admins)
    return _show(request, "imprint.html", named=named, software=software())


def _is_read(request: Request, key: str) -> bool:
    return app_of(request).settings.source(key).enabled


def _show(request: Request, name: str, **values: Any) -> Response:
    operator = operator_of(app_of(request).region.public, language_of(request))
    return show(request, name, page=name.removesuffix(".html"), operator=operator, **values)


def operator_of(public: Public, language: str) -> Operator:
    """Who answers for the service, as the region's file says in a language."""
    return Operator(
        controller=_in(public.controller, language),
        business_id=public.business_id,
        postal_address=_in(public.postal_address, language),
        email=public.email,
        phone=public.phone,
    )


def _in(words: Mapping[Language, str], language: str) -> str:
    return words.get(Language(language), "").strip()


@cache
def software() -> tuple[tuple[str, str], ...]:
    """The libraries that the program stands on, each with its licence as it states it itself."""
    named = {re.split(r"[\s\[;<>=!~]", line)[0] for line in requires(OURS) or () if "extra ==" not in line}
    return tuple(sorted(((name, _licence(name)) for name in named), key=lambda one: one[0].casefold())) + CARRIED


def _licence(name: str) -> str:
    said: dict[str, Any] = metadata(name).json
    classified = [line.rpartition(" :: ")[2] for line in said.get("classifier", ()) if line.startswith("License")]
    stated = str(said.get("license_expression") or said.get("license") or "")
    return stated if stated and "\n" not in stated and len(stated) <= LONGEST_LICENCE else ", ".join(classified)
