"""The desk of the admins: its screens, one family a module, behind one table of who may do what (`permissions`)."""

from fastapi import Depends, FastAPI

from jobs.web.admin import (
    account,
    audit,
    banner,
    call,
    calls,
    corrections,
    deliveries,
    duplicates,
    editions,
    examples,
    judge,
    letter,
    letter_calls,
    letter_sending,
    letters,
    mask,
    misses,
    new_source,
    overview,
    people,
    previews,
    proposals,
    readers,
    region,
    reparse,
    reports,
    rule,
    rules,
    run,
    schedule,
    scoring,
    sign_in,
    source,
    sources,
    tester,
    why,
)
from jobs.web.admin.desk import at_the_desk

SCREENS = (
    overview,
    rules,
    rule,
    mask,
    scoring,
    examples,
    judge,
    misses,
    proposals,
    region,
    tester,
    calls,
    call,
    duplicates,
    sources,
    new_source,
    source,
    reparse,
    run,
    previews,
    editions,
    deliveries,
    letters,
    letter,
    letter_calls,
    letter_sending,
    corrections,
    why,
    reports,
    readers,
    banner,
    schedule,
    people,
    account,
    audit,
)


def add_to(site: FastAPI) -> None:
    """Add the desk to the site; only signing in is open to anybody."""
    site.include_router(sign_in.router)
    for screens in SCREENS:
        site.include_router(screens.router, dependencies=[Depends(at_the_desk)])
