"""A real Chromium for the journeys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

# Chromium's own calls home are shut off: the journeys need this machine alone.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One browser for the journeys of a file; while it is up, its loop keeps the thread from running another."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(chromium), args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that notes every sound it makes; an error on the page fails the journey."""
    errors: list[str] = []
    fresh = browser.new_page(viewport={"width": 1280, "height": 720})
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    fresh.add_init_script("window.heard = []; addEventListener('nicu:sound', event => window.heard.push(event.detail))")
    yield fresh
    fresh.close()
    assert errors == []
