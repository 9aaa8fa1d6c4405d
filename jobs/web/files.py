"""The files that pages load, styles and scripts: an address changes with its file, so browsers may keep it for long."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.datastructures import URL
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Scope

from jobs.web import addresses

FOLDER = Path(__file__).parent / "static"
FOR_A_YEAR = "public, max-age=31536000, immutable"


@cache
def file_address(name: str) -> str:
    """The address of a file of ours."""
    content = sha256((FOLDER / name).read_bytes()).hexdigest()[:12]
    return f"{addresses.STATIC}/{name}?{content}"


def served_files() -> ASGIApp:
    """The files as an application, packed for whom it helps."""
    return GZipMiddleware(_Kept(directory=FOLDER))


class _Kept(StaticFiles):
    """Files that browsers keep for a year; asked for without what is in them, they are asked for anew each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        is_of_a_page = f"?{URL(scope=scope).query}" == file_address(path).removeprefix(f"{addresses.STATIC}/{path}")
        answer.headers["cache-control"] = FOR_A_YEAR if is_of_a_page else "no-cache"
        return answer
