"""Faults as RFC 9457 problems: what went wrong, in which parameter, and what would do. Never kept by anybody."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from jobs.web.pages import preferred_language
from tracker.errors import Code, Fault, InputFaults, NotFound, TrackerError
from tracker.refusals import said, worded
from tracker.typed_in import faults_of_details

MEDIA_TYPE = "application/problem+json"
OPEN_TO_ALL = {"access-control-allow-origin": "*", "access-control-expose-headers": "etag, retry-after"}
ABOUT = {Code.UNKNOWN_SPEARHEAD: "spearheads", Code.UNKNOWN_SOURCE: "sources"}
LANGUAGES = ["en", "fi", "sv"]  # of programs that ask for none, the first


class FaultOfProblem(BaseModel):
    """One thing that is wrong: the parameter that it is about, a stable word for it, and a sentence."""

    parameter: str
    code: str
    detail: str


class Problem(BaseModel):
    """What went wrong (RFC 9457); `faults` has each parameter that cannot be used."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": "limit: write at most 100",
                "faults": [{"parameter": "limit", "code": "too_large", "detail": "write at most 100"}],
            }
        }
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    faults: tuple[FaultOfProblem, ...] = ()


ANSWERS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in {
        404: "There is no such thing.",
        422: "A parameter cannot be used; `faults` says which and why.",
        429: "Too many answers within an hour; Retry-After says in how many seconds there is one again.",
    }.items()
}


def handle_problems(api: FastAPI) -> None:
    """Answer every error of ours by a problem."""
    api.add_exception_handler(TrackerError, _refused)
    api.add_exception_handler(HTTPException, problem_of_http)
    api.add_exception_handler(RequestValidationError, _odd_parameters)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, TrackerError)  # noqa: S101 - registered for it
    match error:
        case InputFaults():
            return _faulty(request, error.faults)
        case NotFound():
            return _problem(HTTPStatus.NOT_FOUND, "; ".join(said(error, _language(request))))
        case _:
            return _problem(HTTPStatus.CONFLICT, "; ".join(said(error, _language(request))))


async def problem_of_http(request: Request, error: Exception) -> JSONResponse:
    """An address or a method that there is none of, or a client that asks too often."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    status = HTTPStatus(error.status_code)
    return _problem(status, status.description or status.phrase, headers=error.headers or {})


async def _odd_parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    named = [one | {"loc": one["loc"][1:2]} for one in error.errors()]  # by the parameter alone
    return _faulty(request, faults_of_details(named))


def _faulty(request: Request, faults: Sequence[Fault]) -> JSONResponse:
    language = _language(request)
    told = tuple(_told(fault, language) for fault in faults)
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(worded(fault, language) for fault in faults), told)


def _told(fault: Fault, language: str) -> FaultOfProblem:
    sentence = worded(Fault(fault.code, values=fault.values), language)
    return FaultOfProblem(parameter=fault.subject or ABOUT.get(fault.code, ""), code=fault.code, detail=sentence)


def _problem(
    status: HTTPStatus, detail: str, faults: tuple[FaultOfProblem, ...] = (), headers: Mapping[str, str] = OPEN_TO_ALL
) -> JSONResponse:
    body = Problem(title=status.phrase, status=status, detail=detail, faults=faults).model_dump()
    named = {**OPEN_TO_ALL, "cache-control": "no-store", **headers}
    return JSONResponse(body, status, named, media_type=MEDIA_TYPE)


def _language(request: Request) -> str:
    return preferred_language(request.headers.get("accept-language", ""), LANGUAGES)
