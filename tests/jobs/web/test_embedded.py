"""Which sites may show our pages in a frame: those that the configuration names, and none what is private."""

from pathlib import Path

import pytest

from jobs.base.app import App
from tests.jobs.web.browsing import Browser
from tests.jobs.world import with_settings
from tracker import config
from tracker.errors import ConfigError

SITES = ("https://www.example.org", "https://*.example.net:8443")
PRIVATE = ["/admin", "/admin/sign-in", "/manage/abc", "/mail/abc", "/u/abc", "/confirm/abc", "/preferences/abc"]


def frames_of(app: App, address: str) -> tuple[str, str]:
    """Who may embed what is at an address, by each of the two headers that browsers obey."""
    headers = Browser(app).get(address).headers
    policy = headers["content-security-policy"]
    return policy.rpartition("frame-ancestors ")[2], headers.get("x-frame-options", "")


@pytest.mark.parametrize("address", ["/fi/calls", "/nowhere", *PRIVATE])
def test_nobody_embeds_a_page_by_default(app: App, address: str) -> None:
    assert frames_of(app, address) == ("'none'", "DENY")


@pytest.mark.parametrize("address", ["/fi/calls", "/sv/sign-up", "/en/calls/1", "/nowhere"])
def test_the_sites_that_are_named_embed_what_anybody_may_see(app: App, address: str) -> None:
    named = with_settings(app, web={"embedded_by": SITES})
    assert frames_of(named, address) == ("https://www.example.org https://*.example.net:8443", "")


@pytest.mark.parametrize("address", PRIVATE)
def test_the_desk_and_readers_own_pages_are_embedded_by_nobody(app: App, address: str) -> None:
    assert frames_of(with_settings(app, web={"embedded_by": SITES}), address) == ("'none'", "DENY")


@pytest.mark.parametrize(
    "site",
    [
        "*",
        "'none'",
        "https://*",
        "www.example.org",
        "https://a.example/path",
        "https://a.example;",
        "data:",
        "https://A b",
    ],
)
def test_what_is_no_site_is_refused_at_the_start(tmp_path: Path, site: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[web]\nembedded_by = ["https://www.example.org", "{site}"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"web\.embedded_by: .* is not a site as in") as caught:
        config.load(file)
    assert repr(site) in str(caught.value)
