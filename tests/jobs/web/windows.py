"""A real browser on a real server: Debian's Chromium, driven by Playwright, and the site in a thread."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser as Window
from playwright.sync_api import Page, sync_playwright

from jobs.base.app import App
from jobs.web.serving import ServedSite
from tests.jobs.world import free_port, with_settings

# A fault that is shown in place, and a question that a newer one has made needless.
EXPECTED = re.compile("status of 422|htmx:(sendAbort|sendError|afterRequest)")
CHROMIUM = Path("/usr/bin/chromium")
# Cells whose content is wider than they are; not those of a head that a narrow page hides.
TOUCHING = """[...document.querySelectorAll("td, tbody th, thead th")]
    .filter(cell => cell.scrollWidth > cell.clientWidth + 1 && getComputedStyle(cell).display === "table-cell"
        && cell.getBoundingClientRect().right > 0)
    .slice(0, 3).map(cell => `a cell of ${cell.clientWidth}: ${cell.textContent.trim().slice(0, 60)}`)"""
# Names of facts that are broken within a word.
BROKEN = """[...document.querySelectorAll(".facts dt")].flatMap(name => {
    const range = document.createRange(), text = name.firstChild;
    return [...(text?.data || "").matchAll(/\\p{L}+/gu)].filter(word => {
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        return new Set([...range.getClientRects()].map(part => Math.round(part.top))).size > 1;
    }).map(word => `a word is broken: ${word[0]}`);
})"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@contextmanager
def shown(app: App, base_url: str = "") -> Iterator[App]:
    """Show the site of an app whose links lead to it, or to a proxy before it; gives that app."""
    port = free_port()
    links = {"base_url": base_url or f"http://127.0.0.1:{port}"}
    at_its_place = with_settings(app, web={"port": port}, mail=links)
    site, stop, started = ServedSite(at_its_place), asyncio.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        started.set()
        await site(stop)

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait(10)
    try:
        yield at_its_place
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


@contextmanager
def opened(window: Window, **context: Any) -> Iterator[Page]:
    """A page of a browser of its own; at the end, nothing of it may have failed to load or run, or be kept."""
    told: list[str] = []
    browser = window.new_context(**context)
    page = browser.new_page()
    page.on("console", lambda message: None if EXPECTED.search(message.text) else told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    yield page
    assert not told, "\n".join(told)
    assert browser.storage_state() == {"cookies": [], "origins": []}
    browser.close()


def too_wide(page: Page) -> list[str]:
    """What makes a page wider than its window; cells that touch the next; names of facts broken within a word."""
    return [*_beyond_the_window(page), *page.evaluate(TOUCHING), *page.evaluate(BROKEN)]


def _beyond_the_window(page: Page) -> list[str]:
    if not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        return []
    beyond = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth)"
    return ["wider than the window", *page.evaluate(f"{beyond}.slice(0, 3).map(e => e.outerHTML.slice(0, 80))")]


@contextmanager
def chromium() -> Iterator[Window]:
    """Start Chromium; the test is skipped by name where it is not installed."""
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not on this machine")
    with sync_playwright() as playwright:
        window = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        try:
            yield window
        finally:
            window.close()
