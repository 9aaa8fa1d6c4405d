"""Reports on the rules: calls just below a threshold, rules that match nothing, and words that no rule looks for."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from db import strategies
from jobs.rulebook.reports import dead_rules, missed_calls, suggested
from jobs.web import addresses
from jobs.web.admin.desk import admin_of, screen
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)
MOST, MOST_WORDS, WEEK = 50, 20, timedelta(days=7)


@router.get(addresses.ADMIN_MISSES)
def get_near_misses(request: Request, spearhead: str = "", words: str = "", dead: str = "") -> Response:
    """List the near misses of the last week; when asked, with the words to add, and the dead rules.

    For these the archive is read, which takes seconds.
    """
    app, language = app_of(request), admin_of(request).language.value
    with app.db.read() as session:
        heads = strategies.all_spearheads(session)
        missed = missed_calls(session, app.compiled, app.clock() - WEEK, spearhead, with_words=bool(words))[:MOST]
        typical = suggested(session, app.compiled, spearhead, MOST_WORDS) if spearhead and words else []
        silent = dead_rules(session, app.compiled, app.clock()) if dead else None
    names = {head.key: head.name_in(language) for head in heads}
    shown = {"names": names, "spearhead": spearhead, "missed": missed, "words": typical, "silent": silent}
    return screen(request, "misses.html", fragment="found", has_words=bool(words), **shown)
