"""The API as one application."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.middleware.cors import CORSMiddleware

from jobs.base.app import App
from jobs.web import addresses
from jobs.web.api import routes
from jobs.web.api.problems import FaultOfProblem, Problem, handle_problems, problem_of_http
from jobs.web.guards import Unforeseen
from jobs.web.limits import AnswersLeft

ABOUT = (
    "Calls for funding, their spearheads and every change, as the pages for people show them. No key is needed. "
    "Answers have an ETag: ask with If-None-Match, and what has not changed is 304."
)


class Api(FastAPI):
    """An application whose description has our problems in it."""

    def openapi(self) -> dict[str, Any]:
        """The description, made once."""
        if not self.openapi_schema:
            made = get_openapi(
                title=self.title, version=self.version, description=ABOUT, routes=self.routes, servers=self.servers
            )
            refer = "#/components/schemas/{model}"
            made["components"]["schemas"] |= {
                model.__name__: {k: v for k, v in model.model_json_schema(ref_template=refer).items() if k != "$defs"}
                for model in (FaultOfProblem, Problem)
            }
            self.openapi_schema = made
        return self.openapi_schema


def make_api(app: App) -> FastAPI:
    """Put the API together for an app that is open."""
    servers = [{"url": app.settings.mail.base_url + addresses.API}]
    api = Api(title="Kärkivahti", version="1", servers=servers, openapi_url=None, docs_url=None, redoc_url=None)
    api.router.generate_unique_id_function = lambda route: route.name
    api.state.app = app
    api.state.answers_left = AnswersLeft(app)
    handle_problems(api)
    api.add_middleware(Unforeseen, answer=problem_of_http)
    # Only for preflight requests; that anybody's page may show an answer is said in each, as answers are kept.
    api.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["GET"], allow_headers=["*"])
    api.include_router(routes.router)
    return api
