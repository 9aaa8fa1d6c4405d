"""The glossary: all terms that pages explain, by name."""

from fastapi import APIRouter, Request, Response

from jobs.web import addresses
from jobs.web.calls import sources_read
from jobs.web.pages import app_of, language_of, show
from tracker.glossary import glossary

router = APIRouter(include_in_schema=False)


@router.get(addresses.GLOSSARY)
def get_glossary(request: Request) -> Response:
    """Explain every term."""
    app, language = app_of(request), language_of(request)
    terms = sorted(((key, *term.in_(language)) for key, term in glossary().items()), key=lambda one: one[1].casefold())
    with app.db.read() as session:
        read = sources_read(session, app, language)
    return show(request, "glossary.html", terms=terms, read=read)
