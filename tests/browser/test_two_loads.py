"""What a browser fetches first is enough for a wall; the pages of the office follow and outlive the server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.bedside import COT, Demo, bedside

OFFICE = "**/assets/office-*.js"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for both."""
    with bedside(tmp_path_factory.mktemp("demo")) as (started, _):
        yield started


def test_wall_and_cot_need_nothing_of_the_second_file(demo: Demo, page: Page) -> None:
    page.route(OFFICE, lambda asked: asked.abort())
    page.goto(demo.url)
    page.locator(f'.tile[data-label="{COT}"] .tile-open').focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kaur, Baby of Simran")).to_be_visible(timeout=10_000)
    page.goto(f"{demo.url}/alarms")
    expect(page.get_by_text("This page has not reached this display")).to_be_visible(timeout=10_000)
    page.unroute(OFFICE)
    expect(page.get_by_role("heading", name="Alarms")).to_be_visible(timeout=15_000)


def test_the_pages_of_the_office_open_when_the_server_is_lost(demo: Demo, page: Page) -> None:
    with page.expect_response(OFFICE):
        page.goto(demo.url)
    expect(page.locator(f'.tile[data-label="{COT}"]')).to_be_visible()
    demo.freeze()
    try:
        expect(page.locator(".banner.lost")).to_be_visible(timeout=10_000)
        page.keyboard.press("g")
        page.keyboard.press("y")
        expect(page.get_by_role("heading", name="System and display")).to_be_visible()
    finally:
        demo.thaw()
