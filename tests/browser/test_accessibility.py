"""Every page under axe: nothing serious, in the dark of the night and in the light of the office."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.bedside import COT, Demo, Monitor, bedside

PAGES = ["/alarms", "/events", "/admissions", "/sources", "/people", "/audit", "/checks", "/system", "/nowhere"]
THEMES = ["contrast", "colour-blind", "light", "dark"]
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Monitor]]:
    """One demo with a baby whose saturation is low: the colours of an alarm are part of what is judged."""
    with bedside(tmp_path_factory.mktemp("demo")) as (demo, monitor):
        demo.post("/api/cots", label="TEST-02")
        monitor.values = {"heart_rate": 70, "spo2": 71, "fio2": 25}
        monitor.start()
        yield demo, monitor


def opened(page: Page, demo: Demo, path: str) -> Page:
    """Open a page of the demo once its alarm has arrived and nothing is loading."""
    page.goto(demo.url + path)
    expect(page.locator(".worst .high").first).to_be_attached(timeout=20_000)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=20_000)
    return page


def serious(page: Page) -> list[str]:
    """Return what axe finds serious or worse, one line for each."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in SERIOUS]


def serious_in_themes(page: Page, themes: list[str]) -> dict[str, list[str]]:
    """Return the findings of each theme that has any; the page is left in the last one."""
    found = {}
    for theme in themes:
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found[theme] = serious(page)
    return {theme: faults for theme, faults in found.items() if faults}


def test_the_wall_is_fit_for_everyone_in_every_theme(room: tuple[Demo, Monitor], page: Page) -> None:
    assert serious_in_themes(opened(page, room[0], "/"), THEMES) == {}


def test_the_page_of_a_cot_and_its_limits_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    demo = room[0]
    cot = next(one["id"] for one in demo.get("/api/cots")["items"] if one["label"] == COT)
    opened(page, demo, f"/cots/{cot}")
    expect(page.locator(".limits-card table")).to_be_visible()
    assert serious_in_themes(page, ["light", "dark"]) == {}
    page.keyboard.press("l")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert serious(page) == []


def test_the_pages_of_the_office_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    found = {path: serious(opened(page, room[0], path)) for path in PAGES}
    assert {path: faults for path, faults in found.items() if faults} == {}


def test_the_log_in_is_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    page.goto(f"{room[0].url}/login")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert serious_in_themes(page, THEMES) == {}


def test_the_menu_and_the_form_of_admission_are_fit_for_everyone(room: tuple[Demo, Monitor], page: Page) -> None:
    opened(page, room[0], "/admissions")
    page.get_by_role("button", name="Admit a baby").click()
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    expect(page.get_by_role("dialog", name="Pages")).to_be_visible()
    assert serious(page) == []
