"""What machines that watch the service ask: is the process alive, and can it answer."""

from fastapi import APIRouter, Request, Response
from starlette.responses import PlainTextResponse

from jobs.web import addresses
from jobs.web.pages import app_of

router = APIRouter(include_in_schema=False)


@router.get(addresses.ALIVE)
def get_alive() -> Response:
    """Say that the process runs."""
    return PlainTextResponse("alive")


@router.get(addresses.READY)
def get_ready(request: Request) -> Response:
    """Say that the database answers; 503 if it does not."""
    if app_of(request).db.answers():
        return PlainTextResponse("ready")
    return PlainTextResponse("the database does not answer", 503)
