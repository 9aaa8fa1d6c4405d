"""The list of calls, as anybody may look through it."""

from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from db import call_lists, strategies
from db.strategies import Spearhead
from jobs.base.app import App
from jobs.publishing.coverage import sources_read
from jobs.publishing.listing import CallList, Turn, call_list, list_queries
from jobs.readers.lately import news_rate
from jobs.web import addresses
from jobs.web.list_address import Density, ListAddress, read_address
from jobs.web.list_view import list_view
from jobs.web.pages import app_of, language_of, show
from jobs.web.row_view import ListWords
from tracker import sources
from tracker.calls.changes import brussels_day

router = APIRouter(include_in_schema=False)
MOST = 50  # calls of a page


@router.get(addresses.ANY_CALLS)
def get_any_calls(request: Request) -> Response:
    """Lead from the address in mails to the list in the reader's language."""
    return RedirectResponse(_with_query(addresses.CALLS.format(language=language_of(request)), request.url.query), 302)


@router.get(addresses.FRONT)
def get_front(request: Request) -> Response:
    """Lead from the address of a language to its list."""
    return RedirectResponse(addresses.CALLS.format(language=language_of(request)), 302)


@router.get(addresses.CALLS)
def get_calls(request: Request) -> Response:
    """List calls. What a form sent is first written as its plain address, which can be shared.

    An address of which something is left out stays as it is, and the list names what.
    """
    given = request.query_params.multi_items()
    address = read_address(given)
    if given and given != address.pairs() and not address.ignored:
        return RedirectResponse(_with_query(request.url.path, address.query()), 302)
    app, language = app_of(request), language_of(request)
    with app.db.read() as session:
        spearheads, programmes = strategies.all_spearheads(session), call_lists.programmes_seen(session)
        words = list_words(session, app, language, spearheads)
        address = address.known(words.spearheads, words.sources)
        queries = list_queries(session, app, address.choice)
        made = call_list(session, app, queries, MOST, address.turn)
        view = list_view(made, address, words, spearheads, programmes)
        taken = news_rate(session, app, address.held(), None if address.not_held() else queries)
    return show(
        request,
        "calls.html",
        fragment="parts",
        view=view,
        total=made.total,
        taken=taken,
        address=address,
        choice=address.choice,
        is_table=address.density is Density.TABLE,
        densities=Density,
        pages=_pages(address, made),
    )


def list_words(session: Session, app: App, language: str, heads: Iterable[Spearhead] | None = None) -> ListWords:
    """What lists and calls are worded with in a language; `heads` are all spearheads, where they are known already."""
    names = {one.key: one.name_in(language) for one in heads or strategies.all_spearheads(session)}
    source_names = {key: module.SOURCE.name for key, module in sources.modules(app.settings.sources).items()}
    return ListWords(language, brussels_day(app.clock()), names, source_names, sources_read(app))


def _pages(address: ListAddress, made: CallList) -> dict[str, str]:
    """Where the pages before and after this one are."""
    before = {"before": address.with_view(turn=Turn(made.before, backwards=True))} if made.before else {}
    after = {"after": address.with_view(turn=Turn(made.after))} if made.after else {}
    return before | after


def _with_query(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
