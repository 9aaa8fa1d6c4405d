"""The glossary: all terms that pages explain, by name."""

from fastapi import APIRouter, Request, Response

from jobs.web import addresses
from jobs.web.pages import language_of, show
from tracker.glossary import glossary

router = APIRouter(include_in_schema=False)


@router.get(addresses.GLOSSARY)
def get_glossary(request: Request) -> Response:
    """Explain every term."""
    language = language_of(request)
    terms = sorted(((key, *term.in_(language)) for key, term in glossary().items()), key=lambda one: one[1].casefold())
    return show(request, "glossary.html", terms=terms)
