"""A region's own looks as files: a style sheet with its colours, and its logo. Their addresses change with them."""

from collections.abc import Mapping
from hashlib import sha256

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from jobs.web import addresses
from jobs.web.files import FOR_A_YEAR
from jobs.web.pages import app_of, page_environment
from tracker.regions import Region
from tracker.regions.brand import text_on

router = APIRouter(include_in_schema=False)
DRAWN = "default-src 'none'; style-src 'unsafe-inline'"  # a logo opened by itself runs and loads nothing


def brand_files(region: Region) -> Mapping[str, tuple[bytes, str]]:
    """The files of a region's looks, by the names in their addresses: each with its content and its type."""
    made: list[tuple[bytes, str, str]] = []
    if region.brand.colour:
        made.append((brand_style(region).encode(), "css", "text/css"))
    if region.logo:
        made.append((region.logo, "svg", "image/svg+xml"))
    return {f"{sha256(content).hexdigest()[:12]}.{end}": (content, kind) for content, end, kind in made}


def brand_style(region: Region) -> str:
    """The style sheet that lays the region's colours over those of the pages."""
    light, dark = region.brand.colour, region.brand.dark
    style = page_environment(region.languages[0]).get_template("brand.css")
    return style.render(light=light, on_light=text_on(light), dark=dark, on_dark=text_on(dark))


def brand_addresses(region: Region) -> dict[str, str]:
    """The addresses of a region's own style sheet and logo; empty where it has none."""
    none = {"css": "", "svg": ""}
    return none | {name.rpartition(".")[2]: addresses.BRAND.format(name=name) for name in brand_files(region)}


@router.get(addresses.BRAND)
def get_brand(request: Request, name: str) -> Response:
    """Give a file of the region's looks; one that is no longer theirs is no page."""
    found = brand_files(app_of(request).region).get(name)
    if found is None:
        raise HTTPException(404)
    content, kind = found
    headers = {"cache-control": FOR_A_YEAR, "content-security-policy": DRAWN}
    return Response(content, media_type=kind, headers=headers)
